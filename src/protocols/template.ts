// The form of a body that has been read before, with holes where scalars may differ: the fixed bytes are compared, only the holes
// are scanned, and the table is filled without a JSON text ever being parsed. It takes what it can prove and nothing else:
// any other byte, and any scalar whose reading needs more care, is left to the ordinary reader. Holes are found in learn-template.ts.

import type { Column, Table, Value } from './protocol.ts';
import { createTextMemory, type TextMemory, textOf } from './text-memory.ts';

/** Kinds of scalar that a hole takes: those of which the ordinary reader was seen to hand them on unchanged. */
export const NUMBER = 1;
export const STRING = 2;
export const LITERAL = 4;

export interface Hole {
  /** Of the scalar in the body that the template was learned from. */
  readonly start: number;
  readonly end: number;
  /** NUMBER | STRING | LITERAL. */
  readonly kinds: number;
  /** Index into the table's cells, column by column; -1 where the scalar is in no cell. */
  readonly cell: number;
}

export interface Template {
  /** The table of a body of this form, or null where this body must be read by the ordinary reader. */
  read(body: Uint8Array): Table | null;
}

/**
 * @param sample a body of the form
 * @param table what the ordinary reader made of it
 * @param holes in order; none overlaps another
 */
export function createTemplate(sample: Uint8Array, { rows, columns }: Table, holes: readonly Hole[]): Template {
  const bytes = Uint8Array.from(sample);
  const names = columns.map(({ name }) => name);
  const cells = columns.flatMap(({ values }) => values);
  const starts = Int32Array.from([0, ...holes.map(({ end }) => end)]);
  const ends = Int32Array.from([...holes.map(({ start }) => start), bytes.length]);
  const kinds = Uint8Array.from(holes, (hole) => hole.kinds);
  const cellOf = Int32Array.from(holes, ({ cell }) => cell);
  const texts = holes.map(({ kinds, cell }) => (cell !== -1 && (kinds & STRING) !== 0 ? createTextMemory() : null));
  const scan: Scan = { at: 0, number: 0 };

  /** Whether the fixed bytes before hole `index` stand at `scan.at`; moves behind them. */
  function skipFixed(body: Uint8Array, index: number): boolean {
    let at = scan.at;
    const end = ends[index] as number;
    if (at + end - (starts[index] as number) > body.length) return false;
    for (let from = starts[index] as number; from < end; from++, at++) if (body[at] !== bytes[from]) return false;
    scan.at = at;
    return true;
  }

  return {
    read(body) {
      scan.at = 0;
      for (let hole = 0; hole < cellOf.length; hole++) {
        if (!skipFixed(body, hole)) return null;
        const cell = cellOf[hole] as number;
        const value = scalarAt(body, scan, kinds[hole] as number, cell === -1, texts[hole] ?? null);
        if (value === undefined) return null;
        if (cell !== -1) cells[cell] = value;
      }
      if (!skipFixed(body, cellOf.length) || scan.at !== body.length) return null;
      return { rows, columns: rows === 1 ? oneRow(names, cells) : manyRows(names, rows, cells) };
    },
  };
}

function oneRow(names: readonly string[], cells: readonly (Value | undefined)[]): readonly Column[] {
  const columns = new Array<Column>(names.length);
  for (let i = 0; i < names.length; i++) columns[i] = { name: names[i] as string, values: [cells[i]] };
  return columns;
}

function manyRows(names: readonly string[], rows: number, cells: readonly (Value | undefined)[]): readonly Column[] {
  return names.map((name, column) => ({ name, values: cells.slice(column * rows, (column + 1) * rows) }));
}

/** Where a scan stands; handed on, since a number and a place are two results. */
interface Scan {
  at: number;
  number: number;
}

/** The scalar at `scan.at`, which moves behind it; undefined where it is not of these kinds, or not for this reader. */
function scalarAt(
  body: Uint8Array,
  scan: Scan,
  kinds: number,
  ignored: boolean,
  memory: TextMemory | null,
): Value | undefined {
  const first = body[scan.at] as number;
  if (first === 0x22) {
    const start = scan.at + 1;
    if ((kinds & STRING) === 0 || !plainString(body, scan)) return undefined;
    return memory === null ? '' : memory.text(body, start, scan.at - 1);
  }
  if (first === 0x2d || isDigit(first)) {
    return (kinds & NUMBER) !== 0 && numberAt(body, scan, ignored) ? scan.number : undefined;
  }
  if ((kinds & LITERAL) === 0) return undefined;
  if (first === 0x74) return word(body, scan, TRUE) ? true : undefined;
  if (first === 0x66) return word(body, scan, FALSE) ? false : undefined;
  return word(body, scan, NULL) ? null : undefined;
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

function word(body: Uint8Array, scan: Scan, letters: Uint8Array): boolean {
  for (let i = 0; i < letters.length; i++) if (body[scan.at + i] !== letters[i]) return false;
  scan.at += letters.length;
  return true;
}

/** Printable ASCII without escapes: its bytes are its characters. */
function plainString(body: Uint8Array, scan: Scan): boolean {
  let at = scan.at + 1;
  for (; at < body.length; at++) {
    const byte = body[at] as number;
    if (byte === 0x22) {
      scan.at = at + 1;
      return true;
    }
    if (byte < 0x20 || byte > 0x7e || byte === 0x5c) return false;
  }
  return false;
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** Powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));

/**
 * RFC 8259 section 6. Digits that make an integer below 2^53, and a power of ten that is exact, give the nearest double in one
 * division (Clinger 1990, "How to read floating point numbers accurately"); anything else is read by `Number`, as JSON.parse would.
 * @returns false where it is no number, or one in a cell that is beyond 2^53: the ordinary reader keeps the digits of integers
 */
function numberAt(body: Uint8Array, scan: Scan, ignored: boolean): boolean {
  const start = scan.at;
  const isNegative = body[start] === 0x2d;
  let at = isNegative ? start + 1 : start;
  let digits = 0;
  const whole = at;
  for (; isDigit(body[at] as number); at++) digits = digits * 10 + (body[at] as number) - 0x30;
  if (at === whole || (body[whole] === 0x30 && at > whole + 1)) return false;
  let places = 0;
  if (body[at] === 0x2e) {
    const point = at++;
    for (; isDigit(body[at] as number); at++) digits = digits * 10 + (body[at] as number) - 0x30;
    places = at - point - 1;
    if (places === 0) return false;
  }
  let hasExponent = false;
  if (body[at] === 0x65 || body[at] === 0x45) {
    hasExponent = true;
    at++;
    if (body[at] === 0x2b || body[at] === 0x2d) at++;
    const exponent = at;
    while (isDigit(body[at] as number)) at++;
    if (at === exponent) return false;
  }
  scan.at = at;
  if (ignored) return true;
  if (hasExponent || places > 22 || digits > Number.MAX_SAFE_INTEGER) {
    scan.number = Number(textOf(body, start, at));
  } else {
    const value = places === 0 ? digits : digits / (POWERS[places] as number);
    scan.number = isNegative ? -value : value;
  }
  return Math.abs(scan.number) <= Number.MAX_SAFE_INTEGER;
}
