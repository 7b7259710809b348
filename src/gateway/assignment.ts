// Step 4 of a decision: its unit, and the version the unit is given. Calls that are not decisions go to the champion.

import type { Failure } from '../errors.ts';
import type { Assignment, Reason } from '../model.ts';
import { assign } from '../split/assign.ts';
import { unitOf } from '../split/unit.ts';
import type { Gate } from './gate.ts';
import type { DecisionFacts } from './record.ts';
import type { Route } from './route.ts';

/** A decision as its assignment sees it. */
export interface Assignable extends DecisionFacts {
  readonly gate: Gate;
  readonly recorded: boolean;
  assignment: Assignment;
  reason: Reason;
  unit: string;
}

/** @returns false where the model refuses requests without a key */
export function assignVersion(decision: Assignable): boolean {
  const { route, exchange, target, body } = decision;
  const { rawHeaders } = exchange;
  const { sticky, champion } = route.plan;
  if (!decision.recorded) {
    decision.assignment = { version: champion, slot: -1, propensity: 1, reason: 'no_key' };
    return true;
  }
  const unit = sticky === null ? null : unitOf(sticky.source, { rawHeaders, target, body: body.whole() });
  const assignment = assign(route.split, unit, { rawHeaders, target }, decision.gate.random);
  if (assignment === null) return false;
  decision.unit = unit?.text ?? '';
  decision.assignment = assignment;
  decision.reason = assignment.reason;
  return true;
}

export function missingKey({ plan }: Route): Failure {
  const source = plan.sticky?.source;
  const where =
    source === undefined
      ? 'key'
      : source.kind === 'body'
        ? `/${source.tokens.join('/')} in the body`
        : `${source.kind} ${source.name}`;
  return { code: 'sticky_key_missing', detail: `Model ${plan.name} sticks to ${where}.` };
}
