// Which version a unit is given, and why, for people: the assignment of the data path, with names and the rule that matched.

import type { ModelPlan } from '../config/plan.ts';
import { type Attributes, assign, matchingRule } from './assign.ts';
import { modelSplit } from './model-split.ts';
import type { AllocationTable } from './tables.ts';
import { UNIT_BYTES_MAX } from './unit.ts';

/** What rules look at, as people give it. */
export interface AskedAttributes {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly path: string;
}

export interface Explanation {
  readonly model: string;
  readonly unit: string;
  readonly version: string;
  readonly slot: number;
  readonly propensity: number;
  readonly reason: string;
  /** Index into the model's rules of the one that matched, where the reason is `rule`. */
  readonly rule: number | null;
}

/** Why the data path would not assign by this unit, or null where it would. */
export function noAssignment(model: ModelPlan, unit: string): string | null {
  const bytes = Buffer.byteLength(unit, 'utf8');
  if (model.sticky === null) return `Model ${model.name} has no sticky key: each of its decisions is split by chance.`;
  if (bytes === 0 || bytes > UNIT_BYTES_MAX) {
    return `A unit has 1 to ${UNIT_BYTES_MAX} bytes, this one ${bytes}: the gate takes it for absent (sticky.missing: ${model.sticky.missing}).`;
  }
  return null;
}

/** @param tables of the split and then of each rule's split, in order */
export function explainUnit(
  model: ModelPlan,
  tables: readonly AllocationTable[],
  unit: string,
  asked: AskedAttributes,
): Explanation {
  const split = modelSplit(model, tables);
  const attributes = asOnTheWire(asked);
  const assignment = assign(split, { bytes: Buffer.from(unit, 'utf8'), text: unit }, attributes, () => 0);
  if (assignment === null) throw new Error(`a unit was given, and model ${model.name} refused it`);
  const { slot, propensity, reason } = assignment;
  return {
    model: model.name,
    unit,
    version: model.versions[assignment.version]?.name ?? '',
    slot,
    propensity,
    reason,
    rule: reason === 'rule' ? matchingRule(split.rules, attributes) : null,
  };
}

/** Header values as latin1 bytes, the query percent-encoded. */
function asOnTheWire({ headers, query, path }: AskedAttributes): Attributes {
  const search = new URLSearchParams(query).toString();
  const rawHeaders = Object.entries(headers).flatMap(([name, value]) => [name, Buffer.from(value).toString('latin1')]);
  return { rawHeaders, target: search === '' ? path : `${path}?${search}` };
}
