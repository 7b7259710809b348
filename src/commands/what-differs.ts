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
  else if (then.slot === now.slot) {
    const since = now.since === null ? '' : `, since ${now.since}`;
    told.push(
      `Slot ${now.slot} belonged to ${then.assigned} (epoch ${then.epoch}) and belongs to ${now.version} (epoch ${now.epoch}${since}).`,
    );
  }
  return told;
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
