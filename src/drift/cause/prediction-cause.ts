// Why predictions drift: what each feature's change accounts for, what is left, and the sentence that says so. Where no input
// has changed and the answers have, it is the model.

import type { Reference } from '../baseline/reference.ts';
import type { Stream } from '../counts/stream-group.ts';
import { type Cause, type CauseView, hintOf, LOOK_AT, type Located, percent, short } from './cause.ts';
import { attribute, type Contribution, momentsOf } from './contributions.ts';
import type { TargetSurrogate } from './target-surrogate.ts';

export interface Weighed extends Contribution {
  /** What of the unexplained rest may be due to its values that no row of the fit had: at most so much, in units of the prediction. */
  readonly unseenShift: number;
}

export interface PredictionCause {
  /** Column of the response. */
  readonly feature: string;
  /** The category whose share is meant; null where the column is a number. */
  readonly category: string | null;
  /** Mean prediction in the baseline and now. */
  readonly before: number;
  readonly now: number;
  /** What the features' changes account for, and what they do not. */
  readonly explained: number;
  readonly unexplained: number;
  /** How well the surrogate knows the model, on rows held out: R squared. */
  readonly r2: number;
  /** The largest first. */
  readonly contributions: readonly (Weighed & { readonly drifting: boolean })[];
  readonly kind: Cause['kind'] | null;
  readonly text: string;
  readonly lookAt: string | null;
}

export const predictionView = ({ kind, lookAt }: PredictionCause): CauseView | null =>
  kind === null || lookAt === null ? null : { kind, explains: 1, lookAt };

export interface Explained {
  readonly surrogate: TargetSurrogate;
  /** The prediction's own. */
  readonly target: Counted;
  /** Of the same version and role. */
  readonly features: ReadonlyMap<string, Counted>;
  /** Unix milliseconds of the window's end: what was to be expected then. */
  readonly at: number;
  /** What single columns have been found to go through. */
  readonly causeOf: (feature: string) => Located;
}

export interface Counted {
  readonly stream: Stream;
  /** Of the window, on the bins of the stream's reference. */
  readonly counts: Float64Array;
}

const CONTRIBUTIONS_MAX = 10;
/** Of the rows. */
const UNSEEN_MIN = 0.02;
/** So much of a change that no input accounts for is the model's, where no input drifts. */
const MODEL_MIN = 0.6;

/** @returns null where either side has no prediction */
export function explainPredictions({ surrogate, target, features, at, causeOf }: Explained): PredictionCause | null {
  const { stream, counts } = target;
  if (stream.reference === null) return null;
  const expected = (reference: Reference): Float64Array => reference.shares(at).map((share) => share * reference.rows);
  const before = meanOf(surrogate.levels, expected(stream.reference));
  const now = meanOf(surrogate.levels, counts);
  if (before === null || now === null) return null;
  const attribution = attribute(surrogate, (feature) => {
    const counted = features.get(feature);
    const reference = counted?.stream.reference;
    return counted === undefined || !reference ? undefined : { before: expected(reference), now: counted.counts };
  });
  const isDrifting = (feature: string): boolean => features.get(feature)?.stream.verdict.status === 'drifting';
  const { explained } = attribution;
  const unexplained = now - before - explained;
  const contributions = withUnseen(attribution.contributions, unexplained);
  const anyInput = [...features.keys()].some(isDrifting);
  const first = contributions[0];
  const isModel = Math.abs(unexplained) > MODEL_MIN * Math.abs(now - before) && !anyInput;
  const moved = `mean ${nameOf(surrogate)} ${short(now)}, ${short(before)} in the baseline`;
  const shared = {
    feature: surrogate.column,
    category: surrogate.category,
    before,
    now,
    explained,
    unexplained,
    r2: surrogate.r2,
    contributions: contributions
      .slice(0, CONTRIBUTIONS_MAX)
      .map((one) => ({ ...one, drifting: isDrifting(one.feature) })),
  };
  if (isModel || first === undefined) {
    const text = `${moved}: the same inputs, other answers`;
    return { ...shared, kind: 'version', text, lookAt: LOOK_AT.version };
  }
  const located = causeOf(first.feature);
  const { cause } = located;
  const part = percent(Math.min(1, Math.abs((first.shift + first.unseenShift) / (now - before))));
  const why = hintOf(located);
  const told = why === null ? '' : ` (${why})`;
  return {
    ...shared,
    kind: cause?.kind ?? null,
    text: `${moved}: ${first.feature} accounts for ${part} of the change${told}`,
    lookAt: cause === null ? null : LOOK_AT[cause.kind],
  };
}

/** Rows with values that no row of the fit had: the rest may be due to them, by their number. The largest first. */
function withUnseen(contributions: readonly Contribution[], rest: number): readonly Weighed[] {
  const unseen = contributions.reduce((sum, one) => sum + one.unseen, 0);
  return contributions
    .map((one) => ({ ...one, unseenShift: unseen < UNSEEN_MIN ? 0 : (rest * one.unseen) / unseen }))
    .sort((one, two) => Math.abs(two.shift + two.unseenShift) - Math.abs(one.shift + one.unseenShift));
}

const nameOf = ({ column, category }: TargetSurrogate): string =>
  category === null ? column : `share of ${column} ${JSON.stringify(category)}`;

/** Over the bins that have a level. */
function meanOf(levels: Float64Array, counts: ArrayLike<number>): number | null {
  const known = Float64Array.from(levels, (level) => (Number.isNaN(level) ? 0 : level));
  const counted = Float64Array.from(counts, (count, bin) => (Number.isNaN(levels[bin]) ? 0 : count));
  const { rows, mean } = momentsOf(known, counted);
  return rows === 0 ? null : mean;
}
