// What a column is measured against: its frozen bins and how the baseline's rows filled them. Made from values at hand, from the
// first rows of a version (provisional.ts), or read from a file (baseline.ts).

import type { Value } from '../../protocols/protocol.ts';
import { histogramQuantile } from '../../statistics/histogram-quantile.ts';
import { type Binning, edgesOf, SPECIALS } from './binning.ts';
import { addToSample, binSample, createSample } from './sample.ts';

export interface Reference {
  readonly binning: Binning;
  /** Rows per bin. */
  readonly counts: Float64Array;
  readonly rows: number;
  /** Of the plain values of a numeric column; null where there is none. */
  readonly median: number | null;
  /** True where it is the first rows of traffic, which nobody has vouched for. */
  readonly provisional: boolean;
}

export function createReference(binning: Binning, counts: Float64Array, provisional: boolean): Reference {
  const median = binning.kind === 'numeric' ? histogramQuantile(edgesOf(binning), counts, 0.5, SPECIALS) : undefined;
  const rows = counts.reduce((sum, count) => sum + count, 0);
  return { binning, counts, rows, median: median ?? null, provisional };
}

/** The reference of one column of a table at hand. */
export function referenceOf(values: readonly (Value | undefined)[]): Reference {
  const sample = createSample();
  for (const value of values) addToSample(sample, value);
  const { binning, counts } = binSample(sample);
  return createReference(binning, counts, false);
}
