// What is left of the gamma function once its large parts cancel: Stirling's error and the deviance. Densities built of these two
// (Loader 2000) keep their relative precision where a difference of log-gammas would lose it, however many rows there are.

/** B(2j) / (2j (2j - 1)) for j = 1 to 8 (DLMF 5.11.1): the last is below 1e-16 from 12 on. */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360, 1 / 156, -3617 / 122_400];
const SERIES_MIN = 12;
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/**
 * ln(gamma(a + 1)) - ((a + 1/2) ln a - a + ln(2 pi) / 2) for a > 0: its series from 12 on; below, the recurrence
 * gamma(a + 1) = a gamma(a) brings it there.
 */
export function stirlingError(a: number): number {
  if (a >= SERIES_MIN) return stirlingSeries(a);
  let product = 1;
  let shifted = a;
  while (shifted < SERIES_MIN) {
    shifted++;
    product *= shifted;
  }
  const logGammaShifted = (shifted + 0.5) * Math.log(shifted) - shifted + HALF_LOG_TWO_PI + stirlingSeries(shifted);
  return logGammaShifted - Math.log(product) - ((a + 0.5) * Math.log(a) - a + HALF_LOG_TWO_PI);
}

function stirlingSeries(a: number): number {
  const square = 1 / (a * a);
  let sum = 0;
  for (let j = STIRLING.length - 1; j >= 0; j--) sum = sum * square + (STIRLING[j] as number);
  return sum / a;
}

/**
 * x ln(x / m) + m - x for x, m > 0 (Loader's bd0): by the series of the logarithm where both are close.
 * @param difference x - m, where the caller knows it better than the subtraction would
 */
export function deviance(x: number, m: number, difference = x - m): number {
  const ratio = difference / (x + m);
  if (Math.abs(ratio) >= 0.1) return x * Math.log(x / m) - difference;
  const square = ratio * ratio;
  let sum = difference * ratio;
  let term = 2 * x * ratio;
  for (let j = 3; j < 1000; j += 2) {
    term *= square;
    const next = sum + term / j;
    if (next === sum) break;
    sum = next;
  }
  return sum;
}
