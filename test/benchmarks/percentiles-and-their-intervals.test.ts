// The statistics of the benchmark's report, held against definitions and known values.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascending, bootstrapInterval, median, percentile, pool, shuffled } from '../../benchmarks/statistics.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';

const samples = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 60 });

describe('percentile', () => {
  it('is the smallest value with at least that share of the values at or below it', () => {
    fc.assert(
      fc.property(samples, fc.double({ min: 0.001, max: 1, noNaN: true }), (values, q) => {
        const found = percentile(ascending(values), q);
        const atOrBelow = (limit: number): number => values.filter((value) => value <= limit).length / values.length;
        expect(values).toContain(found);
        expect(atOrBelow(found)).toBeGreaterThanOrEqual(q - 1e-12);
        const smaller = values.filter((value) => value < found);
        if (smaller.length > 0) expect(atOrBelow(Math.max(...smaller))).toBeLessThan(q);
      }),
    );
  });

  it('gives the known ones of 1 to 1000', () => {
    const values = ascending(Array.from({ length: 1000 }, (_, index) => 1000 - index));
    expect([0.5, 0.99, 0.999, 1].map((q) => percentile(values, q))).toEqual([500, 990, 999, 1000]);
  });
});

it('the median of an even count is the mean of the middle two', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([9, 1, 5])).toBe(5);
});

describe('bootstrapInterval', () => {
  it('holds the pooled percentile and stays within the rounds own percentiles', () => {
    fc.assert(
      fc.property(fc.array(samples, { minLength: 2, maxLength: 5 }), fc.integer(), (rounds, seed) => {
        const pooled = pool(rounds);
        const { low, high } = bootstrapInterval(pooled, 0.5, createSeededRandom(seed));
        const own = rounds.map((round) => percentile(ascending(round), 0.5));
        expect(low).toBeGreaterThanOrEqual(Math.min(...own));
        expect(high).toBeLessThanOrEqual(Math.max(...own));
        expect(low).toBeLessThanOrEqual(high);
      }),
      { numRuns: 30 },
    );
  });

  it('is wide where rounds differ and a point where they do not', () => {
    const calm = pool([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(bootstrapInterval(calm, 0.5, createSeededRandom(1))).toEqual({ low: 2, high: 2 });
    const stormy = pool([
      [1, 1, 1],
      [5, 5, 5],
      [9, 9, 9],
    ]);
    const { low, high } = bootstrapInterval(stormy, 0.5, createSeededRandom(1));
    expect(low).toBe(1);
    expect(high).toBe(9);
  });
});

it('shuffling keeps every candidate and follows its seed', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  const once = shuffled(ids, createSeededRandom(7));
  expect([...once].sort()).toEqual(ids);
  expect(shuffled(ids, createSeededRandom(7))).toEqual(once);
  const orders = new Set(Array.from({ length: 20 }, (_, seed) => shuffled(ids, createSeededRandom(seed)).join()));
  expect(orders.size).toBeGreaterThan(10);
});
