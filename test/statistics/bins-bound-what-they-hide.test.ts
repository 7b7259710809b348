// What counts in bins say of samples: Kolmogorov-Smirnov and Wasserstein lie between the bounds given, and the bounds are close.

import { describe, expect, test } from 'vitest';
import { binOf, edgesOf, type NumericBinning, numericBinning } from '../../src/drift/baseline/binning.ts';
import { afterward, quantileEdges } from '../../src/drift/baseline/quantile-edges.ts';
import { inOrder, isPointBin } from '../../src/drift/distances/distance-inputs.ts';
import { ksOfBins, ksOfSamples } from '../../src/statistics/kolmogorov-smirnov.ts';
import { kolmogorovTail } from '../../src/statistics/kolmogorov-tail.ts';
import { wassersteinOfBins, wassersteinOfSamples } from '../../src/statistics/wasserstein.ts';
import { samplePair } from './oracle/cases.ts';

function binned(baseline: Float64Array, current: Float64Array) {
  const binning = numericBinning(quantileEdges(baseline));
  return { binning, baseline: countsIn(binning, baseline), current: countsIn(binning, current) };
}

function countsIn(binning: NumericBinning, values: Float64Array): Float64Array {
  const counts = new Float64Array(binning.size);
  for (const value of values) {
    const bin = binOf(binning, value);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return inOrder(counts);
}

describe('1,000 random pairs, with ties, constants and disjoint samples', () => {
  const pairs = Array.from({ length: 1000 }, (_, i) => samplePair(1000 + i)).filter(
    ({ baseline, current }) => baseline.length + current.length < 10_000,
  );

  test('Kolmogorov-Smirnov: low <= D <= high, no further apart than the fullest bins, and p is never too small', () => {
    for (const { baseline, current } of pairs) {
      const [then, now] = [baseline.sort(), current.sort()];
      const pair = binned(then, now);
      const { statistic } = ksOfSamples(then, now);
      const found = ksOfBins(pair.baseline, pair.current, isPointBin(pair.binning));
      expect(found.low).toBeLessThanOrEqual(statistic + 1e-12);
      expect(found.high).toBeGreaterThanOrEqual(statistic - 1e-12);
      const share = (counts: Float64Array, rows: number) => Math.max(...counts) / rows;
      const fullest = share(pair.baseline, then.length) + share(pair.current, now.length);
      expect(found.high - found.low).toBeLessThanOrEqual(fullest + 1e-12);
      const effective = Math.round((then.length * now.length) / (then.length + now.length));
      if (effective > 0) expect(found.p).toBeGreaterThanOrEqual(kolmogorovTail(effective, statistic) * (1 - 1e-9));
    }
  });

  test('Wasserstein: low <= W <= high where all rows are in range, low <= W elsewhere', () => {
    let bounded = 0;
    for (const { baseline, current } of pairs) {
      const [then, now] = [baseline.sort(), current.sort()];
      const pair = binned(then, now);
      const exact = wassersteinOfSamples(then, now);
      const found = wassersteinOfBins(edgesOf(pair.binning), pair.baseline, pair.current);
      const slack = 1e-9 * (1 + exact);
      expect(found.low).toBeLessThanOrEqual(exact + slack);
      expect(found.low).toBeLessThanOrEqual(found.value + slack);
      if (found.high === null) continue;
      bounded++;
      expect(found.high).toBeGreaterThanOrEqual(exact - slack);
      expect(found.high).toBeGreaterThanOrEqual(found.value - slack);
    }
    expect(bounded).toBeGreaterThan(100);
  });
});

test('where every bin holds one value, bins hide nothing', () => {
  const [then, now] = [Float64Array.of(1, 1, 1, 2, 2, 5, 5, 5), Float64Array.of(1, 2, 2, 2, 5, 5)];
  const binning = numericBinning(Float64Array.of(...[1, 2, 5].flatMap((value) => [value, afterward(value)])));
  const found = ksOfBins(countsIn(binning, then), countsIn(binning, now), isPointBin(binning));
  expect(found.low).toBe(found.high);
  expect(found.low).toBeCloseTo(ksOfSamples(then, now).statistic, 14);
});

test('by hand: half of the rows move up by one bin of width 10', () => {
  // F leads by 1/2 over the second half of the first bin's rows: as straight lines 10 x 1/4 in each of the two bins.
  const found = wassersteinOfBins([0, 10, 20], [0, 10, 0, 0], [0, 5, 5, 0]);
  expect(found).toEqual({ value: 5, low: 0, high: 15 });
  expect(ksOfBins([10, 0], [5, 5], () => false)).toMatchObject({ low: 0.5, high: 1 });
});

test('rows beyond the range leave no upper bound; an empty side has no distance', () => {
  expect(wassersteinOfBins([0, 10], [0, 10, 0], [0, 5, 5]).high).toBeNull();
  expect(wassersteinOfBins([0, 10], [0, 10, 0], [0, 0, 0]).value).toBeNaN();
  expect(ksOfBins([10], [0], () => false).low).toBeNaN();
});
