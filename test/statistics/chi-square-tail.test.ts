import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chiSquareTail, logGamma } from '../../src/statistics/chi-square.ts';

test('even degrees of freedom have a closed form: a Poisson sum', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0.01, max: 300, noNaN: true }), (half, x) => {
      let term = Math.exp(-x / 2);
      let sum = term;
      for (let k = 1; k < half; k++) {
        term *= x / 2 / k;
        sum += term;
      }
      const tail = chiSquareTail(x, 2 * half);
      expect(Math.abs(tail - sum)).toBeLessThan(1e-11 * Math.max(sum, 1e-3) + 1e-13);
      if (sum < 1e-6) expect(Math.abs(tail / sum - 1)).toBeLessThan(1e-9);
    }),
  );
});

test('tabled critical values', () => {
  expect(chiSquareTail(3.841458820694124, 1)).toBeCloseTo(0.05, 12);
  expect(chiSquareTail(30.14352720564616, 19)).toBeCloseTo(0.05, 12);
  expect(chiSquareTail(6.634896601021214, 1)).toBeCloseTo(0.01, 12);
});

test('edges', () => {
  expect(chiSquareTail(0, 3)).toBe(1);
  expect(chiSquareTail(-1, 3)).toBe(1);
  expect(chiSquareTail(1e5, 3)).toBe(0);
  expect(chiSquareTail(Number.NaN, 3)).toBeNaN();
});

test('log gamma is the factorial', () => {
  let factorial = 1;
  for (let n = 1; n < 20; n++) {
    expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 10);
    factorial *= n;
  }
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
});
