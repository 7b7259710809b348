// Which version a unit is given, and why, for people: the assignment of the data path, with names, the rule that held, and
// what the unit was given in earlier epochs.

import type { ModelPlan } from '../config/plan.ts';
import { type Assignment, UNIT_BYTES_MAX } from '../model.ts';
import { assign, type Unit } from './assign.ts';
import { createEarlier, type EarlierAnswer } from './earlier.ts';
import type { Found } from './json-scan.ts';
import { modelSplit } from './model-split.ts';
import { type Attributes, judgeRules, type Known, type RuleConditions } from './rules.ts';
import { ruleKeys, SPLIT } from './split-keys.ts';
import { type AllocationTable, type ModelHistory, NO_HISTORY } from './tables.ts';
import { stickyText } from './terms.ts';
import { fromBytes, readPlaces } from './unit.ts';

/** What rules look at, as people give it. */
export interface AskedAttributes {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly path: string;
  /** A JSON body, or null. */
  readonly body: Uint8Array | null;
}

export interface Explanation {
  readonly model: string;
  readonly unit: string;
  readonly version: string;
  readonly slot: number;
  /** Of the allocation used; 0 without a lock. */
  readonly epoch: number;
  /** When that epoch began, ISO; null without a lock. */
  readonly since: string | null;
  readonly propensity: number;
  readonly reason: string;
  /** Index into the model's rules of the one that held; null where none did, or where none was asked (`override`). */
  readonly rule: number | null;
  /** A leaving version: a gate that has seen the unit there within this time keeps it there. */
  readonly drain: { readonly version: string; readonly forMs: number } | null;
  /** Newest first. */
  readonly earlier: readonly EarlierAnswer[];
}

/** A model compiled once, to be asked about many units. */
export interface Explainer {
  explain(unit: Unit, attributes: Attributes): Explanation;
  /** Which rule held for a request of which not everything is known. */
  judge(attributes: Attributes, known: Known): ReturnType<typeof judgeRules>;
  /** As if just this rule held, or none: -1. */
  explainRuled(unit: Unit, rule: number): Explanation;
  /** What of a body the model's split looks at. */
  readBody(body: Uint8Array | null): readonly (Found | undefined)[];
}

/** Why the data path would not assign by this unit, or null where it would. */
export function noAssignment({ name, sticky }: ModelPlan, unit: Uint8Array): string | null {
  if (sticky === null) return `Model ${name} has no sticky key: each of its decisions is split by chance.`;
  if (fromBytes(unit) === null) {
    return `A unit has 1 to ${UNIT_BYTES_MAX} bytes, this one ${unit.length}: the gate takes it for absent (sticky.missing: ${sticky.missing}).`;
  }
  return null;
}

/** @param tables of the split, then of each rule's split, in order, then of the layer */
export function createExplainer(
  model: ModelPlan,
  tables: readonly AllocationTable[],
  history: ModelHistory = NO_HISTORY,
): Explainer {
  const split = modelSplit(model, tables);
  const versions = model.versions.map(({ name }) => name);
  const keys = ruleKeys(model);
  const nameOf = (version: number): string => versions[version] ?? '';
  const earlier = createEarlier({
    model: model.name,
    champion: nameOf(model.champion),
    sticky: stickyText(model.sticky),
    history,
    present() {
      const allocations = [split.allocation, ...split.rules.map(({ allocation }) => allocation)];
      return new Map(
        allocations.map(({ owners }, at) => [at === 0 ? SPLIT : (keys[at - 1] ?? ''), Array.from(owners, nameOf)]),
      );
    },
  });
  const { drain } = model;
  const leaving = drain === null ? null : { version: nameOf(drain.version), forMs: drain.forMs };

  function told(unit: Unit, given: Assignment | null, rule: number): Explanation {
    if (given === null) throw new Error(`a unit was given, and model ${model.name} refused it`);
    const { slot, epoch, propensity, reason } = given;
    const version = nameOf(given.version);
    const mayDrain = rule < 0 && reason !== 'override' && leaving?.version !== version;
    return {
      model: model.name,
      unit: unit.text,
      version,
      slot,
      epoch,
      since: history.since,
      propensity,
      reason,
      rule: rule < 0 ? null : rule,
      drain: mayDrain ? leaving : null,
      earlier: earlier(unit, rule < 0 ? null : (keys[rule] ?? null)),
    };
  }

  return {
    readBody: (body) => readPlaces(split.places, body),
    explain(unit, attributes) {
      const given = assign(split, unit, attributes, () => 0);
      return told(unit, given, given?.rule ?? -1);
    },
    judge: (attributes, known) => judgeRules(split.rules, attributes, known),
    explainRuled(unit, rule) {
      const forced = split.rules[rule];
      const rules = forced === undefined ? [] : [{ ...forced, when: ALWAYS }];
      const given = assign({ ...split, rules }, unit, NO_REQUEST, () => 0);
      return told(unit, given, given?.rule === 0 ? rule : -1);
    },
  };
}

const ALWAYS: RuleConditions = { headers: {}, query: {}, path: null, body: [] };
const NO_REQUEST: Attributes = { rawHeaders: [], target: '/', body: [] };

/** Header values as latin1 bytes, the query percent-encoded. */
export function asOnTheWire(explainer: Explainer, { headers, query, path, body }: AskedAttributes): Attributes {
  const search = new URLSearchParams(query).toString();
  const rawHeaders = Object.entries(headers).flatMap(([name, value]) => [name, Buffer.from(value).toString('latin1')]);
  return { rawHeaders, target: search === '' ? path : `${path}?${search}`, body: explainer.readBody(body) };
}
