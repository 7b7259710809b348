// The kind of change that one column has been through, from its counts and its last values: whatever accounts for most of it.
// A guess from one column alone, worded as one; who sends it and where it lives is segment.ts's question.

import {
  ABOVE,
  BELOW,
  type Binning,
  binOf,
  CATEGORICAL_SPECIALS,
  edgesOf,
  INFINITE,
  MISSING,
  NAN,
  NEVER_SEEN,
  NULL,
  NUMERIC_SPECIALS,
  type NumericBinning,
  SPECIALS,
  WRONG_TYPE,
} from '../baseline/binning.ts';
import type { Reference } from '../baseline/reference.ts';
import { type Cause, type CauseKind, exact, percent, quoted, short } from './cause.ts';
import { RECENT_MIN, unitOf } from './unit-change.ts';

/** A cause is named where it accounts for at least this share of the column's change. */
const EXPLAINS_MIN = 0.5;
/** Total variation that is worth a word. */
const CHANGE_MIN = 0.005;

/**
 * @param counts of the window, by bin
 * @param recent the last numbers of a numeric column, null for another
 * @returns null where the counts hardly differ from the baseline's
 */
export function causeOf(reference: Reference, counts: ArrayLike<number>, recent: Float32Array | null): Cause | null {
  const change = changeOf(reference, counts);
  if (change === null || change.total < CHANGE_MIN) return null;
  const values = recent ?? new Float32Array(0);
  return (
    strange(change) ??
    (reference.binning.kind === 'numeric'
      ? (stuck(reference.binning, values) ??
        unitOf(reference, values) ??
        range(change, reference.binning, values) ??
        singleValue(change, values) ??
        level(reference, values))
      : mix(change, reference.binning.categories))
  );
}

interface Change {
  readonly binning: Binning;
  /** Shares of the rows per bin, and what each has gained. */
  readonly before: Float64Array;
  readonly now: Float64Array;
  /** Total variation: the sum of all gains. */
  readonly total: number;
}

function changeOf(reference: Reference, counts: ArrayLike<number>): Change | null {
  const { size } = reference.binning;
  let rows = 0;
  for (let bin = 0; bin < size; bin++) rows += counts[bin] as number;
  if (rows === 0 || reference.rows === 0) return null;
  const before = reference.counts.map((count) => count / reference.rows);
  const now = Float64Array.from({ length: size }, (_, bin) => (counts[bin] as number) / rows);
  const total = now.reduce((sum, share, bin) => sum + Math.max(0, share - (before[bin] as number)), 0);
  return { binning: reference.binning, before, now, total };
}

/** The bin that gained most of those given, where it accounts for enough. */
function largestGain({ before, now, total }: Change, bins: readonly number[], explainsMin = EXPLAINS_MIN) {
  let best = -1;
  let gained = explainsMin * total;
  for (const bin of bins) {
    const gain = (now[bin] as number) - (before[bin] as number);
    if (gain < gained || gain <= 0) continue;
    best = bin;
    gained = gain;
  }
  if (best === -1) return null;
  const text = `in ${percent(now[best] as number)} of rows, ${percent(before[best] as number)} in the baseline`;
  return { bin: best, explains: gained / total, text };
}

const STRANGE: readonly (readonly [bin: number, kind: CauseKind])[] = [
  [NULL, 'null rate'],
  [MISSING, 'null rate'],
  [NAN, 'not finite'],
  [INFINITE, 'not finite'],
  [WRONG_TYPE, 'type'],
];

/** What is no plain value. */
function strange(change: Change): Cause | null {
  const { kind } = change.binning;
  const names = kind === 'numeric' ? NUMERIC_SPECIALS : CATEGORICAL_SPECIALS;
  const bins = STRANGE.map(([bin]) => bin);
  const found = largestGain(change, kind === 'numeric' ? bins : [...bins, NEVER_SEEN]);
  if (found === null) return null;
  const { bin, explains, text } = found;
  const named = STRANGE.find(([one]) => one === bin)?.[1] ?? 'new category';
  if (named === 'new category') return { kind: named, text: `a value never seen before ${text}`, explains };
  return { kind: named, text: `${names[bin] ?? ''} ${text}`, explains };
}

function stuck({ size }: NumericBinning, recent: Float32Array): Cause | null {
  const isConstant = size === SPECIALS + 1;
  if (isConstant || recent.length < RECENT_MIN || recent.some((value) => value !== recent[0])) return null;
  return { kind: 'stuck value', text: `stuck at ${exact(recent[0] as number)}`, explains: 1 };
}

/** Values beyond what the baseline had. */
function range(change: Change, binning: NumericBinning, recent: Float32Array): Cause | null {
  const found = largestGain(change, [BELOW, ABOVE]);
  if (found === null) return null;
  const edges = edgesOf(binning);
  const isAbove = found.bin === ABOVE;
  const limit = (isAbove ? edges[edges.length - 1] : edges[0]) as number;
  const beyond = recent.filter((value) => (isAbove ? value >= limit : value < limit));
  const common = commonest(beyond);
  const mostly = common !== null && common.share > 0.5 ? `, most of them ${exact(common.value)}` : '';
  const where = isAbove
    ? `above the baseline's greatest value ${short(limit)}`
    : `below the baseline's least value ${short(limit)}`;
  return { kind: 'range', text: `${where} ${found.text}${mostly}`, explains: found.explains };
}

/** One value that many rows have taken on: a default. */
function singleValue(change: Change, recent: Float32Array): Cause | null {
  const bins = Array.from({ length: change.now.length - SPECIALS }, (_, index) => SPECIALS + index);
  const found = largestGain(change, bins, 0.7);
  if (found === null) return null;
  const inBin = recent.filter((value) => binOf(change.binning, value) === found.bin);
  const common = commonest(inBin);
  if (common === null || inBin.length < RECENT_MIN / 4 || common.share < 0.8) return null;
  return { kind: 'single value', text: `the value ${exact(common.value)} ${found.text}`, explains: found.explains };
}

function commonest(values: Float32Array): { readonly value: number; readonly share: number } | null {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best: { value: number; share: number } | null = null;
  for (const [value, count] of counts) {
    if (best === null || count / values.length > best.share) best = { value, share: count / values.length };
  }
  return best;
}

function level(reference: Reference, recent: Float32Array): Cause | null {
  if (recent.length < RECENT_MIN || reference.median === null) return null;
  const now = recent.toSorted()[recent.length >> 1] as number;
  return { kind: 'shift', text: `median ${short(now)}, ${short(reference.median)} in the baseline`, explains: 1 };
}

/** Categories that were there before, in other shares. */
function mix(change: Change, categories: readonly string[]): Cause | null {
  const found = largestGain(
    change,
    categories.map((_, index) => SPECIALS + index),
    0,
  );
  if (found === null) return null;
  const { bin, text, explains } = found;
  return { kind: 'mix of segments', text: `${quoted(categories[bin - SPECIALS] ?? '')} ${text}`, explains };
}
