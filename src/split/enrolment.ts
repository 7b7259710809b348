// Whether a unit takes part in a model's split at all: not where it is held out, not enrolled, or another model's in the layer.
// Each question has a hash of its own. More enrolment takes nobody out, and a larger holdout lets nobody back in.

import { SLOTS } from '../model.ts';
import { SEEDS, saltBytes, slotOf } from './slot.ts';

export interface Enrolment {
  /** Slots below these numbers are held out, and enrolled. */
  readonly holdoutSlots: number;
  readonly eligibleSlots: number;
  readonly layer: { readonly salt: Uint8Array; readonly owners: Uint8Array; readonly own: number } | null;
  /** Probability with which a unit takes part, 0 to 1. */
  readonly chance: number;
}

/** One salt for all models: who is held out of one is held out of all. */
const HOLDOUT_SALT = saltBytes('holdout');

/** @returns why the unit takes no part, or null where it does */
export function exclusion(enrolment: Enrolment, salt: Uint8Array, unit: Uint8Array): 'holdout' | 'ineligible' | null {
  const { holdoutSlots, eligibleSlots, layer } = enrolment;
  if (holdoutSlots > 0 && slotOf(HOLDOUT_SALT, unit, SEEDS.holdout) < holdoutSlots) return 'holdout';
  if (layer !== null) {
    return layer.owners[slotOf(layer.salt, unit, SEEDS.layer)] === layer.own ? null : 'ineligible';
  }
  return eligibleSlots === SLOTS || slotOf(salt, unit, SEEDS.eligible) < eligibleSlots ? null : 'ineligible';
}
