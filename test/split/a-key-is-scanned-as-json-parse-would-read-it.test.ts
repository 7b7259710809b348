import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearlyJsonAlike, parsed, scanPointer, validJsonAlike } from './json-alike.ts';

const scan = (text: string, ...tokens: string[]): string | undefined => scanPointer(Buffer.from(text), tokens);

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

test('agrees with JSON.parse on what is JSON', async () => {
  await fc.assert(validJsonAlike, { numRuns: 3000 });
});

test('agrees with JSON.parse on what is nearly JSON', async () => {
  await fc.assert(nearlyJsonAlike, { numRuns: 5000 });
});
