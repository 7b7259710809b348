// Header fields as the lines of a head, in order and case, latin1: `name: value CRLF` each. What goes upstream is kept in this
// form from the request's head to the socket, since it is written far more often than it is looked into; who needs names and
// values one by one takes them apart.

/** @param pairs flat name, value, ...; no value holds CR or LF */
export function linesOf(pairs: readonly string[]): string {
  let lines = '';
  for (let i = 0; i < pairs.length; i += 2) lines += `${pairs[i]}: ${pairs[i + 1]}\r\n`;
  return lines;
}

/** Flat name, value, ... */
export function pairsOf(lines: string): string[] {
  const pairs: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const colon = lines.indexOf(':', at);
    const end = lines.indexOf('\r\n', colon);
    pairs.push(lines.slice(at, colon), lines.slice(colon + 2, end));
    at = end + 2;
  }
  return pairs;
}
