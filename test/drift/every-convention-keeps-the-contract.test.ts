// What every convention in the list promises, whatever it computes; and that docs/drift.md tells of each figure.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { countValues } from '../../src/drift/baseline/binning.ts';
import { referenceOf } from '../../src/drift/baseline/reference.ts';
import { compareTables } from '../../src/drift/distances/compare-tables.ts';
import { CONVENTION_NAMES } from '../../src/drift/distances/conventions/convention.ts';
import { CONVENTIONS } from '../../src/drift/distances/conventions/conventions.ts';
import { DISTANCES, distancesOfBins } from '../../src/drift/distances/distances.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import type { Value } from '../../src/protocols/protocol.ts';
import { tableOf } from './plans.ts';

type Values = (Value | undefined)[];

const random = createSeededRandom(5);
const numbers = (rows: number): number[] => Array.from({ length: rows }, () => random() - random());
const texts = (rows: number, kinds: number): string[] =>
  Array.from({ length: rows }, () => `k${Math.floor(random() * kinds)}`);

/** Baselines and windows as they come on bad days too. */
const PAIRS: Readonly<Record<string, readonly [Values, Values]>> = {
  numbers: [numbers(300), numbers(200)],
  'an empty window': [numbers(300), []],
  'all null': [numbers(300), new Array(200).fill(null)],
  'a constant': [new Array(300).fill(7), new Array(200).fill(7)],
  'another constant': [new Array(300).fill(7), new Array(200).fill(8)],
  'a baseline of one row': [[1], numbers(200)],
  'a baseline of nulls': [new Array(300).fill(null), numbers(200)],
  'NaN and infinities': [
    [...numbers(300), Number.NaN, Infinity],
    [-Infinity, Number.NaN, ...numbers(9)],
  ],
  'the ends of doubles': [
    [-1.7e308, 1.7e308, ...numbers(100)],
    [1.7e308, 5e-324, ...numbers(100)],
  ],
  categories: [texts(300, 5), texts(200, 5)],
  'categories never seen': [texts(300, 3), texts(200, 9)],
  'more categories than bins': [texts(900, 200), texts(900, 300)],
  'numbers turned to text': [numbers(300), texts(200, 4)],
  'text turned to numbers': [texts(300, 4), numbers(200)],
  booleans: [
    [true, false, true, true],
    [false, false],
  ],
};

describe.each(CONVENTION_NAMES)('%s', (name) => {
  const convention = CONVENTIONS[name];

  test.each(Object.keys(PAIRS))('%s: figures of its own name, finite, or null with a reason', (key) => {
    const [baseline, current] = PAIRS[key] ?? [[], []];
    const reference = referenceOf(baseline);
    const counts = new Float64Array(reference.binning.size);
    countValues(reference.binning, current, 0, counts, 0);
    const fromBins = convention.ofBins({ binning: reference.binning, baseline: reference.counts, current: counts });
    const asked = { own: [], conventions: [name] };
    const [column] = compareTables(tableOf({ x: baseline }), tableOf({ x: current }), asked, 0).features;
    const figures = [...fromBins, ...(column?.distances ?? [])];
    expect(figures.length).toBeGreaterThan(0);
    for (const { name: figure, value, variant } of figures) {
      expect(figure.startsWith(`${name}.`), figure).toBe(true);
      expect(variant).not.toBe('');
      if (value === null) continue;
      expect(value).toBeGreaterThanOrEqual(0);
      if (!figure.endsWith('psi')) expect(value).toBeLessThanOrEqual(1 + 1e-12);
    }
  });

  test('is told of in docs/drift.md, figure by figure', () => {
    const docs = readFileSync(new URL('../../docs/drift.md', import.meta.url), 'utf8');
    const reference = referenceOf(texts(100, 3));
    const pair = { binning: reference.binning, baseline: reference.counts, current: reference.counts };
    for (const { name: figure } of convention.ofBins(pair)) expect(docs).toContain(`\`${figure}\``);
  });
});

test('every distance of our own is defined in docs/drift.md', () => {
  const docs = readFileSync(new URL('../../docs/drift.md', import.meta.url), 'utf8');
  const reference = referenceOf(numbers(100));
  const pair = { binning: reference.binning, baseline: reference.counts, current: reference.counts };
  const distances = distancesOfBins(pair, DISTANCES);
  expect(distances.length).toBeGreaterThanOrEqual(DISTANCES.length);
  for (const { name } of distances) expect(docs).toContain(`| \`${name}\` |`);
});
