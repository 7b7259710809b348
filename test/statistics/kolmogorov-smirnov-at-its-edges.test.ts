import { expect, test } from 'vitest';
import { ksOfSamples } from '../../src/statistics/kolmogorov-smirnov.ts';
import { kolmogorovTail } from '../../src/statistics/kolmogorov-tail.ts';
import { pathsOutside } from '../../src/statistics/lattice-paths.ts';
import { smirnovTail } from '../../src/statistics/smirnov-tail.ts';
import { wassersteinOfSamples } from '../../src/statistics/wasserstein.ts';

/** Every order in which n and m rows can interleave, those with a gap of at least h / lcm counted. */
function enumerated(n: number, m: number, h: number): number {
  const lcm = (n * m) / gcd(n, m);
  const walk = (i: number, j: number, out: boolean): readonly [number, number] => {
    const isOut = out || Math.abs((i * lcm) / n - (j * lcm) / m) >= h - 1e-9;
    if (i === n && j === m) return [isOut ? 1 : 0, 1];
    const right = i < n ? walk(i + 1, j, isOut) : ([0, 0] as const);
    const up = j < m ? walk(i, j + 1, isOut) : ([0, 0] as const);
    return [right[0] + up[0], right[1] + up[1]];
  };
  const [outside, all] = walk(0, 0, false);
  return outside / all;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

test('the exact p is the share of all interleavings', () => {
  for (let n = 1; n <= 7; n++)
    for (let m = 1; m <= 7; m++) {
      const lcm = (n * m) / gcd(n, m);
      for (let h = 0; h <= lcm; h++) expect(pathsOutside(n, m, h)).toBeCloseTo(enumerated(n, m, h), 12);
    }
});

test('equal samples, equal constants: no gap, p = 1; disjoint ones: a gap of 1', () => {
  expect(ksOfSamples([1, 2, 3], [1, 2, 3])).toEqual({ statistic: 0, p: 1, method: 'exact' });
  expect(ksOfSamples([7, 7], [7, 7, 7, 7])).toEqual({ statistic: 0, p: 1, method: 'exact' });
  expect(ksOfSamples([1, 2], [3, 4, 5])).toMatchObject({ statistic: 1, p: expect.closeTo(0.2, 12) });
});

test('an empty side has no statistic', () => {
  expect(ksOfSamples([], [1])).toMatchObject({ statistic: Number.NaN, p: Number.NaN });
  expect(wassersteinOfSamples([1], [])).toBeNaN();
});

test('Kolmogorov’s law at its ends', () => {
  expect(kolmogorovTail(10, 0)).toBe(1);
  expect(kolmogorovTail(10, 0.05)).toBe(1);
  expect(kolmogorovTail(10, 1)).toBe(0);
  expect(kolmogorovTail(1, 0.75)).toBeCloseTo(0.5, 14);
  expect(kolmogorovTail(0, 0.5)).toBeNaN();
  expect(kolmogorovTail(2.5, 0.5)).toBeNaN();
  expect(kolmogorovTail(100, Number.NaN)).toBeNaN();
  expect(kolmogorovTail(10_000_000, 0.01)).toBe(0);
});

test('a sum of a million terms is as good with every 250th', () => {
  // Below 4096 terms nothing is skipped: both laws must meet in the limit exp(-2 z^2 - 2 z / (3 sqrt n)).
  for (const n of [3000, 1_000_000]) {
    for (const z of [1.5, 3, 8]) {
      const limit = Math.exp(-2 * z * z - (2 * z) / (3 * Math.sqrt(n)));
      expect(smirnovTail(n, z / Math.sqrt(n)) / limit).toBeCloseTo(1, n > 1e5 ? 2 : 0);
    }
  }
  expect(smirnovTail(1_000_000, 0.002)).toBeCloseTo(3.35016e-4, 8);
});

test('an effective size of exactly a half more is rounded to even, as numpy rounds', () => {
  for (const [scale, rounded] of [
    [1001, 2502],
    [1003, 2508],
  ] as const) {
    const [n, m] = [15 * scale, 3 * scale];
    expect(((n * m) / (n + m)) % 1).toBe(0.5);
    const baseline = Float64Array.from({ length: n }, (_, i) => i);
    const current = Float64Array.from({ length: m }, (_, i) => i * 5 + 400);
    const { statistic, p } = ksOfSamples(baseline, current);
    expect(p).toBe(kolmogorovTail(rounded, statistic));
  }
});

test('a large pair is not exact, and says so', () => {
  const baseline = Float64Array.from({ length: 10_001 }, (_, i) => i);
  expect(ksOfSamples(baseline, [5, 50, 500]).method).toBe('asymptotic');
});
