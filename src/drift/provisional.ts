// The baseline of a column nobody gave one for: the first rows of its version. The first few hundred values fix the bins, and
// are not kept; the rows up to the number asked for are counted in them; then the reference is frozen, marked provisional.

import type { Value } from '../protocols/protocol.ts';
import { type Binning, countValues } from './binning.ts';
import { createReference, createSample, type Reference } from './reference.ts';

/** Rows that fix the bins: 20 bins of about 13, and 2 KB a column for as long as it lasts. */
const SAMPLE_ROWS = 256;

export interface Provisional {
  /** Rows taken in so far. */
  readonly rows: number;
  /** Set once the rows asked for are in. */
  readonly reference: Reference | null;
  /**
   * Take values in, until the rows are complete.
   * @returns how many of the values were taken
   */
  take(values: readonly (Value | undefined)[]): number;
  /** The same for rows that lack the column. */
  takeMissing(rows: number): number;
}

export function createProvisional(rowsWanted: number): Provisional {
  const sampleRows = Math.min(SAMPLE_ROWS, rowsWanted);
  let sampled: (Value | undefined)[] | null = [];
  let binning: Binning | null = null;
  let counts = new Float64Array(0);
  let rows = 0;
  let reference: Reference | null = null;

  function take(values: readonly (Value | undefined)[]): number {
    const wanted = Math.min(values.length, rowsWanted - rows);
    let taken = 0;
    if (sampled !== null) {
      while (taken < wanted && sampled.length < sampleRows) sampled.push(values[taken++]);
      if (sampled.length === sampleRows) fixBins(sampled);
    }
    if (binning !== null && taken < wanted) countValues(binning, values.slice(taken, wanted), 0, counts, 0, null);
    rows += wanted;
    if (rows === rowsWanted && binning !== null) reference ??= createReference(binning, counts, true);
    return wanted;
  }

  function fixBins(values: readonly (Value | undefined)[]): void {
    const sample = createSample();
    for (const value of values) sample.add(value);
    binning = sample.binning();
    counts = new Float64Array(binning.size);
    countValues(binning, values, 0, counts, 0, null);
    sampled = null;
  }

  return {
    get rows() {
      return rows;
    },
    get reference() {
      return reference;
    },
    take,
    takeMissing: (missing) => take(new Array<undefined>(Math.min(missing, rowsWanted - rows)).fill(undefined)),
  };
}
