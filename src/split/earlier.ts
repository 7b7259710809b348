// What a unit was given in the epochs before: from what the lock remembers, by the hash alone. Pins, fallbacks and drains of
// then are not in the lock; a rule that is gone is not asked for.

import { SLOTS } from '../model.ts';
import { exclusion } from './enrolment.ts';
import { saltBytes, slotOf } from './slot.ts';
import { readRanges } from './slot-ranges.ts';
import { SPLIT } from './splits-of.ts';
import type { ModelHistory, PastEpoch, PastSplit } from './tables.ts';

export interface EarlierAnswer {
  readonly epoch: number;
  /** When the epoch began, ISO. */
  readonly from: string;
  readonly slot: number;
  /** null: the champion of then, whom the lock does not name. */
  readonly version: string | null;
  readonly reason: 'split' | 'rule' | 'ineligible' | 'holdout';
}

type Names = readonly (string | null)[];

interface CompiledEpoch {
  readonly past: PastEpoch;
  readonly salt: Uint8Array;
  /** Owner of each slot by name, per key of a split. */
  readonly splits: ReadonlyMap<string, Names>;
}

/**
 * @param present owners of today by name, per key of a split; asked for once, where there is a past
 * @returns what answers, newest epoch first
 */
export function createEarlier(
  history: ModelHistory,
  present: () => ReadonlyMap<string, Names>,
): (unit: Uint8Array, ruleKey: string | null) => readonly EarlierAnswer[] {
  let compiled: readonly CompiledEpoch[] | null = null;
  return (unit, ruleKey) => {
    if (history.past.length === 0) return [];
    compiled ??= compile(history.past, present());
    return compiled.map((epoch) => answerOf(epoch, unit, ruleKey));
  };
}

/** An epoch may hold only the slots that moved when it ended: the rest is as in the epoch after. */
function compile(past: readonly PastEpoch[], present: ReadonlyMap<string, Names>): CompiledEpoch[] {
  let after = present;
  return past.map((epoch) => {
    const splits = new Map<string, Names>();
    for (const [key, split] of Object.entries(epoch.splits)) splits.set(key, namesOf(split, after.get(key)));
    after = splits;
    return { past: epoch, salt: saltBytes(epoch.salt), splits };
  });
}

function namesOf({ slots, whole }: PastSplit, after: Names | undefined): Names {
  const names: (string | null)[] = whole || after === undefined ? new Array<null>(SLOTS).fill(null) : [...after];
  for (const [name, text] of Object.entries(slots)) readRanges(text, (from, to) => void names.fill(name, from, to + 1));
  return names;
}

function answerOf({ past, salt, splits }: CompiledEpoch, unit: Uint8Array, ruleKey: string | null): EarlierAnswer {
  const { epoch, at: from, enrolment } = past;
  const slot = slotOf(salt, unit);
  const ruled = ruleKey === null ? undefined : splits.get(ruleKey);
  // Who was in which part of a layer is the layer's history, not the model's.
  if (enrolment !== null && enrolment.layer === null) {
    const holdoutSlots = Math.round(enrolment.holdout * SLOTS);
    const eligibleSlots = Math.round(enrolment.eligible * SLOTS);
    const excluded = exclusion({ holdoutSlots, eligibleSlots, layer: null, chance: 1 }, salt, unit);
    if (excluded !== null) return { epoch, from, slot, version: null, reason: excluded };
  }
  const version = (ruled ?? splits.get(SPLIT))?.[slot] ?? null;
  return { epoch, from, slot, version, reason: ruled === undefined ? 'split' : 'rule' };
}
