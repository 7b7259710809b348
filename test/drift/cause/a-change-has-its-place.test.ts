// Where a change lives: named where the rows show it, and nowhere where they cannot.

import { expect, test } from 'vitest';
import { SPECIALS } from '../../../src/drift/baseline/binning.ts';
import { type Division, locate, type SampledRows } from '../../../src/drift/cause/segment.ts';
import { createSeededRandom, type Random } from '../../../src/kernel/random.ts';

const BINS = 10;
const COLUMNS = 2;

/** Column 0 is what changes, column 1 a country: 0 for most. */
function rowsOf(random: Random, count: number, draw: (country: number) => number, abroad: number): SampledRows {
  const bins = new Uint8Array(count * COLUMNS);
  for (let row = 0; row < count; row++) {
    const country = random() < abroad ? 1 : 0;
    bins[row * COLUMNS] = SPECIALS + draw(country);
    bins[row * COLUMNS + 1] = SPECIALS + country;
  }
  return { rows: count, width: COLUMNS, bins, callers: new Uint8Array(count) };
}

const byCountry: Division = {
  name: 'country',
  groups: ['home', 'abroad'],
  groupOf: ({ bins, width }, row) => (bins[row * width + 1] as number) - SPECIALS,
};

const uniform = (random: Random) => () => Math.floor(random() * BINS);

test('a change in one group alone is found there, large or small', () => {
  for (const [seed, abroad, group] of [
    [1, 0.2, 1],
    [2, 0.8, 1],
    [3, 0.2, 0],
  ] as const) {
    const random = createSeededRandom(seed);
    const before = rowsOf(random, 512, uniform(random), abroad);
    const now = rowsOf(random, 640, (country) => (country === group ? BINS - 1 : uniform(random)()), abroad);
    expect(locate(before, now, 0, [byCountry])).toMatchObject({ how: 'only', group });
  }
});

test('a change of every row, under way in a fifth of the sample, is nowhere in particular', () => {
  let named = 0;
  for (let seed = 0; seed < 100; seed++) {
    const random = createSeededRandom(seed);
    const before = rowsOf(random, 512, uniform(random), 0.07);
    const now = rowsOf(random, 640, () => (random() < 0.2 ? BINS - 1 : uniform(random)()), 0.07);
    if (locate(before, now, 0, [byCountry]) !== null) named++;
  }
  expect(named).toBe(0);
});

test('more rows of a group that was always so are a mix, and no change within it', () => {
  const random = createSeededRandom(4);
  const draw = (country: number) => (country === 1 ? BINS - 1 : uniform(random)());
  const found = locate(rowsOf(random, 512, draw, 0.2), rowsOf(random, 640, draw, 0.6), 0, [byCountry]);
  expect(found).toMatchObject({ how: 'mix', group: 1 });
});

test('where nothing changed nothing is named', () => {
  let named = 0;
  for (let seed = 0; seed < 200; seed++) {
    const random = createSeededRandom(1000 + seed);
    const before = rowsOf(random, 512, uniform(random), 0.3);
    if (locate(before, rowsOf(random, 640, uniform(random), 0.3), 0, [byCountry]) !== null) named++;
  }
  expect(named).toBeLessThanOrEqual(1);
});
