// What distances are taken of: the counts of a baseline and of a window in the same bins, and the rows themselves where somebody
// has them. Which bins are plain values, and how they stand in order, is said here once.

import {
  ABOVE,
  BELOW,
  type Binning,
  type CategoricalBinning,
  edgesOf,
  NEVER_SEEN,
  type NumericBinning,
  OTHER,
  SPECIALS,
  WRONG_TYPE,
} from '../baseline/binning.ts';
import { afterward } from '../baseline/quantile-edges.ts';

export interface BinnedPair {
  readonly binning: Binning;
  /** Rows per bin, special ones first. */
  readonly baseline: Float64Array;
  readonly current: Float64Array;
}

/** Finite values, ascending. */
export interface NumericSamples {
  readonly baseline: Float64Array;
  readonly current: Float64Array;
}

/** The bins of plain values: all but null, missing, NaN, infinite and wrong type. */
export function valueCounts({ baseline, current }: BinnedPair): NumericSamples {
  const first = WRONG_TYPE + 1;
  return { baseline: baseline.subarray(first), current: current.subarray(first) };
}

/** Counts of a numeric column along the line: below the edges, in each bin, above. */
export function inOrder(counts: Float64Array): Float64Array {
  const ordered = new Float64Array(counts.length - SPECIALS + 2);
  ordered[0] = counts[BELOW] as number;
  ordered.set(counts.subarray(SPECIALS), 1);
  ordered[ordered.length - 1] = counts[ABOVE] as number;
  return ordered;
}

/** Whether a bin of `inOrder` holds one value only. */
export function isPointBin(binning: NumericBinning): (bin: number) => boolean {
  const edges = edgesOf(binning);
  return (bin) => bin > 0 && bin < edges.length && edges[bin] === afterward(edges[bin - 1] as number);
}

/** Rows per category, null and the like left out. */
export interface CategorySamples {
  readonly baseline: ReadonlyMap<string, number>;
  readonly current: ReadonlyMap<string, number>;
}

/** What stands for categories the baseline has never seen, which bins count as one. */
export const UNSEEN = '\u0000never seen';

/**
 * The categories behind the bins.
 * @returns null where some share a bin with others
 */
export function categoriesOf(binning: CategoricalBinning, pair: BinnedPair): CategorySamples | null {
  if ((pair.baseline[OTHER] as number) + (pair.current[OTHER] as number) > 0) return null;
  const of = (counts: Float64Array): ReadonlyMap<string, number> => {
    const rows = new Map(binning.categories.map((name, index) => [name, counts[SPECIALS + index] as number]));
    rows.set(UNSEEN, counts[NEVER_SEEN] as number);
    return new Map([...rows].filter(([, count]) => count > 0));
  };
  return { baseline: of(pair.baseline), current: of(pair.current) };
}

/** Both sides of category counts as two lists over the same categories. */
export function alignedCounts({ baseline, current }: CategorySamples): NumericSamples {
  const names = [...new Set([...baseline.keys(), ...current.keys()])];
  const of = (counts: ReadonlyMap<string, number>) => Float64Array.from(names, (name) => counts.get(name) ?? 0);
  return { baseline: of(baseline), current: of(current) };
}
