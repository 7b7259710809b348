// Ten kinds of change of one column, and what must not be taken for them.

import { expect, test } from 'vitest';
import { countValues } from '../../../src/drift/baseline/binning.ts';
import { referenceOf } from '../../../src/drift/baseline/reference.ts';
import { causeOf } from '../../../src/drift/cause/column-cause.ts';
import { createSeededRandom } from '../../../src/kernel/random.ts';
import type { Value } from '../../../src/protocols/protocol.ts';

const random = createSeededRandom(5);
const bell = (): number => random() + random() + random() + random() - 2;
const amounts = (rows: number): number[] => Array.from({ length: rows }, () => Math.exp(4 + bell()));
const temperatures = (rows: number): number[] => Array.from({ length: rows }, () => 20 + 5 * bell());
const cards = (rows: number, visa = 0.7): string[] =>
  Array.from({ length: rows }, () => (random() < visa ? 'visa' : 'amex'));

function cause(baseline: readonly (Value | undefined)[], now: readonly (Value | undefined)[]) {
  const reference = referenceOf(baseline);
  const counts = new Float64Array(reference.binning.size);
  countValues(reference.binning, now, 0, counts, 0);
  const numbers = now.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  return causeOf(
    reference,
    counts,
    reference.binning.kind === 'numeric' ? Float32Array.from(numbers.slice(-128)) : null,
  );
}

const kindOf = (...sides: Parameters<typeof cause>) => cause(...sides)?.kind ?? null;

test('what is no plain value: null, missing, not finite, of another type, never seen', () => {
  const before = amounts(5000);
  const mixed = (strange: Value | undefined, share = 0.1) =>
    amounts(2000).map((one) => (random() < share ? strange : one));
  expect(kindOf(before, mixed(null))).toBe('null rate');
  expect(kindOf(before, mixed(undefined))).toBe('null rate');
  expect(kindOf(before, mixed(Number.NaN))).toBe('not finite');
  expect(kindOf(before, mixed('12.5'))).toBe('type');
  expect(cause(before, mixed(null))?.text).toMatch(/^null in \d+(\.\d)? % of rows, 0 % in the baseline$/);
  expect(
    kindOf(
      cards(5000),
      cards(2000).map((one) => (random() < 0.2 ? 'jcb' : one)),
    ),
  ).toBe('new category');
});

test.each([10, 100, 1000, 60, 3600, 24, 2.2046])('a unit that differs by x%s, either way', (factor) => {
  expect(
    cause(
      amounts(5000),
      amounts(500).map((one) => one * factor),
    ),
  ).toMatchObject({
    kind: 'unit change',
    text: `looks like x${factor}`,
  });
  expect(
    cause(
      amounts(5000),
      amounts(500).map((one) => one / factor),
    )?.text,
  ).toBe(`looks like divided by ${factor}`);
});

test('degrees, signs and logarithms', () => {
  const before = temperatures(5000);
  const fahrenheit = (one: number) => one * 1.8 + 32;
  expect(cause(before, temperatures(500).map(fahrenheit))?.text).toBe('looks like Fahrenheit instead of Celsius');
  expect(cause(before.map(fahrenheit), temperatures(500))?.text).toBe('looks like Celsius instead of Fahrenheit');
  expect(
    kindOf(
      before,
      temperatures(500).map((one) => -one),
    ),
  ).toBe('sign');
  expect(cause(amounts(5000), amounts(500).map(Math.log))?.text).toBe('looks like the natural logarithm');
});

test('stuck, out of range, a new default, and a plain shift', () => {
  const before = amounts(5000);
  const defaulted = (value: number) => amounts(2000).map((one) => (random() < 0.3 ? value : one));
  expect(cause(before, new Array(500).fill(55))).toMatchObject({ kind: 'stuck value', text: 'stuck at 55' });
  expect(cause(before, defaulted(99_999))).toMatchObject({ kind: 'range' });
  expect(cause(before, defaulted(99_999))?.text).toMatch(/^above the baseline's greatest value .* most of them 99999$/);
  expect(cause(before, defaulted(55))).toMatchObject({ kind: 'single value' });
  expect(
    kindOf(
      before,
      amounts(2000).map((one) => one * 1.3),
    ),
  ).toBe('shift');
});

test('categories in other shares are a mix; a constant column that stays is nothing; neither is an empty window', () => {
  expect(cause(cards(5000), cards(2000, 0.2))).toMatchObject({ kind: 'mix of segments' });
  expect(cause(cards(5000), cards(2000, 0.2))?.text).toMatch(/^"amex" in \d+ % of rows, \d+ % in the baseline$/);
  expect(cause(new Array(500).fill(7), new Array(200).fill(7))).toBeNull();
  expect(cause(amounts(500), [])).toBeNull();
});

test('a rise of a part of the rows by ten is no change of unit', () => {
  const now = amounts(2000).map((one) => (random() < 0.5 ? one * 10 : one));
  expect(kindOf(amounts(5000), now)).not.toBe('unit change');
});
