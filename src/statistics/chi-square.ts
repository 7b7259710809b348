// Upper tail of the chi-square law, right where it is small: computed as itself, never as one minus the rest.

import { deviance, stirlingError } from './gamma.ts';

const ITERATIONS_MAX = 100_000;
const PRECISION = 1e-16;

/** P(X >= x) for X chi-square with `df` > 0 degrees of freedom, which need not be whole. NaN where x is. */
export function chiSquareTail(x: number, df: number): number {
  if (x <= 0) return 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  return gammaTail(df / 2, x / 2);
}

/** Regularised upper incomplete gamma Q(a, x): its series below a + 1, its continued fraction above (DLMF 8.7.1, 8.9.2). */
function gammaTail(a: number, x: number): number {
  // x^a e^-x / gamma(a), as Loader has the Poisson density ("Fast and accurate computation of binomial probabilities", 2000).
  const front = Math.sqrt(a / (2 * Math.PI)) * Math.exp(-stirlingError(a) - deviance(a, x));
  return x < a + 1 ? 1 - front * lowerSeries(a, x) : front * upperFraction(a, x);
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < ITERATIONS_MAX; n++) {
    term *= x / (a + n);
    sum += term;
    if (term < sum * PRECISION) break;
  }
  return sum;
}

/** Lentz's method, as modified by Thompson and Barnett (1986). */
function upperFraction(a: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let i = 1; i < ITERATIONS_MAX; i++) {
    const an = -i * (i - a);
    b += 2;
    d = an * d + b;
    d = 1 / (Math.abs(d) < tiny ? tiny : d);
    c = b + an / c;
    if (Math.abs(c) < tiny) c = tiny;
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < 3 * PRECISION) break;
  }
  return fraction;
}
