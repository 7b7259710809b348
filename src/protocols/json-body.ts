// Reads a captured body as JSON, tolerantly where servers are: bare NaN and Infinity (Python's json, TensorFlow Serving) are
// numbers here. Integers beyond 2^53 would silently become other integers, so they are read again as text, digit for digit.

import { parseJson } from '../kernel/json.ts';
import { decodeBody } from './decode-body.ts';
import type { Payload, Reading, Table } from './protocol.ts';
import { reading, Unreadable } from './unreadable.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Stands for NaN in rewritten text: a zero that nobody spells like this. */
const NAN_LITERAL = '0e-777';
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_N = 0x4e;
const LETTER_I = 0x49;

/** Decode the body, parse it, and hand it to `read`; every expected failure becomes a reason. */
export function readingJson(payload: Payload, read: (body: unknown) => Table): Reading {
  return reading(() => readJsonText(utf8Text(decodeBody(payload)), read));
}

/** @throws Unreadable */
export function readJsonText(text: string, read: (body: unknown) => Table): Table {
  if (text === '') throw new Unreadable('empty body');
  let body: unknown;
  try {
    body = parseJson(text);
  } catch {
    return read(parseExactly(text));
  }
  const table = read(body);
  return hasInexactInteger(table) ? read(parseExactly(text)) : table;
}

/** @throws Unreadable */
export function utf8Text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Unreadable('not UTF-8');
  }
}

function hasInexactInteger(table: Table): boolean {
  for (const { values } of table.columns) {
    for (const value of values) {
      if (typeof value !== 'number') continue;
      if (value > Number.MAX_SAFE_INTEGER || value < -Number.MAX_SAFE_INTEGER) return true;
    }
  }
  return false;
}

/** Several times slower than JSON.parse: only for bodies that need it. */
function parseExactly(text: string): unknown {
  try {
    return parseJson(withoutBareLiterals(text), exactly);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Unreadable('not JSON');
    throw error;
  }
}

function exactly(value: number, source: string): unknown {
  if (value === 0) return source === NAN_LITERAL || source === `-${NAN_LITERAL}` ? Number.NaN : value;
  if (Number.isSafeInteger(value)) return value;
  return /^-?\d+$/.test(source) ? source : value;
}

/** One pass, strings skipped: bare NaN and Infinity in forms that JSON.parse takes. */
function withoutBareLiterals(text: string): string {
  let out = '';
  let from = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = afterString(text, at + 1);
    } else if (code === LETTER_N && text.startsWith('NaN', at)) {
      out += text.slice(from, at) + NAN_LITERAL;
      at += 3;
      from = at;
    } else if (code === LETTER_I && text.startsWith('Infinity', at)) {
      out += `${text.slice(from, at)}1e999`;
      at += 8;
      from = at;
    } else {
      at++;
    }
  }
  return from === 0 ? text : out + text.slice(from);
}

function afterString(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
  return text.length;
}
