// Why predictions drift: what each feature's change accounts for, what is left, and the sentence that says so. Where no input
// has changed and the answers have, it is the model.

import type { Stream } from '../counts/stream-group.ts';
import { type Cause, type CauseView, hintOf, LOOK_AT, type Located, percent, short } from './cause.ts';
import { type Attribution, attribute, type Contribution, momentsOf } from './contributions.ts';
import type { TargetSurrogate } from './target-surrogate.ts';

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
  readonly contributions: readonly (Contribution & { readonly drifting: boolean })[];
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
export function explainPredictions({ surrogate, target, features, causeOf }: Explained): PredictionCause | null {
  const { stream, counts } = target;
  if (stream.reference === null) return null;
  const before = meanOf(surrogate.levels, stream.reference.counts);
  const now = meanOf(surrogate.levels, counts);
  if (before === null || now === null) return null;
  const attribution = attribute(surrogate, (feature) => {
    const counted = features.get(feature);
    const reference = counted?.stream.reference;
    return counted === undefined || !reference ? undefined : { before: reference.counts, now: counted.counts };
  });
  const isDrifting = (feature: string): boolean => features.get(feature)?.stream.verdict.status === 'drifting';
  const { contributions, explained } = withUnseen(attribution, now - before);
  const unexplained = now - before - explained;
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
  const part = percent(Math.min(1, Math.abs(first.shift / (now - before))));
  const why = hintOf(located);
  const told = why === null ? '' : ` (${why})`;
  return {
    ...shared,
    kind: cause?.kind ?? null,
    text: `${moved}: ${first.feature} accounts for ${part} of the change${told}`,
    lookAt: cause === null ? null : LOOK_AT[cause.kind],
  };
}

/** Rows with values that no row of the fit had: what is not explained otherwise is put down to them, by their number. */
function withUnseen({ contributions, explained }: Attribution, shift: number): Attribution {
  const unseen = contributions.reduce((sum, one) => sum + one.unseen, 0);
  if (unseen < UNSEEN_MIN) return { contributions, explained };
  const rest = shift - explained;
  const all = contributions.map((one) => ({ ...one, shift: one.shift + (rest * one.unseen) / unseen }));
  return { contributions: all.sort((one, two) => Math.abs(two.shift) - Math.abs(one.shift)), explained: shift };
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
