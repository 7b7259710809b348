// What a mean of losses in [0, 1] can be, judged at every moment and not once: a confidence sequence that holds for ever at one level
// (Robbins 1970; Howard, Ramdas, McAuliffe, Sekhon, Annals of Statistics 49, 2021, the beta-binomial mixture), and the evidence that
// the mean is above a bound. Both need the number of losses and their sum alone: they merge by addition, and order does not matter.
//
// For one q, prod (q/m)^x ((1-q)/(1-m))^(1-x) is a supermartingale where the mean of x is m: the factor is convex in x, so that 0 and
// 1 are the worst values of that mean. Mixed over q by Jeffreys' beta(1/2, 1/2) it has the closed form below. It is exact for 0 and 1,
// and safe for losses in between.

import { logBeta } from './log-gamma.ts';

const A = 0.5;
const LOG_PRIOR = logBeta(A, A);
/** Halvings of [0, 1]: beyond what a double tells apart. */
const STEPS = 60;

export interface Losses {
  readonly n: number;
  readonly sum: number;
}

/** ln of the mixture's wealth against the mean m: it exceeds ln(1/alpha) at any time with probability alpha at most, where m is true. */
export function logWealth({ n, sum }: Losses, m: number): number {
  if (n === 0) return 0;
  const rest = Math.max(0, n - sum);
  const likelihood = (sum === 0 ? 0 : sum * Math.log(m)) + (rest === 0 ? 0 : rest * Math.log1p(-m));
  return logBeta(A + sum, A + rest) - LOG_PRIOR - likelihood;
}

/** Means that are not ruled out, at all times together, at level alpha. */
export function riskInterval(losses: Losses, alpha: number): { readonly low: number; readonly high: number } {
  const { n, sum } = losses;
  if (n === 0) return { low: 0, high: 1 };
  const mean = sum / n;
  const limit = Math.log(1 / alpha);
  const isOut = (m: number): boolean => logWealth(losses, m) >= limit;
  return {
    low: isOut(0) ? border(mean, 0, isOut) : 0,
    high: isOut(1) ? border(mean, 1, isOut) : 1,
  };
}

/** The last mean from `inside` towards `outside` that is not ruled out, since wealth grows with the distance from the mean. */
function border(inside: number, outside: number, isOut: (m: number) => boolean): number {
  let [near, far] = [inside, outside];
  for (let i = 0; i < STEPS; i++) {
    const middle = (near + far) / 2;
    if (isOut(middle)) far = middle;
    else near = middle;
  }
  return near;
}

/**
 * Whether the mean is above `bound`, asked at every moment, at level alpha: a false yes comes with probability alpha at most, ever,
 * where each loss has a mean of at most `bound` given those before, whatever it is. The 1 pays for the mixture's part below the bound,
 * which is at most 1 where the observed mean lies above it.
 */
export function isAbove(losses: Losses, bound: number, alpha: number): boolean {
  return losses.sum > losses.n * bound && logWealth(losses, bound) >= Math.log1p(1 / alpha);
}
