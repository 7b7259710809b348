import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { jensenShannonDivergence } from '../../src/statistics/histogram-distances.ts';
import { psiOf, psiTail } from '../../src/statistics/psi.ts';

const counts = fc.array(fc.nat(1000), { minLength: 2, maxLength: 30 });

test('by hand: two bins, 30/10 against 20/20, a = 1/2', () => {
  // (q - p)(ln q/p - ln (1-q)/(1-p)) with q = 1/2 is (10/41) ln(30.5/10.5).
  expect(psiOf([30, 10], [20, 20]).psi).toBeCloseTo((10 / 41) * Math.log(30.5 / 10.5), 14);
  expect(psiOf([30, 10], [20, 20]).psi).toBeCloseTo(0.2601, 4);
});

test('without change it is nothing, up to what smoothing does to unequal sizes', () => {
  expect(psiOf([5, 6, 7], [5, 6, 7]).psi).toBe(0);
  expect(psiOf([5000, 6000, 7000], [50, 60, 70]).psi).toBeLessThan(1e-4);
});

test('symmetric, never negative, blind to bins that neither side has met', () => {
  fc.assert(
    fc.property(counts, fc.infiniteStream(fc.nat(1000)), (baseline, stream) => {
      const current = baseline.map(() => stream.next().value as number);
      const { psi } = psiOf(baseline, current);
      if (Number.isNaN(psi)) return;
      expect(psi).toBeGreaterThanOrEqual(0);
      expect(psiOf(current, baseline).psi).toBeCloseTo(psi, 10);
      expect(psiOf([...baseline, 0, 0], [...current, 0, 0]).psi).toBe(psi);
    }),
  );
});

test('an empty side has none, a bin empty on one side is finite', () => {
  expect(psiOf([1, 2], [0, 0]).psi).toBeNaN();
  expect(psiOf([0, 0], [0, 0]).psi).toBeNaN();
  expect(psiOf([100, 0], [0, 100]).psi).toBeGreaterThan(5);
});

test('without drift its tail probability is about uniform', () => {
  const random = createSeededRandom(7);
  const draw = (rows: number) => {
    const drawn = new Array<number>(20).fill(0);
    for (let i = 0; i < rows; i++) {
      const bin = Math.floor(random() * 20);
      drawn[bin] = (drawn[bin] ?? 0) + 1;
    }
    return drawn;
  };
  const runs = 2000;
  let below05 = 0;
  let below50 = 0;
  for (let run = 0; run < runs; run++) {
    const tail = psiTail(psiOf(draw(3000), draw(1000)), 0);
    if (tail < 0.05) below05++;
    if (tail < 0.5) below50++;
  }
  expect(below05 / runs).toBeGreaterThan(0.03);
  expect(below05 / runs).toBeLessThan(0.075);
  expect(Math.abs(below50 / runs - 0.5)).toBeLessThan(0.06);
});

test('the rule of thumb 0.1 is met by nothing at all, in windows of 100 rows (as docs/drift.md says)', () => {
  const random = createSeededRandom(1);
  const draw = (rows: number, bins: number) => {
    const drawn = new Array<number>(bins).fill(0);
    for (let i = 0; i < rows; i++) {
      const bin = Math.floor(random() * bins);
      drawn[bin] = (drawn[bin] ?? 0) + 1;
    }
    return drawn;
  };
  const runs = 600;
  let over = 0;
  for (let run = 0; run < runs; run++) if (psiOf(draw(10_000, 10), draw(100, 10)).psi > 0.1) over++;
  expect(Math.abs(over / runs - 0.31)).toBeLessThan(0.07);
  let distance = 0;
  for (let run = 0; run < runs; run++) distance += Math.sqrt(jensenShannonDivergence(draw(1000, 20), draw(10, 20)));
  expect(distance / runs).toBeCloseTo(0.53, 1);
});

test('an effect that is tolerated makes the same PSI less surprising, and a lone bin surprises nobody', () => {
  const found = psiOf([1000, 1000, 1000], [900, 1000, 1100]);
  expect(psiTail(found, 0)).toBeLessThan(psiTail(found, 0.005));
  expect(psiTail(found, 0.005)).toBeLessThan(1);
  expect(psiTail(psiOf([10], [20]), 0)).toBe(1);
});
