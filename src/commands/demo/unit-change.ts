// Does a drifting feature look multiplied? Compares the medians of the captured values before and now: a change of unit
// (dollars to cents, metres to kilometres) multiplies them all. A hint for people; the verdict on drift is the gate's.

import type { Finding } from './story.ts';

/** Fewer values than this make no median worth telling. */
const VALUES_MIN = 15;
/** A ratio counts as a power of ten when it is within this factor of it. */
const TOLERANCE = 2.2;

/** @returns nothing where there are few values, or where the ratio is no power of ten but 1 */
export function findUnitChange(
  feature: string,
  before: readonly number[],
  now: readonly number[],
): Finding | undefined {
  if (before.length < VALUES_MIN || now.length < VALUES_MIN) return undefined;
  const medianBefore = median(before);
  const medianNow = median(now);
  const ratio = medianNow / medianBefore;
  if (!(ratio > 0) || !Number.isFinite(ratio)) return undefined;
  const factor = 10 ** Math.round(Math.log10(ratio));
  const off = Math.max(ratio / factor, factor / ratio);
  return factor === 1 || off > TOLERANCE ? undefined : { feature, factor, medianBefore, medianNow };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const low = sorted[Math.floor(middle)] ?? Number.NaN;
  const high = sorted[Math.ceil(middle)] ?? Number.NaN;
  return (low + high) / 2;
}
