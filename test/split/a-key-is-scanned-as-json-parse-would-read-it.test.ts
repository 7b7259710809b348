import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePlaces, scanPlaces } from '../../src/split/json-scan.ts';

/** What a sticky key would be: a string or a number. */
function scanPointer(bytes: Uint8Array, tokens: readonly string[]): string | undefined {
  const [found] = scanPlaces(bytes, compilePlaces([tokens]));
  return found?.isKey === true ? found.text : undefined;
}

const scan = (text: string, ...tokens: string[]): string | undefined => scanPointer(Buffer.from(text), tokens);

/** What a pointer finds by JSON.parse: a string as it is, a number as its text, anything else as nothing. */
function parsed(text: string, tokens: readonly string[]): string | number | undefined {
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

function agrees(source: string, tokens: readonly string[]): void {
  // As it comes over the wire: half a surrogate pair does not.
  const text = Buffer.from(source).toString();
  const expected = parsed(text, tokens);
  const found = scanPointer(Buffer.from(text), tokens);
  if (typeof expected === 'number') expect(Number(found)).toBe(expected);
  else expect(found).toBe(expected);
}

test('strings are decoded, numbers keep their text', () => {
  expect(scan('{"a":"x\\u00e9\\n\\ud83d\\ude42"}', 'a')).toBe('xé\n🙂');
  expect(scan('{"a":1.50}', 'a')).toBe('1.50');
  expect(scan('{"a":12345678901234567890}', 'a')).toBe('12345678901234567890');
  expect(scan('{"a":-0e-0}', 'a')).toBe('-0e-0');
  expect(scan(' [0,{"":["deep"]}] ', '1', '', '0')).toBe('deep');
  expect(scan('"top"')).toBe('top');
});

test('of equal keys the last one counts, whatever it is', () => {
  expect(scan('{"a":"1","a":"2"}', 'a')).toBe('2');
  expect(scan('{"a":"1","a":null}', 'a')).toBeUndefined();
  expect(scan('{"a":{"b":"1"},"a":{}}', 'a', 'b')).toBeUndefined();
  expect(scan('{"\\u0061":"1"}', 'a')).toBe('1');
});

test.each([
  '',
  '{',
  '{"a":1',
  '{"a":1,}',
  '{"a" 1}',
  '{a:1}',
  "{'a':1}",
  '{"a":NaN}',
  '{"a":01}',
  '{"a":1.}',
  '{"a":.5}',
  '{"a":+1}',
  '{"a":"\t"}',
  '{"a":"\\x"}',
  '{"a":1}x',
  '\ufeff{"a":1}',
  '{"a":1}\u0000',
  '[1,]',
])('nothing is found in %j, which is no JSON', (text) => {
  expect(parsed(text, ['a'])).toBeUndefined();
  expect(scan(text, 'a')).toBeUndefined();
});

test('nothing is found where the bytes are no UTF-8, in the value or its key', () => {
  expect(scanPointer(Buffer.from('7b2261223a22ff227d', 'hex'), ['a'])).toBeUndefined();
});

test('deep nesting ends the scan, not the process', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  expect(scan(deep, '0')).toBeUndefined();
});

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

test('agrees with JSON.parse on what is JSON', () => {
  fc.assert(
    fc.property(json.value, tokens, fc.constantFrom(0, 1, 3), (value, pointer, indent) =>
      agrees(JSON.stringify(value, null, indent), pointer),
    ),
    { numRuns: 3000 },
  );
});

test('agrees with JSON.parse on what is nearly JSON', () => {
  const noise = fc.constantFrom(...'{}[]",:0123456789.eE+-\\u abntrfl\t\n\r'.split(''), 'null', 'true', '\\u00', '"a"');
  fc.assert(
    fc.property(json.value, fc.nat(), fc.nat({ max: 3 }), noise, tokens, (value, at, cut, bit, pointer) => {
      const text = JSON.stringify(value);
      const place = at % (text.length + 1);
      agrees(text.slice(0, place) + bit + text.slice(place + cut), pointer);
    }),
    { numRuns: 5000 },
  );
});
