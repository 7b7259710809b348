// Upper tail of the chi-square law, right where it is small: computed as itself, never as one minus the rest.

/** Lanczos' coefficients for g = 7, n = 9 (relative error below 1e-13 for positive arguments). */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];
const ITERATIONS_MAX = 10_000;
const PRECISION = 1e-14;

/** P(X >= x) for X chi-square with `df` > 0 degrees of freedom, which need not be whole. NaN where x is. */
export function chiSquareTail(x: number, df: number): number {
  if (x <= 0) return 1;
  return gammaTail(df / 2, x / 2);
}

/** ln of the gamma function for a > 0 (DLMF 5.2; Lanczos 1964). */
export function logGamma(a: number): number {
  const z = a - 1;
  let sum = LANCZOS[0] as number;
  for (let i = 1; i < LANCZOS.length; i++) sum += (LANCZOS[i] as number) / (z + i);
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Regularised upper incomplete gamma Q(a, x): its series below a + 1, its continued fraction above (DLMF 8.7.1, 8.9.2). */
function gammaTail(a: number, x: number): number {
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
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
    if (Math.abs(step - 1) < PRECISION) break;
  }
  return fraction;
}
