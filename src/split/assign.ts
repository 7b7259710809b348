// The assignment: model + unit -> slot -> version, with its reason. A pure function of the unit's bytes and the tables; health,
// load and time never enter. docs/assignment.md specifies it to the byte.

import type { Assignment } from '../model.ts';
import { SLOTS } from '../model.ts';
import { type Enrolment, exclusion } from './enrolment.ts';
import type { Places } from './json-scan.ts';
import { type Attributes, matchingRule, type RuleConditions } from './rules.ts';
import { slotOf } from './slot.ts';

/** Who owns each slot, and so with what probability a version is given. */
export interface Allocation {
  readonly owners: Uint8Array;
  readonly epoch: number;
  /** Owned slots over SLOTS, per version; counted when first asked for, so that a reload costs nothing. */
  propensities: Float64Array | null;
}

export interface SplitRule {
  readonly when: RuleConditions;
  readonly allocation: Allocation;
  /** Nothing for the champion: the rule is no experiment against it, and takes every unit that it matches. */
  readonly routes: boolean;
}

/** All that decides the versions of one model, compiled once per Plan. */
export interface ModelSplit {
  readonly salt: Uint8Array;
  readonly champion: number;
  readonly allocation: Allocation;
  readonly overrides: ReadonlyMap<string, number>;
  readonly rules: readonly SplitRule[];
  /** null: every unit takes part. */
  readonly enrolment: Enrolment | null;
  readonly missing: 'random' | 'champion' | 'reject';
  /** What bodies are scanned for; the unit's place is the first where the unit is in the body. null: bodies are not read. */
  readonly places: Places | null;
}

/** A unit as bytes (what is hashed) and as text (what people read and overrides name). */
export interface Unit {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/**
 * @param unit null where the request carries no key
 * @param random uniform in [0, 1), drawn only where there is no key
 * @returns null where the model refuses requests without a key
 */
export function assign(
  split: ModelSplit,
  unit: Unit | null,
  attributes: Attributes,
  random: () => number,
): Assignment | null {
  const { champion, allocation, enrolment } = split;
  if (unit !== null && split.overrides.size > 0) {
    const version = split.overrides.get(unit.text);
    if (version !== undefined && isExact(unit)) {
      const slot = slotOf(split.salt, unit.bytes);
      return { version, slot, epoch: allocation.epoch, propensity: 1, reason: 'override', rule: -1 };
    }
  }
  const rule = split.rules.length === 0 ? -1 : matchingRule(split.rules, attributes);
  const ruled = rule < 0 ? undefined : split.rules[rule];
  const chosen = ruled === undefined ? allocation : ruled.allocation;
  const asked = ruled?.routes === true ? null : enrolment;
  if (unit === null) return withoutUnit(split, chosen, asked, rule, random);

  const slot = slotOf(split.salt, unit.bytes);
  const excluded = asked === null ? null : exclusion(asked, split.salt, unit.bytes);
  if (excluded !== null) {
    return { version: champion, slot, epoch: chosen.epoch, propensity: 1, reason: excluded, rule };
  }
  const version = chosen.owners[slot] as number;
  const propensity = propensityOf(chosen, version);
  return { version, slot, epoch: chosen.epoch, propensity, reason: rule < 0 ? 'split' : 'rule', rule };
}

/** By chance as a unit would fare, the enrolment included; nothing about it is sticky. */
function withoutUnit(
  { missing, champion }: ModelSplit,
  chosen: Allocation,
  enrolment: Enrolment | null,
  rule: number,
  random: () => number,
): Assignment | null {
  if (missing === 'reject') return null;
  const { epoch } = chosen;
  if (missing === 'champion') {
    return { version: champion, slot: -1, epoch, propensity: 1, reason: 'no_key', rule };
  }
  const chance = enrolment === null ? 1 : enrolment.chance;
  const takesPart = chance === 1 || random() < chance;
  const version = takesPart ? (chosen.owners[Math.floor(random() * SLOTS)] as number) : champion;
  const drawn = chance * propensityOf(chosen, version);
  const propensity = version === champion ? drawn + 1 - chance : drawn;
  return { version, slot: -1, epoch, propensity, reason: 'no_key', rule };
}

/** Units that are not UTF-8 read alike where they differ: text that stands for such bytes names none of them. */
export function isExact({ bytes, text }: Unit): boolean {
  return !text.includes('\ufffd') || Buffer.from(text, 'utf8').equals(bytes);
}

export function propensityOf(allocation: Allocation, version: number): number {
  allocation.propensities ??= countSlots(allocation.owners);
  return allocation.propensities[version] as number;
}

function countSlots(owners: Uint8Array): Float64Array {
  const counts = new Float64Array(256);
  for (const owner of owners) counts[owner] = (counts[owner] as number) + 1;
  return counts.map((count) => count / SLOTS);
}
