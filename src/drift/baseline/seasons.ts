// Shares by the hour of the week. A single hour of a baseline has few rows, so that its own shares are drawn towards those of the
// whole week by as much as the hours are alike:
//
//   share = (n_hb + k p_b) / (N_h + k),   k = (1 - rho) / rho
//
// the posterior mean where the hours' shares vary about the global ones p as Dirichlet(k p); k comes from the counts themselves
// (empirical Bayes: Good, The Estimation of Probabilities, 1965; rho by moments, statistics/dispersion.ts).

import { HOURS_OF_WEEK, hourOfWeek, type LocalTime } from './local-time.ts';

/** Counts per hour of the week on the bins of the column. */
export interface Strata {
  /** k: rows of the whole week that weigh as much as an hour's own. */
  readonly concentration: number;
  /** Hour of the week -> counts per bin, special ones included; hours without rows are left out. */
  readonly hours: ReadonlyMap<number, ArrayLike<number>>;
}

export interface Seasons {
  readonly strata: Strata;
  readonly time: LocalTime;
}

/** @param shares global and smoothed @returns those of the hour that `at` lies in; an array that is not written to again */
export function seasonalShares({ strata, time }: Seasons, shares: Float64Array): (at: number) => Float64Array {
  const { concentration, hours } = strata;
  // Of this hour, and of the one before for rows that come late.
  let now = { hour: -1, shares };
  let before = now;
  return (at) => {
    const hour = hourOfWeek(time.hour(at));
    if (hour === now.hour) return now.shares;
    if (hour === before.hour) return before.shares;
    before = now;
    const counts = hours.get(hour);
    now = { hour, shares: counts === undefined ? shares : shrunk(counts, shares, concentration) };
    return now.shares;
  };
}

/**
 * The posterior of an hour's shares is Dirichlet with N_h + k in all, and so varies like the shares of as many rows. An hour without
 * rows is known by k alone.
 * @param rows of the whole week
 */
export function seasonalRows({ strata, time }: Seasons, rows: number): (at: number) => number {
  const { concentration, hours } = strata;
  return (at) => {
    const counts = hours.get(hourOfWeek(time.hour(at)));
    return Math.min(rows, concentration + (counts === undefined ? 0 : sumOf(counts)));
  };
}

function sumOf(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let bin = 0; bin < counts.length; bin++) sum += counts[bin] as number;
  return sum;
}

function shrunk(counts: ArrayLike<number>, shares: Float64Array, concentration: number): Float64Array {
  const rows = sumOf(counts);
  return shares.map((share, bin) => ((counts[bin] as number) + concentration * share) / (rows + concentration));
}

export const isHourOfWeek = (key: string): boolean => /^(?:0|[1-9]\d{0,2})$/.test(key) && Number(key) < HOURS_OF_WEEK;
