// The lock as text: sorted keys, one line per version and pin, so that a diff shows what changed. Each entry carries a hash of its
// content, by which a hand or a careless merge gives itself away; entries of different models merge without a conflict.

import { createHash } from 'node:crypto';
import { LOCK_VERSION, type Lock, type LockEntry } from './lock.ts';
import type { Allocation } from './next-allocation.ts';
import { REST, writeRanges } from './slot-ranges.ts';
import type { PastEpoch, Terms } from './tables.ts';
import { sameTerms } from './terms.ts';

type Json = null | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The whole file. */
export function lockText(lock: Lock): string {
  const whole = { version: LOCK_VERSION, models: entries(lock.models), layers: entries(lock.layers) };
  return `${JSON.stringify(whole, null, 2)}\n`;
}

/** 32 hex digits over the entry as JSON with sorted keys, without the hash itself. */
export function entryHash(entry: unknown): string {
  return createHash('sha256').update(canonical(entry)).digest('hex').slice(0, 32);
}

/** The entry as it stands in the file, without its hash. */
export function plainEntry({ epoch, at, salt, enrolment, terms, splits, past }: LockEntry): {
  readonly [key: string]: Json;
} {
  return {
    epoch,
    at,
    salt,
    ...enrolment,
    ...(terms === null ? {} : plainTerms(terms)),
    splits: Object.fromEntries([...splits].sort(byKey).map(([key, split]) => [key, plainSplit(split)])),
    past: past.map((epochPast, index) => plainPast(epochPast, index === 0 ? terms : (past[index - 1]?.terms ?? null))),
  };
}

function entries(all: ReadonlyMap<string, LockEntry>): Json {
  return Object.fromEntries(
    [...all].sort(byKey).map(([name, entry]) => {
      const plain = plainEntry(entry);
      return [name, { hash: entryHash(plain), ...plain }];
    }),
  );
}

function plainTerms({ champion, sticky, rules, overrides }: Terms): Record<string, Json> {
  return {
    champion,
    sticky,
    ...(rules.length === 0 ? {} : { rules }),
    ...(overrides.size === 0 ? {} : { overrides: Object.fromEntries(overrides) }),
  };
}

/** Slots of whoever has most are those that nobody else has: half of the file, as a rule. */
function plainSplit({ shares, names, owners }: Allocation): Json {
  const counts = names.map((_, at) => owners.reduce((sum, owner) => sum + (owner === at ? 1 : 0), 0));
  const most = counts.indexOf(Math.max(...counts));
  const slots = names.map((name, at): [string, string] => [name, at === most ? REST : writeRanges(owners, at)]);
  return { shares: Object.fromEntries(shares), slots: Object.fromEntries(slots) };
}

/** @param after the terms of the epoch that followed: equal ones are not written again */
function plainPast({ epoch, at, salt, enrolment, terms, splits }: PastEpoch, after: Terms | null): Json {
  const plain = Object.entries(splits).map(([key, { shares, slots, whole }]): [string, Json] => [
    key,
    { shares, [whole ? 'slots' : 'moved']: slots },
  ]);
  const told = sameTerms(terms, after) ? {} : terms === null ? { champion: null } : plainTerms(terms);
  return { epoch, at, salt, ...enrolment, ...told, splits: Object.fromEntries(plain) };
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(byKey);
  return `{${members.map(([key, below]) => `${JSON.stringify(key)}:${canonical(below)}`).join(',')}}`;
}
