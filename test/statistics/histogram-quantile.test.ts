import { expect, test } from 'vitest';
import { histogramQuantile } from '../../src/statistics/histogram-quantile.ts';

test('interpolates inside the bin that holds the rank', () => {
  const edges = [0, 10, 20, 40];
  expect(histogramQuantile(edges, [10, 10, 20], 0.5)).toBe(20);
  expect(histogramQuantile(edges, [10, 10, 20], 0.25)).toBe(10);
  expect(histogramQuantile(edges, [10, 10, 20], 0.125)).toBe(5);
  expect(histogramQuantile(edges, [10, 10, 20], 0.75)).toBe(30);
  expect(histogramQuantile(edges, [10, 10, 20], 1)).toBe(40);
  expect(histogramQuantile(edges, [0, 10, 0], 0)).toBe(10);
});

test('counts may stand behind others; nothing counted has no quantile', () => {
  expect(histogramQuantile([0, 10], [99, 99, 4], 0.5, 2)).toBe(5);
  expect(histogramQuantile([0, 10], [0], 0.5)).toBeUndefined();
});
