// How much of a change in predictions comes from each feature: the sum over its bins of (share now - share in the baseline) x the
// surrogate's weight. For an additive model that is the exact Shapley value of the change (Lundberg, Lee, 2017, section 2: an
// additive game). What the surrogate does not see - interactions, columns not in it, another model - is left unexplained; of that,
// values no row of the fit had are the first to be asked: `unseen` says how many of a feature's rows have such.

import { ABOVE, BELOW, SPECIALS } from '../baseline/binning.ts';
import type { Surrogate } from './surrogate.ts';

/** Counts of one column on the same bins, before and now. */
export interface CountsPair {
  readonly before: ArrayLike<number>;
  readonly now: ArrayLike<number>;
}

export interface Contribution {
  readonly feature: string;
  /** In units of the prediction. */
  readonly shift: number;
  /** Its standard error, both sides' rows taken as independent. */
  readonly error: number;
  /** Share of the rows now whose bin has no weight of its own, 0 to 1. */
  readonly unseen: number;
}

export interface Attribution {
  /** The largest in size first. */
  readonly contributions: readonly Contribution[];
  /** Their sum. */
  readonly explained: number;
}

/** @param countsOf a column's counts, or undefined where it is not watched */
export function attribute(surrogate: Surrogate, countsOf: (feature: string) => CountsPair | undefined): Attribution {
  const contributions: Contribution[] = [];
  let explained = 0;
  for (const { feature, weights } of surrogate.terms) {
    const pair = countsOf(feature);
    if (pair === undefined) continue;
    const known = nearest(weights);
    const now = momentsOf(known, pair.now);
    const before = momentsOf(known, pair.before);
    if (now.rows === 0 || before.rows === 0) continue;
    const shift = now.mean - before.mean;
    explained += shift;
    const error = Math.sqrt(now.variance / now.rows + before.variance / before.rows);
    contributions.push({ feature, shift, error, unseen: unseenOf(weights, pair.now) / now.rows });
  }
  contributions.sort((one, two) => Math.abs(two.shift) - Math.abs(one.shift));
  return { contributions, explained };
}

/** Beyond the ends of a numeric column its outermost weights hold on; what else has none counts for nothing. */
function nearest(weights: Float64Array): Float64Array {
  const known = weights.map((weight) => (Number.isNaN(weight) ? 0 : weight));
  const plain = Array.from(weights.subarray(SPECIALS)).filter((weight) => !Number.isNaN(weight));
  if (plain.length === 0) return known;
  if (Number.isNaN(weights[BELOW])) known[BELOW] = plain[0] as number;
  if (Number.isNaN(weights[ABOVE])) known[ABOVE] = plain[plain.length - 1] as number;
  return known;
}

function unseenOf(weights: Float64Array, counts: ArrayLike<number>): number {
  let rows = 0;
  for (let bin = 0; bin < weights.length; bin++) if (Number.isNaN(weights[bin])) rows += counts[bin] ?? 0;
  return rows;
}

/** Mean and variance of a value per bin over rows in bins. */
export function momentsOf(values: ArrayLike<number>, counts: ArrayLike<number>) {
  let rows = 0;
  let mean = 0;
  for (let bin = 0; bin < values.length; bin++) {
    rows += counts[bin] ?? 0;
    mean += (counts[bin] ?? 0) * (values[bin] as number);
  }
  if (rows === 0) return { rows, mean: 0, variance: 0 };
  mean /= rows;
  let variance = 0;
  for (let bin = 0; bin < values.length; bin++) {
    variance += ((counts[bin] ?? 0) * ((values[bin] as number) - mean) ** 2) / rows;
  }
  return { rows, mean, variance };
}
