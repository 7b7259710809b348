// Whether a numeric column's last values are the baseline's in another unit, or with the sign turned: undo each likely change and
// see whether what comes out falls into the baseline's bins as the baseline did. The shape decides, not the median alone, so that
// a mere rise by a factor of ten of one group of rows is no change of unit.

import { binOf, type NumericBinning, SPECIALS } from '../baseline/binning.ts';
import type { Reference } from '../baseline/reference.ts';
import type { Cause, CauseKind } from './cause.ts';

/** Fewer values say nothing of a shape. */
export const RECENT_MIN = 32;
/** Bins of about equal shares, of the baseline's, that the values are compared in: few, for few values. */
const GROUPS = 8;
/** What undoing must gain, in total variation. */
const GAIN_MIN = 0.2;

interface Conversion {
  readonly kind: CauseKind;
  readonly text: string;
  /** The baseline's unit of a value now. */
  readonly undo: (value: number) => number;
}

/** Decimal prefixes and percent; minutes and hours; days; pounds, miles, inches and feet. */
const FACTORS = [10, 100, 1000, 1e6, 60, 3600, 24, 2.2046, 1.6093, 2.54, 3.2808];

const CONVERSIONS: readonly Conversion[] = [
  ...FACTORS.flatMap((factor): readonly Conversion[] => [
    { kind: 'unit change', text: `looks like x${factor}`, undo: (value) => value / factor },
    { kind: 'unit change', text: `looks like divided by ${factor}`, undo: (value) => value * factor },
  ]),
  { kind: 'sign', text: 'looks like the sign changed', undo: (value) => -value },
  { kind: 'unit change', text: 'looks like Fahrenheit instead of Celsius', undo: (value) => (value - 32) / 1.8 },
  { kind: 'unit change', text: 'looks like Celsius instead of Fahrenheit', undo: (value) => value * 1.8 + 32 },
  { kind: 'unit change', text: 'looks like the natural logarithm', undo: Math.exp },
  { kind: 'unit change', text: 'looks like the logarithm to base 10', undo: (value) => 10 ** value },
  { kind: 'unit change', text: 'looks like a logarithm left out', undo: Math.log },
];

/** @returns the conversion that fits best, or null where none does, or none much better than none at all */
export function unitOf(reference: Reference, recent: Float32Array): Cause | null {
  const { binning } = reference;
  if (binning.kind !== 'numeric' || recent.length < RECENT_MIN || isConstant(binning)) return null;
  const groups = groupsOf(reference);
  const noise = noiseOf(groups.shares, recent.length);
  const asTheyAre = distance(binning, groups, recent, (value) => value);
  let best: Conversion | null = null;
  let least = Math.min(noise, asTheyAre - GAIN_MIN);
  for (const conversion of CONVERSIONS) {
    const left = distance(binning, groups, recent, conversion.undo);
    if (left > least) continue;
    best = conversion;
    least = left;
  }
  return best === null ? null : { kind: best.kind, text: best.text, explains: 1 - least / asTheyAre };
}

const isConstant = (binning: NumericBinning): boolean => binning.size === SPECIALS + 1;

interface Groups {
  /** Of each bin; -1 for what is no plain value, which nothing can undo. */
  readonly of: Int8Array;
  /** The baseline's shares of the plain values. */
  readonly shares: Float64Array;
}

function groupsOf({ binning, counts }: Reference): Groups {
  const of = new Int8Array(binning.size).fill(-1);
  let plain = 0;
  for (let bin = SPECIALS; bin < binning.size; bin++) plain += counts[bin] as number;
  const shares = new Float64Array(GROUPS);
  let passed = 0;
  for (let bin = SPECIALS; bin < binning.size; bin++) {
    const share = (counts[bin] as number) / Math.max(1, plain);
    const group = Math.min(GROUPS - 1, Math.floor((passed + share / 2) * GROUPS));
    of[bin] = group;
    shares[group] = (shares[group] as number) + share;
    passed += share;
  }
  return { of, shares };
}

/** Total variation between the baseline's shares and those of the values undone; what falls outside counts in full. */
function distance(
  binning: NumericBinning,
  groups: Groups,
  recent: Float32Array,
  undo: (value: number) => number,
): number {
  const shares = new Float64Array(GROUPS);
  for (const value of recent) {
    const group = groups.of[binOf(binning, undo(value))] as number;
    if (group >= 0) shares[group] = (shares[group] as number) + 1 / recent.length;
  }
  return shares.reduce((sum, share, group) => sum + Math.max(0, (groups.shares[group] as number) - share), 0);
}

/** What so many values drawn from the baseline itself stay below nearly always: their mean distance and half as much again. */
function noiseOf(shares: Float64Array, rows: number): number {
  let mean = 0;
  for (const share of shares) mean += Math.sqrt((share * (1 - share)) / (2 * Math.PI * rows));
  return 1.5 * mean + 0.05;
}
