// What a unit was given in the epochs before, from what the lock remembers: pins, shares, enrolment, champion of then. Fallbacks
// and drains are not in it; a rule that is gone is not asked for; what the lock does not have, or has forgotten, is not guessed.

import { SLOTS } from '../model.ts';
import { isExact, type Unit } from './assign.ts';
import { type Enrolment, exclusion } from './enrolment.ts';
import { type NamesByKey, pastOwners } from './past-owners.ts';
import { saltBytes, slotOf } from './slot.ts';
import { SPLIT } from './split-keys.ts';
import type { LayerHistory, ModelHistory, PastEpoch } from './tables.ts';

export interface EarlierAnswer {
  readonly epoch: number;
  /** When the epoch began, ISO. */
  readonly from: string;
  readonly slot: number;
  /** null: the champion of then, whom a lock of format 1 did not name; with reason `unknown`, nobody knows. */
  readonly version: string | null;
  /**
   * unknown: whether the unit took part is not on record, since the layer of then is not, or not so far back.
   * other_key: then units were taken from another sticky key, and who was whom is not known.
   */
  readonly reason: 'override' | 'split' | 'rule' | 'ineligible' | 'holdout' | 'unknown' | 'other_key';
}

interface CompiledEpoch {
  readonly past: PastEpoch;
  readonly salt: Uint8Array;
  readonly splits: NamesByKey;
  /** null: not on record. */
  readonly enrolment: Enrolment | null;
}

export interface EarlierOptions {
  readonly model: string;
  readonly champion: string;
  /** As the lock names it (terms.ts). */
  readonly sticky: string | null;
  readonly history: ModelHistory;
  /** Owners of today per key of a split; asked for once, where there is a past. */
  readonly present: () => NamesByKey;
}

/** @returns what answers, newest epoch first; where the champion of then is not on record, a rule is judged by that of today */
export function createEarlier(
  options: EarlierOptions,
): (unit: Unit, ruleKey: string | null) => readonly EarlierAnswer[] {
  let compiled: readonly CompiledEpoch[] | null = null;
  return (unit, ruleKey) => {
    if (options.history.past.length === 0) return [];
    compiled ??= compile(options);
    return compiled.map((epoch) => answerOf(epoch, unit, ruleKey, options));
  };
}

function compile({ model, history, present }: EarlierOptions): CompiledEpoch[] {
  const { past, since, layers } = history;
  const owners = pastOwners(past, present());
  return past.map((epoch, at) => ({
    past: epoch,
    salt: saltBytes(epoch.salt),
    splits: owners[at] ?? new Map(),
    enrolment: enrolmentOf(epoch, past[at - 1]?.at ?? since, model, layers),
  }));
}

/** @param until when the epoch ended, ISO */
function enrolmentOf(
  { enrolment }: PastEpoch,
  until: string | null,
  model: string,
  layers: readonly LayerHistory[],
): Enrolment | null {
  const { eligible, holdout, layer } = enrolment ?? { eligible: 1, holdout: 0, layer: null };
  const numbers = { holdoutSlots: Math.round(holdout * SLOTS), eligibleSlots: Math.round(eligible * SLOTS), chance: 1 };
  if (layer === null || eligible === 0) return { ...numbers, layer: null };
  const part = partOf(
    layers.find(({ name }) => name === layer),
    until,
    model,
  );
  return part === null ? null : { ...numbers, layer: part };
}

/**
 * The slots of a model in a layer, in an epoch of the model. A model's part of a layer changes only with its own `eligible`,
 * which begins an epoch of the model: so any epoch of the layer from that time tells it, and the last one is looked at.
 */
function partOf(layer: LayerHistory | undefined, until: string | null, model: string): Enrolment['layer'] {
  if (layer === undefined || until === null) return null;
  const end = Date.parse(until);
  const at = layer.epochs.findIndex((epoch) => Date.parse(epoch.at) < end);
  const epoch = layer.epochs[at];
  const owners = at < 0 ? undefined : pastOwners(layer.epochs.slice(0, at + 1), new Map())[at]?.get(SPLIT);
  // Not there under this name: a model that was called otherwise then.
  if (epoch === undefined || owners === undefined || !owners.includes(model)) return null;
  return { salt: saltBytes(epoch.salt), owners: Uint8Array.from(owners, (name) => (name === model ? 1 : 0)), own: 1 };
}

function answerOf(
  { past, salt, splits, enrolment }: CompiledEpoch,
  unit: Unit,
  ruleKey: string | null,
  { champion, sticky }: Pick<EarlierOptions, 'champion' | 'sticky'>,
): EarlierAnswer {
  const { epoch, at: from, terms } = past;
  const slot = slotOf(salt, unit.bytes);
  if (terms !== null && terms.sticky !== sticky) return { epoch, from, slot, version: null, reason: 'other_key' };
  const pinned = terms?.overrides.get(unit.text);
  if (pinned !== undefined && isExact(unit)) return { epoch, from, slot, version: pinned, reason: 'override' };
  const ruled = ruleKey === null ? undefined : splits.get(ruleKey);
  const shares = ruleKey === null ? undefined : past.splits[ruleKey]?.shares;
  const routes = ruled !== undefined && !Object.hasOwn(shares ?? {}, terms?.champion ?? champion);
  if (!routes) {
    if (enrolment === null) return { epoch, from, slot, version: null, reason: 'unknown' };
    const excluded = exclusion(enrolment, salt, unit.bytes);
    if (excluded !== null) return { epoch, from, slot, version: terms?.champion ?? null, reason: excluded };
  }
  const version = (ruled ?? splits.get(SPLIT))?.[slot] ?? null;
  return { epoch, from, slot, version, reason: ruled === undefined ? 'split' : 'rule' };
}
