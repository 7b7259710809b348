// The bet on what past rows suggest: counts that are slowly forgotten give a law for the next tick, sceptical of every bin
// that differs no more than noise does. Whatever the law, the bet is fair, since it is fixed before the tick and pays its price.

import { type Ball, logPrice, RARE_ROWS } from './ball.ts';

/** Rows after which a count weighs half: the fast ones find sudden changes, the slow ones small changes. */
export const HALF_LIVES = [400, 1600, 6400] as const;
/** Fewer remembered rows suggest nothing. */
const ROWS_MIN = 30;
/** Squared standard errors below which a bin's difference is taken for noise (Breiman's garrotte, 1995). */
const NOISE = 2;
/** A bin's odds are never put lower than this: it may have been empty by chance. */
const RATIO_MIN = 0.05;

/** By size: one bet is worked out after the other. */
const payoffs: Float64Array[] = [];
const pools: Float64Array[] = [];

/** Remember a tick's rows. @param recent counts of one half-life, from `from` on: forgotten by as much as rows came */
export function remember(
  recent: Float32Array,
  from: number,
  counts: Float64Array,
  rows: number,
  halfLife: number,
): void {
  const keep = 2 ** (-rows / halfLife);
  for (let b = 0; b < counts.length; b++)
    recent[from + b] = (recent[from + b] as number) * keep + (counts[b] as number);
}

/**
 * Logarithm of the e-value of a tick under the bet on the remembered law; NaN where there is no bet, which is known before the tick.
 * @param recent as before the tick
 * @param from of this half-life's counts in it
 */
export function learnedEvidence(
  ball: Ball,
  recent: Float32Array,
  from: number,
  counts: Float64Array,
  scale: number,
): number {
  const size = counts.length;
  payoffs[size] ??= new Float64Array(size);
  pools[size] ??= new Float64Array(size);
  const payoff = payoffs[size];
  const known = suggest(ball, recent, from, scale, payoff);
  if (known === 0) return Number.NaN;
  const price = pooledPrice(ball, recent, from, scale, known, payoff, pools[size]);
  let sum = 0;
  let rows = 0;
  for (let b = 0; b < size; b++) {
    const count = counts[b] as number;
    if (count === 0) continue;
    rows += count;
    if (payoff[b] !== 1) sum += count * Math.log(payoff[b] as number);
  }
  return (sum - rows * price) * scale;
}

/** Fill in the odds of each bin beyond what the ball forgives. @returns the remembered rows, 0 where none differs from 1 */
function suggest(ball: Ball, recent: Float32Array, from: number, scale: number, payoff: Float64Array): number {
  const { shares, tolerance, rows } = ball;
  let known = 0;
  for (let b = 0; b < payoff.length; b++) known += recent[from + b] as number;
  known *= scale;
  if (known < ROWS_MIN) return 0;
  let differs = false;
  for (let b = 0; b < payoff.length; b++) {
    const share = shares[b] as number;
    const expected = known * share;
    const difference = (recent[from + b] as number) * scale - expected;
    // Of the difference of both laws: the remembered rows are few, and the baseline's are too.
    const squared = (difference * difference) / (expected * (1 + known / rows) + 0.25);
    let r = 1;
    if (squared > NOISE) {
      const ratio = 1 + (difference * (1 - NOISE / squared)) / (expected + 0.5);
      // A share that the baseline hardly knows may truly be that much larger.
      const counted = share * rows;
      const most = (1 + tolerance) * (1 + RARE_ROWS / (counted * (1 + counted / RARE_ROWS)));
      if (ratio > most) r = ratio / most;
      else if (ratio < 1 - tolerance) r = Math.max(RATIO_MIN, ratio / (1 - tolerance));
      if (r !== 1) differs = true;
    }
    payoff[b] = r;
  }
  return differs ? known : 0;
}

/**
 * The direction was chosen by the difference of remembered rows and baseline, and so leans towards the baseline's own error. If
 * nothing has changed, both are samples of one law, and given their difference it lies around the shares of both pooled, with the
 * standard error of both together: the price is taken there.
 */
function pooledPrice(
  { shares, tolerance, rows }: Ball,
  recent: Float32Array,
  from: number,
  scale: number,
  known: number,
  payoff: Float64Array,
  pool: Float64Array,
): number {
  const total = rows + known;
  for (let b = 0; b < pool.length; b++) {
    pool[b] = ((shares[b] as number) * rows + (recent[from + b] as number) * scale) / total;
  }
  return logPrice({ shares: pool, tolerance, rows: total }, payoff);
}
