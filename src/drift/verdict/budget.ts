// How much evidence an alarm takes, so that the whole gate raises as many false ones a week as it was allowed. And how small a
// change would have been found with the rows that have come: `steady` is worth no more than that.

import { DIRECTION_Z } from './ball.ts';

const WEEK_MS = 7 * 24 * 3_600_000;
/** However many false alarms are allowed, and however rare the ticks: weaker evidence is nothing to wake anybody with. */
const ODDS_MIN = 20;

/**
 * Logarithm of the threshold A = K T / F: each of K streams has M of mean t at most after t ticks, so that P(alarm in a week of T
 * ticks) <= T / A = F / K. Streams with other ticks have thresholds of their own, and the sum stays F.
 */
export function logThreshold(streams: number, tickMs: number, alarmsPerWeek: number): number {
  return Math.log(Math.max(ODDS_MIN, (Math.max(1, streams) * Math.max(1, WEEK_MS / tickMs)) / alarmsPerWeek));
}

/** For the stake of the bet that finds it, and chance. */
const SPARE_NATS = 3;

/**
 * The smallest change that so many rows would likely have shown, as a shift in standard deviations: a shift of d makes d^2 / 2 nats
 * a row, less what the ball forgives.
 */
export function detectable(rows: number, baselineRows: number, tolerance: number, threshold: number): number {
  if (rows <= 0 || baselineRows <= 0) return Number.POSITIVE_INFINITY;
  return Math.sqrt((2 * (threshold + SPARE_NATS)) / rows) + 0.8 * tolerance + DIRECTION_Z / Math.sqrt(baselineRows);
}
