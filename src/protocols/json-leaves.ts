// Where the scalars of a JSON text stand, in its bytes. For texts that JSON.parse has taken: this walk relies on their being
// well-formed. What lies between the scalars - braces, keys, commas, blanks - is the body's form (template.ts).

import { textOf } from './text-memory.ts';

/** More scalars are not worth remembering. */
const LEAVES_MAX = 1024;
const DEPTH_MAX = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export interface Leaf {
  readonly start: number;
  /** Behind its last byte. */
  readonly end: number;
  /** The member of the whole body that it lies in, byte for byte; null in a body that is no object. */
  readonly member: string | null;
}

/**
 * @returns the scalars in order; null where there are too many or too deep, where a key is written twice or with an escape, and
 * where there are bare NaN or numbers beyond 2^53, for which the ordinary reader has ways of its own (json-body.ts)
 */
export function leavesOf(json: Uint8Array): readonly Leaf[] | null {
  const leaves: Leaf[] = [];
  let at = 0;
  let member: string | null = null;

  function blanks(): void {
    while (at < json.length && isBlank(json[at] as number)) at++;
  }

  function string(): void {
    for (at++; at < json.length && json[at] !== QUOTE; at++) if (json[at] === BACKSLASH) at++;
    at++;
  }

  function value(depth: number): boolean {
    blanks();
    const first = json[at];
    if (first === 0x7b || first === 0x5b) return depth < DEPTH_MAX && list(first === 0x7b, depth);
    const start = at;
    if (first === QUOTE) string();
    else while (at < json.length && !isEnd(json[at] as number)) at++;
    leaves.push({ start, end: at, member });
    return leaves.length <= LEAVES_MAX && (first === QUOTE || isPlain(textOf(json, start, at)));
  }

  /** An object or an array, from its bracket on. */
  function list(isObject: boolean, depth: number): boolean {
    const keys = new Set<string>();
    at++;
    blanks();
    while (at < json.length && json[at] !== 0x7d && json[at] !== 0x5d) {
      if (isObject) {
        const key = keyAt();
        if (key === null || keys.has(key)) return false;
        keys.add(key);
        if (depth === 0) member = key;
      }
      if (!value(depth + 1)) return false;
      blanks();
      if (json[at] === 0x2c) at++;
      blanks();
    }
    at++;
    return true;
  }

  function keyAt(): string | null {
    const start = at + 1;
    string();
    const key = textOf(json, start, at - 1);
    blanks();
    at++; // the colon
    return key.includes('\\') ? null : key;
  }

  const isWhole = value(0);
  blanks();
  return isWhole && at === json.length ? leaves : null;
}

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** A word of JSON, or a number that a double holds to the last digit if it is whole. */
const isPlain = (text: string): boolean =>
  text === 'true' || text === 'false' || text === 'null' || Math.abs(Number(text)) <= Number.MAX_SAFE_INTEGER;

/** Of a number or a word. */
const isEnd = (byte: number): boolean => byte === 0x2c || byte === 0x7d || byte === 0x5d || isBlank(byte);
