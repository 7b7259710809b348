// Upper tail of Kolmogorov's two-sided statistic for one sample (scipy calls the law kstwo): which of the known methods is right
// where. The limiting law alone is off by some 5 % in p at a thousand rows.

import { durbinBelow } from './durbin-matrix.ts';
import { stirlingError } from './gamma.ts';
import { pelzGoodBelow } from './pelz-good.ts';
import { smirnovTail } from './smirnov-tail.ts';

/** Up to here every value is exact. */
const SMALL = 140;

/**
 * P(D >= d) for n rows, by the regions of Simard and L'Ecuyer (J. Statistical Software 39(11), 2011), with the cutoffs of scipy's
 * kstwo.sf, to which it is equal within 1e-9 of the value. NaN where n is no whole number above 0, or d is NaN.
 */
export function kolmogorovTail(n: number, d: number): number {
  if (!Number.isInteger(n) || n <= 0 || Number.isNaN(d)) return Number.NaN;
  if (d >= 1) return 0;
  const t = n * d;
  if (t <= 0.5) return 1;
  // Ruben and Gambino (1982): closed forms at both ends.
  if (t <= 1) return 1 - Math.sqrt(2 * Math.PI * n) * Math.exp(stirlingError(n) - n + n * Math.log(2 * t - 1));
  if (t >= n - 1) return 2 * (1 - d) ** n;
  // Exact from 1/2 on, where both sides exclude each other; an error below that of doubles in the tail (Miller 1956).
  const z2 = t * d;
  if (d >= 0.5) return Math.min(1, 2 * smirnovTail(n, d));
  if (n <= SMALL) return z2 > 4 ? 2 * smirnovTail(n, d) : 1 - durbinBelow(n, d);
  if (z2 >= 370) return 0;
  if (z2 >= 2.2) return 2 * smirnovTail(n, d);
  // P(D < d) is about sqrt(2 pi) / z exp(-pi^2 / 8 z^2): below 1e-12 here.
  if (z2 < 0.038) return 1;
  return 1 - (n <= 100_000 && t * Math.sqrt(d) <= 1.4 ? durbinBelow(n, d) : pelzGoodBelow(n, d));
}
