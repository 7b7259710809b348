// The assignment: model + unit -> slot -> version, with its reason. A pure function of the unit's bytes and the tables; health,
// load and time never enter. docs/assignment.md specifies it to the byte.

import { headerOf } from '../http/head.ts';
import { pathOf, queryValue } from '../http/target.ts';
import { murmur3 } from '../kernel/murmur3.ts';
import type { Assignment } from '../model.ts';
import { SLOTS } from '../model.ts';

export interface SplitRule {
  readonly when: {
    readonly headers: Readonly<Record<string, string>>;
    readonly query: Readonly<Record<string, string>>;
    readonly path: string | null;
  };
  readonly shares: readonly number[];
  readonly owners: Uint8Array;
}

/** All that decides the versions of one model, compiled once per Plan. */
export interface ModelSplit {
  readonly salt: Uint8Array;
  readonly champion: number;
  readonly shares: readonly number[];
  /** Owner of each slot. */
  readonly owners: Uint8Array;
  readonly overrides: ReadonlyMap<string, number>;
  readonly rules: readonly SplitRule[];
  readonly missing: 'random' | 'champion' | 'reject';
}

/** What rules look at. */
export interface Attributes {
  readonly rawHeaders: readonly string[];
  readonly target: string;
}

/** A unit as bytes (what is hashed) and as text (what people read and overrides name). */
export interface Unit {
  readonly bytes: Uint8Array;
  readonly text: string;
}

const MAX_UNIT_BYTES = 4096;
const scratch = new Uint8Array(512 + MAX_UNIT_BYTES);

/** The salt's bytes with the separator: what precedes the unit in the hash. */
export function saltBytes(salt: string): Uint8Array {
  return Buffer.from(`${salt}:`, 'utf8');
}

/**
 * Slot of a unit: floor(murmur3_x86_32(utf8(salt) ":" unit, seed 0) * SLOTS / 2^32), exact in a double.
 * @returns 0 to SLOTS - 1
 */
export function slotOf(salt: Uint8Array, unit: Uint8Array): number {
  const length = salt.length + unit.length;
  const bytes = length <= scratch.length ? scratch : new Uint8Array(length);
  bytes.set(salt);
  bytes.set(unit, salt.length);
  return Math.floor((murmur3(bytes, 0, 0, length) * SLOTS) / 2 ** 32);
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
  if (unit !== null && split.overrides.size > 0) {
    const pinned = split.overrides.get(unit.text);
    if (pinned !== undefined)
      return { version: pinned, slot: slotOf(split.salt, unit.bytes), propensity: 1, reason: 'override' };
  }
  const rule = split.rules.length === 0 ? -1 : matchingRule(split.rules, attributes);
  const chosen = rule < 0 ? split : (split.rules[rule] as SplitRule);
  if (unit === null) {
    if (split.missing === 'reject') return null;
    if (split.missing === 'champion') return { version: split.champion, slot: -1, propensity: 1, reason: 'no_key' };
    const version = chosen.owners[Math.floor(random() * SLOTS)] as number;
    return { version, slot: -1, propensity: chosen.shares[version] ?? 0, reason: 'no_key' };
  }
  const slot = slotOf(split.salt, unit.bytes);
  const version = chosen.owners[slot] as number;
  return { version, slot, propensity: chosen.shares[version] ?? 0, reason: rule < 0 ? 'split' : 'rule' };
}

/** Index of the first rule whose every condition holds, or -1. */
export function matchingRule(rules: readonly SplitRule[], attributes: Attributes): number {
  return rules.findIndex(({ when }) => holds(when, attributes));
}

function holds(when: SplitRule['when'], { rawHeaders, target }: Attributes): boolean {
  if (when.path !== null) {
    const path = pathOf(target);
    if (!path.startsWith(when.path) || (path.length > when.path.length && path.charCodeAt(when.path.length) !== 47))
      return false;
  }
  for (const name in when.headers) {
    if (headerOf(rawHeaders, name) !== when.headers[name]) return false;
  }
  for (const name in when.query) {
    const value = queryValue(target, name);
    if (value === undefined || Buffer.from(value).toString('utf8') !== when.query[name]) return false;
  }
  return true;
}
