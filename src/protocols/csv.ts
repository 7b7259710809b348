// A small reader for comma-separated values (RFC 4180): quoted fields, doubled quotes, line breaks inside quotes, CRLF or LF.
// The first line names the columns. As pandas reads it: an empty field is null, and a column of numbers is numeric.

import type { Table, Value } from './protocol.ts';
import { COLUMNS_MAX, checkSize, ROWS_MAX, tableOfMatrix } from './row-table.ts';
import { Unreadable } from './unreadable.ts';

const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/** @throws Unreadable */
export function readCsv(text: string): Table {
  const [names, ...rows] = records(text);
  if (names === undefined) throw new Unreadable('empty body');
  const table = tableOfMatrix(names, rows);
  return { rows: table.rows, columns: table.columns.map(({ name, values }) => ({ name, values: typed(values) })) };
}

function typed(values: readonly (Value | undefined)[]): readonly Value[] {
  const texts = values.map((value) => String(value));
  const isNumeric = texts.every((value) => value === '' || NUMBER.test(value));
  return texts.map((value) => {
    if (value === '') return null;
    const number = isNumeric ? Number(value) : Number.NaN;
    return !isNumeric || Math.abs(number) > Number.MAX_SAFE_INTEGER ? value : number;
  });
}

function records(text: string): string[][] {
  const all: string[][] = [];
  let fields: string[] = [];
  let at = 0;
  while (at < text.length) {
    const field = text[at] === '"' ? quoted(text, at) : plain(text, at);
    if (fields.length === COLUMNS_MAX) throw new Unreadable(`more than ${COLUMNS_MAX} columns`);
    fields.push(field.value);
    at = field.end;
    if (text[at] === ',') {
      at++;
      if (at < text.length) continue;
      fields.push('');
    }
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    const isBlank = fields.length === 1 && fields[0] === '';
    if (!isBlank) all.push(fields);
    if (all.length > ROWS_MAX + 1) throw new Unreadable(`more than ${ROWS_MAX} rows`);
    checkSize(all.length - 1, all[0]?.length ?? 0);
    fields = [];
  }
  return all;
}

interface Field {
  readonly value: string;
  readonly end: number;
}

function plain(text: string, start: number): Field {
  let end = start;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === 0x2c || code === 0x0a || code === 0x0d) break;
  }
  return { value: text.slice(start, end), end };
}

function quoted(text: string, start: number): Field {
  let value = '';
  let from = start + 1;
  for (;;) {
    const end = text.indexOf('"', from);
    if (end === -1) throw new Unreadable('a quoted field has no end');
    value += text.slice(from, end);
    if (text[end + 1] !== '"') {
      const next = text[end + 1];
      if (next !== undefined && next !== ',' && next !== '\r' && next !== '\n') {
        throw new Unreadable('text follows a quoted field');
      }
      return { value, end: end + 1 };
    }
    value += '"';
    from = end + 2;
  }
}
