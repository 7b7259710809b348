// Where a bin of a numeric column lies, on a scale on which every column looks normal: the mean normal score of its rows in the
// baseline. A shift of 0.2 on it is one of 0.2 standard deviations of a normal column, and of any monotone transform of one.

import { normalDensity, normalQuantile } from '../../statistics/normal.ts';
import { ABOVE, BELOW, type Binning, SPECIALS } from '../baseline/binning.ts';

/** Below this variance of the scores a column has too few values for its place and width to mean anything. */
const VARIANCE_MIN = 0.2;

/** The first bin whose values have a place: what lies before is no number. */
export const ORDERED = BELOW;

/** @returns a score per bin, 0 before ORDERED; null where the column has no order, or next to no spread */
export function scoresOf(binning: Binning, shares: Float64Array): Float32Array | null {
  if (binning.kind === 'categorical') return null;
  const order = [BELOW, ...Array.from({ length: binning.size - SPECIALS }, (_, i) => SPECIALS + i), ABOVE];
  const total = order.reduce((sum, bin) => sum + (shares[bin] as number), 0);
  const scores = new Float32Array(binning.size);
  let below = 0;
  let variance = 0;
  let densityLow = 0;
  for (const bin of order) {
    const share = (shares[bin] as number) / total;
    below += share;
    const densityHigh = bin === ABOVE ? 0 : normalDensity(normalQuantile(Math.min(below, 1 - 1e-15)));
    const score = (densityLow - densityHigh) / share;
    scores[bin] = score;
    variance += share * score * score;
    densityLow = densityHigh;
  }
  return variance < VARIANCE_MIN ? null : scores;
}
