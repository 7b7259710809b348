import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerHeadsAlike, chunkedBodiesAlike, decode } from './heads-alike.ts';
import { pieces } from './mutations.ts';

const RUNS = 3000;

test('a head that is taken is read by llhttp in the same way', async () => {
  const { property, taken } = await answerHeadsAlike();
  await fc.assert(property, { numRuns: RUNS });
  expect(taken()).toBeGreaterThan(RUNS * 0.15);
});

test('a chunked body that is taken is read by llhttp in the same way, wherever it is cut', async () => {
  const { property, taken } = await chunkedBodiesAlike();
  await fc.assert(property, { numRuns: RUNS });
  expect(taken()).toBeGreaterThan(RUNS * 0.15);
});

test('a trailer full of blanks is read in a moment', () => {
  const before = performance.now();
  expect(decode([`0\r\nX-T: a${' '.repeat(60_000)}b\r\n\r\n`])).toMatchObject({ used: 60_014 });
  expect(performance.now() - before).toBeLessThan(200);
});

test.each([
  ['an endless size line', `5;${'x'.repeat(17_000)}`],
  ['endless trailers', `0\r\n${'X-T: 1\r\n'.repeat(9000)}`],
])('%s is refused', (_, text) => {
  expect(decode([text])).toBe('CHUNK_LINE_TOO_LONG');
  expect(decode(pieces(text, 'every'))).toBe('CHUNK_LINE_TOO_LONG');
});
