// Step 4 of a decision: its unit, and the version the unit is given. Calls that are not decisions go to the champion.

import type { Failure } from '../errors.ts';
import type { Assignment, Reason } from '../model.ts';
import { assign } from '../split/assign.ts';
import { readPlaces, unitOf } from '../split/unit.ts';
import type { DecisionFacts } from './record.ts';
import type { Route } from './route.ts';

/** A decision as its assignment sees it. */
export interface Assignable extends DecisionFacts {
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

/** @returns why the request is refused, or null */
export function assignVersion(decision: Assignable): Failure | null {
  const { route, exchange, target, body } = decision;
  const { rawHeaders } = exchange;
  const { sticky, champion } = route.plan;
  if (!decision.isDecision) {
    decision.assignment = { ...UNASSIGNED, version: champion };
    return null;
  }
  const whole = body.whole();
  if (sticky?.source.kind === 'body' && whole === null && sticky.missing !== 'champion') return keyOutOfSight(decision);
  const { split, drain } = route;
  const attributes = {
    rawHeaders,
    target,
    body: split.places === null ? NOT_READ : readPlaces(split.places, whole),
  };
  const unit = sticky === null ? null : unitOf(sticky.source, attributes);
  const given = assign(split, unit, attributes, decision.gate.random);
  if (given === null) return missingKey(route);
  const assignment = drain === null || unit === null ? given : drain.settle(unit, given);
  decision.unit = unit?.text ?? '';
  decision.assignment = assignment;
  decision.reason = assignment.reason;
  return null;
}

/** Chance would give a unit another version each time, and that the key is missing nobody knows: it has not been read. */
function keyOutOfSight({ body }: Assignable): Failure {
  return {
    code: 'body_too_large',
    detail: `The sticky key is in the body, and a body over listen.body.buffer (${body.heldMax} bytes) is not held.`,
  };
}

function missingKey({ plan }: Route): Failure {
  const source = plan.sticky?.source;
  const where =
    source === undefined
      ? 'key'
      : source.kind === 'body'
        ? `/${source.tokens.join('/')} in the body`
        : `${source.kind} ${source.name}`;
  return { code: 'sticky_key_missing', detail: `Model ${plan.name} sticks to ${where}.` };
}
