// Chi-square test of homogeneity: whether two samples, counted in the same bins, may come from one distribution. Both sides are
// samples here; to take the baseline for the truth (a one-way test) would call its own noise drift.

import { chiSquareTail } from './chi-square.ts';

export interface TwoSampleChiSquare {
  /** NaN where a side is empty. */
  readonly statistic: number;
  readonly df: number;
  readonly p: number;
  /** Whether Yates' correction entered, as it does for one degree of freedom (Yates 1934; scipy's default). */
  readonly corrected: boolean;
  /** Share of the cells that expect fewer than five rows: above a fifth the law is a poor fit (Cochran 1954). */
  readonly thinCells: number;
}

/**
 * Sum over both samples and all bins of (observed - expected)^2 / expected, with expected = bin total x sample total / rows (Pearson
 * 1900). Bins that neither side has met are left out; as scipy.stats.chi2_contingency on the remaining 2 x B table.
 * @param baseline counts, as many as `current`
 */
export function twoSampleChiSquare(baseline: ArrayLike<number>, current: ArrayLike<number>): TwoSampleChiSquare {
  let n = 0;
  let m = 0;
  let bins = 0;
  for (let i = 0; i < baseline.length; i++) {
    n += baseline[i] as number;
    m += current[i] as number;
    if ((baseline[i] as number) + (current[i] as number) > 0) bins++;
  }
  if (n === 0 || m === 0) return { statistic: Number.NaN, df: 0, p: Number.NaN, corrected: false, thinCells: 1 };
  const df = bins - 1;
  if (df === 0) return { statistic: 0, df, p: 1, corrected: false, thinCells: 0 };
  const rows = n + m;
  let statistic = 0;
  let thin = 0;
  for (let i = 0; i < baseline.length; i++) {
    const both = (baseline[i] as number) + (current[i] as number);
    if (both === 0) continue;
    for (const [observed, total] of [
      [baseline[i] as number, n],
      [current[i] as number, m],
    ] as const) {
      const expected = (both * total) / rows;
      const away = Math.abs(observed - expected);
      const corrected = df === 1 ? away - Math.min(0.5, away) : away;
      statistic += (corrected * corrected) / expected;
      if (expected < 5) thin++;
    }
  }
  return { statistic, df, p: chiSquareTail(statistic, df), corrected: df === 1, thinCells: thin / (2 * bins) };
}
