// Why a decision of the past would be assigned otherwise today, in sentences. Compares what the record says with what the
// configuration says; nothing is guessed.

import type { ExplainView } from '../admin/view.ts';
import type { ModelPlan } from '../config/plan.ts';
import { why } from './explain.ts';

/** What the record says of the assignment. */
export interface Then {
  /** Who answered. */
  readonly version: string;
  /** Who was to answer: another one where the champion stood in. */
  readonly assigned: string;
  readonly slot: number;
  readonly epoch: number;
  readonly propensity: number;
  readonly reason: string;
  readonly rule: number | null;
  readonly generation: string;
}

/** @returns one sentence or more; of the cause that comes first on the way of an assignment, first */
export function whatDiffers(then: Then, now: ExplainView, model: ModelPlan): string[] {
  const told: string[] = [];
  if (then.assigned === now.version) {
    const reasonMoved = then.reason !== 'fallback' && then.reason !== now.reason;
    told.push('Today the unit is assigned the same version.');
    if (reasonMoved) told.push(`The reason is another one: ${then.reason} then, ${now.reason} now.`);
  } else {
    told.push(...causes(then, now, model));
    if (then.generation === now.generation && told.length === 0) told.push('The lock has changed since.');
  }
  if (then.reason === 'fallback') {
    told.push(`${then.assigned} was assigned and failed before it answered; ${then.version} answered in its place.`);
  }
  return told;
}

function causes(then: Then, now: ExplainView, model: ModelPlan): string[] {
  const told: string[] = [];
  if (!model.versions.some(({ name }) => name === then.assigned)) {
    told.push(`Version ${then.assigned} is no longer in the configuration.`);
  }
  if (then.reason === 'drain')
    told.push(`Then the unit was left on ${then.assigned} for a while, against the split (drain).`);
  if (then.slot >= 0 && then.slot !== now.slot) {
    told.push(`The salt has changed: the unit's slot was ${then.slot} and is ${now.slot}.`);
  }
  if (isOtherWay(then, now)) told.push(`Then by ${wayOf(then)}, now by ${wayOf(now)}: ${why(now, model)}.`);
  else told.push(...sameWay(then, now, model));
  return told;
}

/** What changed where the reason did not: of a unit that takes part the owner of its slot, of others the champion, or the pin. */
function sameWay(then: Then, now: ExplainView, model: ModelPlan): string[] {
  const { assigned } = then;
  if (now.reason === 'override') return [`overrides named ${assigned} for this unit, and names ${now.version}.`];
  if (now.reason === 'holdout' || now.reason === 'ineligible') {
    return [`By ${now.reason} then as now, which is the champion: that was ${assigned}, and is ${now.version}.`];
  }
  if (then.slot !== now.slot) return [];
  const since = now.since === null ? '' : `, since ${now.since}`;
  const belongs = `belongs to ${now.version} (epoch ${now.epoch}${since})`;
  if (then.reason === 'fallback') {
    return [`How ${assigned} was assigned is not on record where another answered; slot ${now.slot} now ${belongs}.`];
  }
  const belonged = `Slot ${now.slot} belonged to ${assigned} (epoch ${then.epoch})`;
  if (now.reason !== 'rule') return [`${belonged} and ${belongs}.`];
  // The number of a rule says nothing in a configuration of another generation.
  const way = then.generation === now.generation ? '' : `Then by ${wayOf(then)} of generation ${then.generation}, `;
  return [...(way === '' ? [] : [`${way}now ${why(now, model)}.`]), `${belonged} in its split, and ${belongs}.`];
}

/** A fallback keeps no word of how its unit was assigned. */
function isOtherWay(then: Then, now: ExplainView): boolean {
  if (then.reason === 'fallback' || then.reason === 'drain') return now.reason !== 'split' && now.reason !== 'rule';
  return then.reason !== now.reason || (then.rule !== now.rule && then.generation === now.generation);
}

function wayOf({ reason, rule }: Pick<Then, 'reason' | 'rule'>): string {
  if (reason === 'fallback') return 'an assignment that fell back';
  return rule === null ? reason : `${reason} (rules[${rule}])`;
}
