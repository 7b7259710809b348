// One line of CSV as cells (RFC 4180, without line breaks inside of quotes).

/** @returns undefined where a quote is not closed, or stands where none may */
export function csvCells(line: string): readonly string[] | undefined {
  const cells: string[] = [];
  for (let at = 0; at <= line.length; ) {
    const match = CELL.exec(line.slice(at));
    if (match === null) return undefined;
    const [whole, quotedText, plain = ''] = match;
    cells.push(quotedText === undefined ? plain : quotedText.replaceAll('""', '"'));
    at += whole.length;
    if (at === line.length && !whole.endsWith(',')) return cells;
    if (at === line.length) return [...cells, ''];
  }
  return cells;
}

const CELL = /^(?:"((?:[^"]|"")*)"|([^",]*))(?:,|$)/;
