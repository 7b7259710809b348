// ln(gamma(a)) and ln(beta(a, b)), for mixtures whose evidence is a ratio of betas: put together of Stirling's error (gamma.ts).

import { stirlingError } from './gamma.ts';

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** @param a above 0 */
export function logGamma(a: number): number {
  // gamma(a) = gamma(a + 1) / a
  return stirlingError(a) + (a + 0.5) * Math.log(a) - a + HALF_LOG_TWO_PI - Math.log(a);
}

export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}
