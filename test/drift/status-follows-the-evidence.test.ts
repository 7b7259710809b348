import { expect, test } from 'vitest';
import { createReference } from '../../src/drift/baseline/reference.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { BINNING, normal, normalReference, watch } from './streams-of-numbers.ts';

const random = createSeededRandom(5);
const rows = (count: number, shift = 0) => Array.from({ length: count }, () => normal(random) + shift);
const reference = normalReference(100_000, random);

test('steady is said once a large change would have been found, and says how large', () => {
  const { see } = watch(reference);
  expect(see(rows(20))).toMatchObject({ status: 'warming', unsure: 'few rows' });
  expect(see(rows(20)).status).toBe('warming');
  for (let i = 0; i < 10; i++) see(rows(20));
  const verdict = see(rows(20));
  expect(verdict).toMatchObject({ status: 'steady', unsure: null });
  const first = verdict.detectable;
  expect(first).toBeLessThan(0.8);
  for (let i = 0; i < 100; i++) see(rows(20));
  expect(see(rows(20)).detectable).toBeLessThan(first / 1.8);
});

test('a gap is unknown at once, and steady again only with as many fresh rows; an open alarm outlives it', () => {
  const calm = watch(reference);
  for (let i = 0; i < 50; i++) calm.see(rows(50));
  expect(calm.see([], { gap: true })).toMatchObject({ status: 'unknown', unsure: 'gap' });
  expect(calm.see(rows(50))).toMatchObject({ status: 'unknown', unsure: 'few rows' });
  for (let i = 0; i < 3; i++) calm.see(rows(50));
  expect(calm.verdict.status).toBe('steady');

  const shifted = watch(reference);
  for (let i = 0; i < 20; i++) shifted.see(rows(100));
  for (let i = 0; i < 20; i++) shifted.see(rows(100, 1));
  expect(shifted.verdict.status).toBe('drifting');
  expect(shifted.see([], { gap: true }).status).toBe('unknown');
  expect(shifted.see(rows(5, 1)).status).toBe('drifting');
});

test('a quiet model: few rows an hour are weighed over a day, and no silence of minutes makes them unknown', () => {
  const { see, verdict } = watch(reference);
  for (let i = 0; i < 1440; i++) see(i % 4 === 0 ? rows(1) : []);
  expect(verdict.status).toBe('steady');
  for (let i = 0; i < 1440; i++) see(i % 4 === 0 ? rows(1, 1) : []);
  expect(verdict.status).toBe('drifting');
});

test('when it began is found to within a few ticks', () => {
  const late = [0.5, 1, 2].map((shift) => {
    const { see, verdict } = watch(reference);
    for (let i = 0; i < 300; i++) see(rows(50));
    let ticks = 0;
    while (!see(rows(50, shift)).open && ticks < 500) ticks++;
    return (verdict.since ?? 0) / 60_000 - 300;
  });
  for (const ticks of late) expect(Math.abs(ticks)).toBeLessThanOrEqual(5);
});

test('an alarm closes when the drift has gone, not while half of it remains, and does not flap', () => {
  const { see, verdict } = watch(reference);
  const path: string[] = [];
  const run = (ticks: number, shift: number) => {
    for (let i = 0; i < ticks; i++) {
      const { status } = see(rows(50, shift));
      if (path.at(-1) !== status) path.push(status);
    }
  };
  run(100, 0);
  run(200, 0.8);
  expect(path).toEqual(['warming', 'steady', 'drifting']);
  run(500, 0.4);
  expect(path).toEqual(['warming', 'steady', 'drifting']);
  run(300, 0);
  expect(path).toEqual(['warming', 'steady', 'drifting', 'steady']);
  run(1000, 0);
  expect(path).toHaveLength(4);
  expect(verdict.since).toBeNull();
});

test('a change within the tolerance is seen and raises nothing', () => {
  const { see, verdict } = watch(reference);
  for (let i = 0; i < 3000; i++) see(rows(100, 0.07));
  expect(verdict).toMatchObject({ status: 'steady', changed: true });
});

test('a baseline of a few rows can say nothing, and is called so', () => {
  for (const size of [3, 30]) {
    const { see, verdict } = watch(normalReference(size, random));
    for (let i = 0; i < 100; i++) see(rows(50));
    expect(verdict).toMatchObject({ status: 'unknown', unsure: 'small baseline' });
  }
});

test('a column of nulls is steady while it stays so, and drifts within two ticks when values come', () => {
  const counts = new Float64Array(BINNING.size);
  counts[0] = 20_000;
  const { see, verdict } = watch(createReference(BINNING, counts, false));
  for (let i = 0; i < 20; i++) see(new Array<null>(200).fill(null));
  expect(verdict.status).toBe('steady');
  for (let i = 0; i < 2; i++) see([...new Array<null>(100).fill(null), ...rows(100)]);
  expect(verdict.status).toBe('drifting');
});

test('from no nulls to one in ten: found in the tick in which 200 rows have come', () => {
  for (const perTick of [20, 50, 100, 200]) {
    const { see, verdict } = watch(normalReference(10_000, random));
    for (let i = 0; i < 2000 / perTick; i++) see(rows(perTick));
    for (let i = 0; i < 200 / perTick; i++) see(rows(perTick).map((value, at) => (at % 10 === 0 ? null : value)));
    expect(verdict.status).toBe('drifting');
  }
});
