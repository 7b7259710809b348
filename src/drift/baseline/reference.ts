// What a column is measured against: its frozen bins and how the baseline's rows filled them. Made from values at hand, from the
// first rows of a version (provisional.ts), or read from a file (baseline.ts).

import type { Value } from '../../protocols/protocol.ts';
import { histogramQuantile } from '../../statistics/histogram-quantile.ts';
import { type Binning, edgesOf, SPECIALS } from './binning.ts';
import type { ColumnSchema } from './column-schema.ts';
import { addToSample, binSample, createSample } from './sample.ts';
import { type Seasons, seasonalRows, seasonalShares } from './seasons.ts';

export interface Reference {
  readonly binning: Binning;
  /** Rows per bin. */
  readonly counts: Float64Array;
  readonly rows: number;
  /** Of the plain values of a numeric column; null where there is none. */
  readonly median: number | null;
  /** Whether it stands still, or is the champion's live rows. */
  readonly against: 'baseline' | 'champion';
  /** True where it is the first rows of traffic, which nobody has vouched for. */
  readonly provisional: boolean;
  /** Variance of the counts of a tick relative to multinomial ones, 1 or more: 1 where it is not known. */
  readonly overdispersion: number;
  /** null where the baseline does not say: an old file, first rows. */
  readonly schema: ColumnSchema | null;
  /** Whether `shares` differ from hour to hour of the week. */
  readonly seasonal: boolean;
  /**
   * Shares of the bins, special ones included, that are expected at a time (unix milliseconds): smoothed, so that none is 0, with
   * the sum 1. The same array each time where the baseline has no seasons; never to be written to.
   */
  shares(at: number): Float64Array;
  /** Rows that those shares are known by: of seasons an hour's own and what it borrows from the week, at most `rows`. */
  rowsAt(at: number): number;
}

export interface Known {
  readonly overdispersion: number;
  readonly schema: ColumnSchema | null;
  readonly seasons: Seasons | null;
}

const NOTHING: Known = { overdispersion: 1, schema: null, seasons: null };

export function createReference(
  binning: Binning,
  counts: Float64Array,
  provisional: boolean,
  known: Known = NOTHING,
): Reference {
  const median = binning.kind === 'numeric' ? histogramQuantile(edgesOf(binning), counts, 0.5, SPECIALS) : undefined;
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const { overdispersion, schema, seasons } = known;
  // Worked out when first asked for: there is a reference for every column of every version.
  let sharesAt: ((at: number) => Float64Array) | null = null;
  return {
    binning,
    counts,
    rows,
    median: median ?? null,
    against: 'baseline',
    provisional,
    overdispersion,
    schema,
    seasonal: seasons !== null,
    shares(at) {
      sharesAt ??= expected(sharesOf(counts, rows), seasons);
      return sharesAt(at);
    },
    rowsAt: seasons === null ? () => rows : seasonalRows(seasons, rows),
  };
}

function expected(shares: Float64Array, seasons: Seasons | null): (at: number) => Float64Array {
  return seasons === null ? () => shares : seasonalShares(seasons, shares);
}

/** (n + 1/2) / (N + B/2): the posterior mean under Jeffreys' prior, Dirichlet(1/2, ..., 1/2) (Jeffreys 1946). */
function sharesOf(counts: Float64Array, rows: number): Float64Array {
  return counts.map((count) => (count + SMOOTHING) / (rows + SMOOTHING * counts.length));
}

const SMOOTHING = 0.5;

/** The reference of one column of a table at hand. */
export function referenceOf(values: readonly (Value | undefined)[]): Reference {
  const sample = createSample();
  for (const value of values) addToSample(sample, value);
  const { binning, counts } = binSample(sample);
  return createReference(binning, counts, false);
}
