// The changes that are looked for, what is staked on each, and what a bet on it costs a row. By name: a shift or a spread of the
// normal scores, small, medium and large. Prices need exponentials, so they are worked out once per reference, season and tolerance.

import { BELOW, type Binning, NEVER_SEEN, WRONG_TYPE } from '../baseline/binning.ts';
import type { Reference } from '../baseline/reference.ts';
import { type Ball, DIRECTION_Z, highestShare, logPrice } from './ball.ts';
import { HALF_LIVES } from './learned.ts';
import { ORDERED, scoresOf } from './scores.ts';

/** Effect sizes of shifts, in standard deviations: Cohen's small, medium and large (1988); and of spreads, as log factors. */
const SHIFTS = [0.2, 0.5, 0.8];
const SPREADS = [Math.log(1.25), Math.log(1.6)];

/** Bets by their place: shifts up and down, wider and narrower, what past rows suggest, one bin that fills up, strange values. */
export const SHIFT_BETS = 2 * SHIFTS.length;
export const LEARNED = SHIFT_BETS + 2 * SPREADS.length;
export const JUMP = LEARNED + HALF_LIVES.length;
export const STRANGE = JUMP + 1;
export const BETS = STRANGE + 1;

/**
 * Shares of the stake, fixed beforehand, sum 1. ln(1/share) nats are paid once. A bet that wins in 30 rows can afford many, so the
 * stake lies where a nat takes many rows.
 */
const STAKES = [0.33, 0.33, 0.03, 0.03, 0.015, 0.015, 0.025, 0.025, 0.015, 0.015, 0.04, 0.04, 0.03, 0.03, 0.03];
const STAKES_WITHOUT_ORDER = [...new Array<number>(LEARNED).fill(0), 0.3, 0.25, 0.2, 0.15, 0.1];

export interface Alternatives {
  readonly ball: Ball;
  /** Null: only what is learned, jumps or is strange is looked for. */
  readonly scores: Float32Array | null;
  /** Per named bet: the payoff is exp(tilt * score), or of its square less one. */
  readonly tilts: Float64Array;
  /** Logarithm of its price a row. */
  readonly prices: Float64Array;
  /** Natural logarithms, one per bet. */
  readonly logStakes: Float64Array;
  /** Most rows in a bin of no plain value that the ball allows, as a share. */
  readonly strangeMost: number;
}

const LOG_STAKES = Float64Array.from(STAKES, Math.log);
const LOG_STAKES_WITHOUT_ORDER = Float64Array.from(STAKES_WITHOUT_ORDER, Math.log);

/** @param at unix milliseconds that lie in the tick that is judged */
export function prepareAlternatives(reference: Reference, at: number, tolerance: number): Alternatives {
  const shares = reference.shares(at);
  const rows = Math.max(1, reference.rowsAt(at) / reference.overdispersion);
  const ball = { shares, tolerance, rows };
  const scores = scoresOf(reference.binning, shares);
  const tilts = new Float64Array(LEARNED);
  const prices = new Float64Array(LEARNED);
  if (scores !== null) price(ball, scores, tilts, prices);
  let strange = 0;
  for (let b = 0; b < shares.length; b++) if (isStrange(reference.binning, b)) strange += shares[b] as number;
  return {
    ball,
    scores,
    tilts,
    prices,
    logStakes: scores === null ? LOG_STAKES_WITHOUT_ORDER : LOG_STAKES,
    strangeMost: Math.min(1, highestShare(strange, rows) * (1 + tolerance)),
  };
}

/** Null, missing, NaN, infinite, wrong type; outside the range, or never seen. */
export function isStrange(binning: Binning, bin: number): boolean {
  return bin <= WRONG_TYPE || (binning.kind === 'numeric' ? bin === BELOW || bin === BELOW + 1 : bin === NEVER_SEEN);
}

function price(ball: Ball, scores: Float32Array, tilts: Float64Array, prices: Float64Array): void {
  // What the ball forgives anyway is not bet on: the mean absolute score is 0.8, its standard deviation 1.
  const forgiven = 0.8 * ball.tolerance + DIRECTION_Z / Math.sqrt(ball.rows);
  const payoff = new Float64Array(scores.length);
  let bet = 0;
  const add = (isSpread: boolean, tilt: number) => {
    for (let b = 0; b < payoff.length; b++) {
      const score = scores[b] as number;
      payoff[b] = b < ORDERED ? 1 : Math.exp(tilt * (isSpread ? score * score - 1 : score));
    }
    tilts[bet] = tilt;
    prices[bet] = logPrice(ball, payoff);
    bet++;
  };
  for (const size of SHIFTS) {
    const tilt = Math.max(size - forgiven, size / 4);
    add(false, tilt);
    add(false, -tilt);
  }
  for (const size of SPREADS) {
    const kept = Math.max(size - forgiven, size / 4);
    // N(0, s^2) against N(0, 1) is a tilt of z^2 by (1 - 1/s^2) / 2.
    add(true, (1 - Math.exp(-2 * kept)) / 2);
    add(true, (1 - Math.exp(2 * kept)) / 2);
  }
}
