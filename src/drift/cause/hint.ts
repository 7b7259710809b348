// A drifting column's likely cause in plain words, where it is cheap to see: more nulls or strange values, a change of unit, a
// stuck value, a category that grew. A guess from marginal counts, worded as one; null where nothing stands out.

import {
  CATEGORICAL_SPECIALS,
  MISSING,
  NEVER_SEEN,
  NULL,
  NUMERIC_SPECIALS,
  SPECIALS,
  WRONG_TYPE,
} from '../baseline/binning.ts';
import type { Reference } from '../baseline/reference.ts';

/** A share of rows that must have moved for a hint to name it. */
const SHARE_MIN = 0.05;
const RECENT_MIN = 32;
/** Factors between units: decimal prefixes, percent, minutes, pounds to kilograms. */
const FACTORS = [10, 100, 1000, 60, 2.2046];
/** On the log scale: less than half the distance between any two factors, more than the error of a median of 128 values. */
const FACTOR_ERROR = 0.2;

/**
 * @param counts of the window, by bin
 * @param rows of the window
 * @param recent the last finite values of a numeric column, null for another
 */
export function hintOf(
  reference: Reference,
  counts: ArrayLike<number>,
  rows: number,
  recent: Float32Array | null,
): string | null {
  if (rows === 0) return null;
  return (
    strangeValues(reference, counts, rows) ??
    (recent === null ? grown(reference, counts, rows) : moved(reference, recent))
  );
}

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 && share > 0 ? 1 : 0)} %`;

const was = (now: number, before: number): string => `in ${percent(now)} of rows, ${percent(before)} in the baseline`;

/** Null, missing, NaN, infinite, wrong type, never seen: whichever grew most. */
function strangeValues(reference: Reference, counts: ArrayLike<number>, rows: number): string | null {
  const { binning } = reference;
  const names = binning.kind === 'numeric' ? NUMERIC_SPECIALS : CATEGORICAL_SPECIALS;
  const bins =
    binning.kind === 'numeric' ? [NULL, MISSING, 2, 3, WRONG_TYPE] : [NULL, MISSING, 2, 3, WRONG_TYPE, NEVER_SEEN];
  const found = largestRise(reference, counts, rows, bins);
  return found === null ? null : `${names[found.bin] ?? ''} ${was(found.now, found.before)}`;
}

function grown(reference: Reference, counts: ArrayLike<number>, rows: number): string | null {
  const { binning } = reference;
  if (binning.kind === 'numeric') return null;
  const found = largestRise(
    reference,
    counts,
    rows,
    binning.categories.map((_, index) => SPECIALS + index),
  );
  return found === null
    ? null
    : `"${(binning.categories[found.bin - SPECIALS] ?? '').slice(0, 40)}" ${was(found.now, found.before)}`;
}

function largestRise(reference: Reference, counts: ArrayLike<number>, rows: number, bins: readonly number[]) {
  let best: { bin: number; now: number; before: number } | null = null;
  for (const bin of bins) {
    const now = (counts[bin] as number) / rows;
    const before = (reference.counts[bin] as number) / reference.rows;
    if (now - before >= SHARE_MIN && (best === null || now - before > best.now - best.before))
      best = { bin, now, before };
  }
  return best;
}

function moved(reference: Reference, recent: Float32Array): string | null {
  const values = recent.toSorted();
  const before = reference.median;
  if (values.length < RECENT_MIN || before === null) return null;
  const now = values[values.length >> 1] as number;
  const { binning } = reference;
  const isConstant = binning.kind === 'numeric' && binning.size === SPECIALS + 1;
  if (values[0] === values[values.length - 1] && !isConstant) return `stuck at ${short(now)}`;
  return unitChange(now / before) ?? `median ${short(now)}, ${short(before)} in the baseline`;
}

function unitChange(ratio: number): string | null {
  if (!Number.isFinite(ratio) || ratio === 0) return null;
  const log = Math.log(Math.abs(ratio));
  if (ratio < 0) return Math.abs(log) < FACTOR_ERROR ? 'looks like the sign changed' : null;
  for (const factor of FACTORS) {
    if (Math.abs(log - Math.log(factor)) < FACTOR_ERROR) return `looks like x${factor}`;
    if (Math.abs(log + Math.log(factor)) < FACTOR_ERROR) return `looks like divided by ${factor}`;
  }
  return null;
}

const short = (value: number): string => String(Number(value.toPrecision(4)));
