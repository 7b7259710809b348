// The baseline of a column nobody gave one for: the first rows of its version. The first few hundred values fix the bins and are
// let go; the rows up to the number asked for are counted in them; then the reference is frozen, marked provisional.

import type { Value } from '../../protocols/protocol.ts';
import { type Binning, countValues } from './binning.ts';
import { createReference, type Reference } from './reference.ts';
import { addToSample, binSample, createSample, type Sample } from './sample.ts';

/** Rows that fix the bins: 20 bins of about 13, and 2 KB a column for as long as it lasts. */
const SAMPLE_ROWS = 256;

/** Plain data, since there is one per column of every version. */
export interface Provisional {
  readonly rowsWanted: number;
  /** Rows taken in so far. */
  rows: number;
  sample: Sample | null;
  binning: Binning | null;
  counts: Float64Array | null;
  /** Set once the rows asked for are in. */
  reference: Reference | null;
  /** The first tick whose window was judged by it. */
  frozenTick: number | null;
}

export function createProvisional(rowsWanted: number): Provisional {
  return {
    rowsWanted,
    rows: 0,
    sample: createSample(),
    binning: null,
    counts: null,
    reference: null,
    frozenTick: null,
  };
}

/**
 * Take values in, until the rows are complete.
 * @returns how many of the values were taken
 */
export function takeRows(provisional: Provisional, values: readonly (Value | undefined)[]): number {
  const { rowsWanted } = provisional;
  const wanted = Math.min(values.length, rowsWanted - provisional.rows);
  let taken = 0;
  const { sample } = provisional;
  if (sample !== null) {
    const sampleRows = Math.min(SAMPLE_ROWS, rowsWanted);
    while (taken < wanted && sample.rows < sampleRows) addToSample(sample, values[taken++]);
    if (sample.rows === sampleRows) {
      Object.assign(provisional, binSample(sample));
      provisional.sample = null;
    }
  }
  const { binning, counts } = provisional;
  if (binning !== null && counts !== null && taken < wanted) {
    countValues(binning, wanted === values.length ? values : values.slice(0, wanted), taken, counts, 0);
  }
  provisional.rows += wanted;
  if (provisional.rows >= rowsWanted && binning !== null && counts !== null) {
    provisional.reference ??= createReference(binning, counts, true);
  }
  return wanted;
}

/** The same for rows that lack the column. */
export function takeMissingRows(provisional: Provisional, rows: number): number {
  const wanted = Math.min(rows, provisional.rowsWanted - provisional.rows);
  return takeRows(provisional, new Array<undefined>(wanted).fill(undefined));
}
