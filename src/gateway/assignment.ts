// Step 4 of a decision: its unit, and the version the unit is given. Calls that are not decisions go to the champion.

import type { Failure } from '../errors.ts';
import type { Assignment, Reason } from '../model.ts';
import { assign } from '../split/assign.ts';
import { readPlaces, unitOf } from '../split/unit.ts';
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

export const UNASSIGNED: Assignment = {
  version: 0,
  slot: -1,
  epoch: 0,
  propensity: 1,
  reason: 'no_key',
  rule: -1,
};

const NOT_READ: readonly undefined[] = [];

/** @returns false where the model refuses requests without a key */
export function assignVersion(decision: Assignable): boolean {
  const { route, exchange, target, body } = decision;
  const { rawHeaders } = exchange;
  const { sticky, champion } = route.plan;
  if (!decision.recorded) {
    decision.assignment = { ...UNASSIGNED, version: champion };
    return true;
  }
  const { split, drain } = route;
  const attributes = {
    rawHeaders,
    target,
    body: split.places === null ? NOT_READ : readPlaces(split.places, body.whole()),
  };
  const unit = sticky === null ? null : unitOf(sticky.source, attributes);
  const given = assign(split, unit, attributes, decision.gate.random);
  if (given === null) return false;
  const assignment = drain === null || unit === null ? given : drain.settle(unit, given);
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
