import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chiSquareTail } from '../../src/statistics/chi-square.ts';
import { deviance, stirlingError } from '../../src/statistics/gamma.ts';

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

test('Stirling’s error is what is missing to the factorial, series and recurrence alike', () => {
  let logFactorial = 0;
  for (let n = 1; n < 40; n++) {
    logFactorial += Math.log(n);
    const stirling = (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI);
    expect(stirlingError(n)).toBeCloseTo(logFactorial - stirling, 12);
  }
  // gamma(3/2) is sqrt(pi) / 2.
  const half = Math.log(0.5) - 0.5 + 0.5 * Math.log(2 * Math.PI);
  expect(stirlingError(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI) / 2) - half, 13);
});

test('the deviance is the same by its series and by its definition', () => {
  for (const x of [1, 7, 1000])
    for (const ratio of [0.82, 0.9, 0.999, 1.1, 1.22]) {
      const direct = x * Math.log(1 / ratio) + x * ratio - x;
      expect(deviance(x, x * ratio)).toBeCloseTo(direct, 10);
    }
  expect(deviance(5, 5)).toBe(0);
});
