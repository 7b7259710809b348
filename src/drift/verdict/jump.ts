// The bets that a bin holds far more of a tick's rows than it ever may: nulls, a category, a stuck value, rows out of range.
// For every bin and four sizes at once, within the tick, so that even the first tick of such a change raises the alarm.

import { type Ball, highestShare } from './ball.ts';

/** Of the rows that the bin's highest share leaves: the part that moves in. */
const SIZES = [0.02, 0.1, 0.3, 0.9];
/** Of strange values, tick after tick. */
const STRANGE_SIZE = 0.06;
/** Fewer rows in a bin are not looked at: a bet not taken up counts as lost. */
const COUNT_MIN = 3;
/** A bin that may hold all rows has nothing to gain. */
const SHARE_MAX = 0.95;

/**
 * Logarithm of the tick's e-value: the mean over bins and sizes of (q/u)^n ((1-q)/(1-u))^(N-n), q = u + size (1 - u). For any share
 * up to u the mean of each is 1 at most. -Infinity where no bin is worth a look.
 * @param scale of the counts: rows that come in bursts count less
 */
export function jumpEvidence(ball: Ball, counts: Float64Array, rows: number, scale: number): number {
  const { shares, tolerance } = ball;
  let most = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let b = 0; b < shares.length; b++) {
    const count = counts[b] as number;
    const share = shares[b] as number;
    if (count < COUNT_MIN || count <= rows * share) continue;
    const u = highestShare(share, ball.rows) * (1 + tolerance);
    if (u > SHARE_MAX || count <= rows * u) continue;
    for (const size of SIZES) {
      const log = scale * binaryEvidence(u, size, count, rows);
      if (log > most) {
        sum = sum * Math.exp(most - log) + 1;
        most = log;
      } else sum += Math.exp(log - most);
    }
  }
  return sum === 0 ? Number.NEGATIVE_INFINITY : most + Math.log(sum / (SIZES.length * shares.length));
}

/** The same for all strange values together. NaN: no bet, known before the tick. @param most u */
export function strangeEvidence(most: number, count: number, rows: number, scale: number): number {
  return most > SHARE_MAX ? Number.NaN : scale * binaryEvidence(most, STRANGE_SIZE, count, rows);
}

function binaryEvidence(u: number, size: number, count: number, rows: number): number {
  return count * Math.log((u + size * (1 - u)) / u) + (rows - count) * Math.log(1 - size);
}
