// The lock as text: sorted keys, one line per version, so that a diff shows what changed. Each entry carries a hash of its
// content, by which a hand or a careless merge gives itself away; entries of different models merge without a conflict.

import { createHash } from 'node:crypto';
import { LOCK_VERSION, type Lock, type LockEntry } from './lock.ts';
import type { Allocation } from './next-allocation.ts';
import { writeRanges } from './slot-ranges.ts';
import type { PastEpoch } from './tables.ts';

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
export function plainEntry({ epoch, at, salt, enrolment, splits, past }: LockEntry): { readonly [key: string]: Json } {
  return {
    epoch,
    at,
    salt,
    ...enrolment,
    splits: Object.fromEntries([...splits].sort(byKey).map(([key, split]) => [key, plainSplit(split)])),
    past: past.map(plainPast),
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

function plainSplit({ shares, names, owners }: Allocation): Json {
  const slots = names.map((name, at): [string, string] => [name, writeRanges(owners, at)]);
  return { shares: Object.fromEntries(shares), slots: Object.fromEntries(slots) };
}

function plainPast({ epoch, at, salt, enrolment, splits }: PastEpoch): Json {
  const plain = Object.entries(splits).map(([key, { shares, slots, whole }]): [string, Json] => [
    key,
    { shares, [whole ? 'slots' : 'moved']: slots },
  ]);
  return { epoch, at, salt, ...enrolment, splits: Object.fromEntries(plain) };
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
