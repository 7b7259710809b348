// The surrogate equals the ridge solution, its contributions add up, and the guilty feature comes first although another one has
// drifted more.

import { expect, test } from 'vitest';
import { type RootCauseResult, simulateRootCause } from '../../../benchmarks/simulations/root-cause.ts';
import { attribute } from '../../../src/drift/cause/contributions.ts';
import { fitSurrogate } from '../../../src/drift/cause/surrogate.ts';
import { createSeededRandom } from '../../../src/kernel/random.ts';

const random = createSeededRandom(11);

/** Dense ridge on all indicators at once, by Gaussian elimination: slow, short, and another way to the same weights. */
function denseRidge(
  columns: readonly Uint8Array[],
  size: number,
  predictions: Float64Array,
  ridge: number,
): number[][] {
  const mean = predictions.reduce((sum, one) => sum + one, 0) / predictions.length;
  const width = columns.length * size;
  const matrix = Array.from({ length: width }, (_, i) =>
    Array.from({ length: width + 1 }, (_, j) => (i === j ? ridge : 0)),
  );
  for (let row = 0; row < predictions.length; row++) {
    const at = columns.map((bins, f) => f * size + (bins[row] as number));
    for (const i of at) {
      const line = matrix[i] as number[];
      for (const j of at) line[j] = (line[j] as number) + 1;
      line[width] = (line[width] as number) + (predictions[row] as number) - mean;
    }
  }
  for (let i = 0; i < width; i++) {
    const pivot = matrix[i] as number[];
    for (let k = 0; k < width; k++) {
      const line = matrix[k] as number[];
      const factor = k === i ? 0 : (line[i] as number) / (pivot[i] as number);
      if (factor !== 0) for (let j = i; j <= width; j++) line[j] = (line[j] as number) - factor * (pivot[j] as number);
    }
  }
  const flat = matrix.map((line, i) => (line[width] as number) / (line[i] as number));
  return columns.map((_, f) => flat.slice(f * size, (f + 1) * size));
}

test('weights differ by bin as those of the dense ridge solution do', () => {
  const rows = 4000;
  const first = Uint8Array.from({ length: rows }, () => Math.floor(random() * 4));
  const second = first.map((bin) => (random() < 0.5 ? bin : Math.floor(random() * 4)));
  const predictions = Float64Array.from(
    { length: rows },
    (_, i) => (first[i] as number) + 2 * (second[i] as number) + random(),
  );
  const features = [
    { name: 'first', bins: first, size: 4 },
    { name: 'second', bins: second, size: 4 },
  ];
  const surrogate = fitSurrogate({ rows, features }, predictions);
  const dense = denseRidge([first, second], 4, predictions, 5);
  for (const [f, term] of (surrogate?.terms ?? []).entries()) {
    for (let bin = 1; bin < 4; bin++) {
      const theirs = ((dense[f] as number[])[bin] as number) - ((dense[f] as number[])[0] as number);
      expect((term.weights[bin] as number) - (term.weights[0] as number)).toBeCloseTo(theirs, 1);
    }
  }
  expect(surrogate?.terms).toHaveLength(2);
  expect(surrogate?.r2).toBeGreaterThan(0.95);
});

test('an additive model is accounted for in full', () => {
  const rows = 20_000;
  const columns = [0, 1, 2].map(() => Uint8Array.from({ length: rows }, () => Math.floor(random() * 5)));
  const model = (bins: readonly number[]) => (bins[0] as number) ** 2 + 3 * (bins[1] as number);
  const predictions = Float64Array.from({ length: rows }, (_, row) =>
    model(columns.map((bins) => bins[row] as number)),
  );
  const features = columns.map((bins, f) => ({ name: `f${f}`, bins, size: 5 }));
  const surrogate = fitSurrogate({ rows, features }, predictions);
  if (surrogate === null) throw new Error('no surrogate');
  const before = Array.from({ length: 5 }, () => 1000);
  const pairs = new Map([
    ['f0', { before, now: [0, 500, 1000, 1500, 2000] }],
    ['f1', { before, now: before }],
    ['f2', { before, now: [5000, 0, 0, 0, 0] }],
  ]);
  const { contributions, explained } = attribute(surrogate, (feature) => pairs.get(feature));
  const truth = (0 * 0 + 500 * 1 + 1000 * 4 + 1500 * 9 + 2000 * 16) / 5000 - (0 + 1 + 4 + 9 + 16) / 5;
  expect(contributions[0]?.feature).toBe('f0');
  expect(explained).toBeCloseTo(truth, 1);
  expect(Math.abs(contributions.find(({ feature }) => feature === 'f2')?.shift ?? 1)).toBeLessThan(0.05);
});

test('constant predictions and a handful of rows have no surrogate', () => {
  const bins = new Uint8Array(100);
  const features = [{ name: 'f', bins, size: 2 }];
  expect(fitSurrogate({ rows: 100, features }, new Float64Array(100).fill(0.5))).toBeNull();
  expect(fitSurrogate({ rows: 100, features }, new Float64Array(100).fill(Number.NaN))).toBeNull();
  expect(fitSurrogate({ rows: 20, features }, Float64Array.from({ length: 20 }, random))).toBeNull();
});

test('the guilty feature first in 95 of 100 trials, beside a decoy that drifts twice as much', () => {
  const found: RootCauseResult = simulateRootCause({ trials: 40, rows: 6000, seed: 1 });
  expect(found.surrogate / found.trials).toBeGreaterThanOrEqual(0.95);
  expect(found.psi / found.trials).toBeLessThan(0.5);
}, 60_000);
