// The property of the scanner that reads sticky keys: on any bytes it finds what JSON.parse finds, or nothing where that finds
// an error. Shared by the tests and the fuzzer.

import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { compilePlaces, scanPlaces } from '../../src/split/json-scan.ts';

/** What a sticky key would be: a string or a number. */
export function scanPointer(bytes: Uint8Array, tokens: readonly string[]): string | undefined {
  const [found] = scanPlaces(bytes, compilePlaces([tokens]));
  return found?.isKey === true ? found.text : undefined;
}

/** What a pointer finds by JSON.parse: a string as it is, a number as its text, anything else as nothing. */
export function parsed(text: string, tokens: readonly string[]): string | number | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  for (const token of tokens) {
    if (Array.isArray(value)) {
      value = /^(?:0|[1-9]\d*)$/.test(token) ? value[Number(token)] : undefined;
    } else if (typeof value === 'object' && value !== null && Object.hasOwn(value, token)) {
      value = Object.entries(value).find(([key]) => key === token)?.[1];
    } else return undefined;
  }
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

/** @throws where the two differ */
function agrees(source: string, tokens: readonly string[]): void {
  // As it comes over the wire: half a surrogate pair does not.
  const text = Buffer.from(source).toString();
  const expected = parsed(text, tokens);
  const found = scanPointer(Buffer.from(text), tokens);
  deepStrictEqual(typeof expected === 'number' ? Number(found) : found, expected);
}

// No key that is a backslash: having met one, JSON.parse of Node 24.21 takes later escaped keys for it (`{"a":0,"\\":0}`, then
// `{"a":0,"\"":0}`), and is no oracle any more.
const key = fc.constantFrom('a', 'b', '', '0', '1', 'é', 'a"', '__proto__', 'a/b');
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
}));
const tokens = fc.array(key, { maxLength: 3 });

export const validJsonAlike = fc.asyncProperty(
  json.value,
  tokens,
  fc.constantFrom(0, 1, 3),
  async (value, pointer, indent) => agrees(JSON.stringify(value, null, indent), pointer),
);

const NOISE = [...'{}[]",:0123456789.eE+-\\u abntrfl\t\n\r'.split(''), 'null', 'true', '\\u00', '"a"', '"a":'];

const noise = fc.record({ at: fc.nat(), cut: fc.nat({ max: 3 }), bit: fc.constantFrom(...NOISE) });

export const nearlyJsonAlike = fc.asyncProperty(
  json.value,
  fc.array(noise, { minLength: 1, maxLength: 3 }),
  tokens,
  async (value, edits, pointer) => {
    let text = JSON.stringify(value);
    for (const { at, cut, bit } of edits) {
      const place = at % (text.length + 1);
      text = text.slice(0, place) + bit + text.slice(place + cut);
    }
    agrees(text, pointer);
  },
);
