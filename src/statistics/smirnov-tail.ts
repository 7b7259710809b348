// Upper tail of Smirnov's one-sided statistic for one sample, exact: the sum of Birnbaum and Tingey, every term positive and built
// from a binomial density, so that tails of 1e-300 keep their digits.

import { deviance, stirlingError } from './gamma.ts';

/** Terms that are added up; of longer sums every k-th is taken. */
const TERMS_MAX = 4096;

/**
 * P(D+ >= x) = x sum over v of C(n, v) (x + v/n)^(v-1) (1 - x - v/n)^(n-v), v = 0 to n (1 - x) (Birnbaum and Tingey, Annals of
 * Mathematical Statistics 22, 1951).
 *
 * Of more than 4096 terms every k-th stands for k: the trapezoid rule on a smooth function with all derivatives zero at both
 * ends - about exp(-n x^2 / 2u(1 - u)) with u = v/n - whose error falls as exp(-sqrt(2 pi n x^2 terms)), below 1e-70 where
 * n x^2 >= 1.
 * @param n rows, 1 or more @param x 0 < x < 1, with n x^2 >= 1 where n is above 4096
 */
export function smirnovTail(n: number, x: number): number {
  const last = Math.floor(n * (1 - x));
  const stride = Math.ceil((last + 1) / TERMS_MAX);
  let sum = 0;
  for (let v = 0; v <= last; v += stride) sum += binomialAt(v, n, n * x) / (x + v / n);
  return Math.min(1, x * stride * sum);
}

/** Binomial density of v among n at the probability (shift + v) / n (Loader 2000). */
function binomialAt(v: number, n: number, shift: number): number {
  const rest = n - v;
  const restMean = rest - shift;
  if (restMean <= 0) return rest === 0 ? 1 : 0;
  if (v === 0) return Math.exp(n * Math.log1p(-shift / n));
  if (rest === 0) return Math.exp(n * Math.log1p(shift / n));
  const errors = stirlingError(n) - stirlingError(v) - stirlingError(rest);
  const deviances = deviance(v, v + shift, -shift) + deviance(rest, restMean, shift);
  return Math.sqrt(n / (2 * Math.PI * v * rest)) * Math.exp(errors - deviances);
}
