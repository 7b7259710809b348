// The lock that follows from a configuration and the lock before it, and what changes by it: which units move from where to
// where. Pure; who writes it decides whether it is wanted.

import { differences } from './differences.ts';
import { changedEntry, type EntryChange, goneEntry, newEntry, type Renames } from './entry-change.ts';
import { entryOf, type Lock, type LockEntry, PAST_MAX } from './lock.ts';
import { type Allocation, firstAllocation, nextAllocation, sameShares } from './next-allocation.ts';
import { writeRanges } from './slot-ranges.ts';
import { SPLIT } from './split-keys.ts';
import type { Subject } from './splits-of.ts';
import type { PastEpoch, PastSplit } from './tables.ts';
import { renameTerms } from './terms.ts';

export interface PlannedLock {
  /** The same one where nothing changes. */
  readonly lock: Lock;
  readonly changes: readonly EntryChange[];
  /** Whether entries of format 1 have got their terms: that begins no epoch, but is to be written. */
  readonly upgraded: boolean;
}

/**
 * @param lock EMPTY_LOCK where there is none yet
 * @param now ISO: the new epochs begin here, or just after the last one where the clock that wrote it is ahead
 */
export function planLock(lock: Lock, subjects: readonly Subject[], renames: Renames, now: string): PlannedLock {
  const at = timeAfter(lock, now);
  const next = { models: new Map<string, LockEntry>(), layers: new Map<string, LockEntry>() };
  const taken = new Set<string>();
  const steps = subjects.map((subject) => {
    const { entry, oldName } = entryBefore(lock, subject, subjects, renames);
    if (oldName !== null) taken.add(`${subject.kind} ${oldName}`);
    const step = entry === undefined ? first(subject, at) : follow(entry, subject, { renames, at, oldName });
    next[`${subject.kind}s`].set(subject.name, step.entry);
    return { ...step, subject, oldName };
  });
  // A model's units depend on its layer: what changes is told once every entry is there.
  const changes = steps.flatMap(({ kind, entry, before, renamed, oldName, subject }) => {
    const named = { kind: subject.kind, name: subject.name, renamed, oldName };
    if (kind === 'first') return [newEntry(named, entry)];
    if (kind !== 'epoch') return [];
    const name = oldName ?? subject.name;
    return [changedEntry(named, { entry: before, name, lock }, { entry, name: subject.name, lock: next })];
  });
  for (const kind of ['model', 'layer'] as const) {
    for (const [name, entry] of lock[`${kind}s`]) {
      if (next[`${kind}s`].has(name) || taken.has(`${kind} ${name}`)) continue;
      changes.push(goneEntry({ kind, name, renamed: NO_RENAMES, oldName: null }, entry));
    }
  }
  const upgraded = steps.some(({ kind }) => kind === 'terms');
  return changes.length === 0 && !upgraded ? { lock, changes, upgraded } : { lock: next, changes, upgraded };
}

/** Epochs follow each other in time as in number, whoever's clock they were written by. */
function timeAfter({ models, layers }: Lock, now: string): string {
  const last = Math.max(-Infinity, ...[...models.values(), ...layers.values()].map(({ at }) => Date.parse(at)));
  return Date.parse(now) > last ? now : new Date(last + 1).toISOString();
}

/** The entry of a subject, under the name it had before where it is renamed. */
function entryBefore(lock: Lock, subject: Subject, subjects: readonly Subject[], renames: Renames) {
  const entry = entryOf(lock, subject);
  if (entry !== undefined) return { entry, oldName: null };
  const { kind } = subject;
  for (const [from, to] of renames) {
    const found = to === subject.name ? entryOf(lock, { kind, name: from }) : undefined;
    const isFree = !subjects.some((other) => other.kind === kind && other.name === from);
    if (found !== undefined && isFree) return { entry: found, oldName: from };
  }
  return { entry: undefined, oldName: null };
}

interface Step {
  /** terms: an entry of format 1 gets its terms, within its epoch. epoch: a new one begins. */
  readonly kind: 'first' | 'same' | 'terms' | 'epoch';
  readonly entry: LockEntry;
  /** The entry before, with the names that its versions have now. */
  readonly before: LockEntry;
  readonly renamed: Renames;
}

const NO_RENAMES: Renames = new Map();

function first({ salt, enrolment, terms, splits }: Subject, at: string): Step {
  const allocations = new Map([...splits].map(([key, shares]) => [key, firstAllocation(shares)]));
  const entry: LockEntry = { epoch: 1, at, salt, enrolment, terms, splits: allocations, past: [] };
  return { kind: 'first', entry, before: entry, renamed: NO_RENAMES };
}

interface Following {
  readonly renames: Renames;
  /** ISO. */
  readonly at: string;
  readonly oldName: string | null;
}

function follow(entry: LockEntry, subject: Subject, { renames, at, oldName }: Following): Step {
  const { salt, enrolment, terms } = subject;
  const renamed = renamesWithin(entry, subject, renames);
  if (oldName === null && renamed.size === 0 && differences(entry, subject).length === 0) {
    const isTold = entry.terms !== null || terms === null;
    const told = isTold ? entry : { ...entry, terms };
    return { kind: isTold ? 'same' : 'terms', entry: told, before: entry, renamed };
  }
  const before: LockEntry = {
    ...entry,
    terms: entry.terms === null ? null : renameTerms(entry.terms, renamed),
    splits: new Map([...entry.splits].map(([key, split]) => [key, rename(split, renamed)])),
  };
  const splits = new Map<string, Allocation>();
  for (const [key, shares] of subject.splits) {
    const old = before.splits.get(key);
    // Units that a new rule takes had the model's own split until now.
    const start = old ?? before.splits.get(SPLIT);
    const same = old !== undefined && sameShares(old.shares, shares);
    splits.set(key, same ? old : start === undefined ? firstAllocation(shares) : nextAllocation(start, shares));
  }
  const past = [pastOf(entry, splits), ...entry.past].slice(0, PAST_MAX);
  const next: LockEntry = { epoch: entry.epoch + 1, at, salt, enrolment, terms, splits, past };
  return { kind: 'epoch', entry: next, before, renamed };
}

/** Of the renames, those that fit: the old name is only in the lock, the new one only in the configuration. */
function renamesWithin(entry: LockEntry, subject: Subject, renames: Renames): Renames {
  const before = namesIn(
    [...entry.splits.values()].map(({ shares }) => shares),
    entry.terms,
  );
  const after = namesIn(subject.splits.values(), subject.terms);
  const fits = ([from, to]: [string, string]): boolean =>
    before.has(from) && after.has(to) && !after.has(from) && !before.has(to);
  return new Map([...renames].filter(fits));
}

function namesIn(splits: Iterable<{ keys(): Iterable<string> }>, terms: LockEntry['terms']): Set<string> {
  const shared = [...splits].flatMap((shares) => [...shares.keys()]);
  return new Set(terms === null ? shared : [...shared, terms.champion, ...terms.overrides.values()]);
}

function rename(allocation: Allocation, renames: Renames): Allocation {
  if (renames.size === 0) return allocation;
  const nameOf = (name: string): string => renames.get(name) ?? name;
  const shares = new Map([...allocation.shares].map(([name, share]): [string, number] => [nameOf(name), share]));
  const names = [...shares.keys()].sort();
  const position = allocation.names.map((name) => names.indexOf(nameOf(name)));
  const owners = allocation.owners.map((owner) => position[owner] as number);
  return { shares: new Map(names.map((name) => [name, shares.get(name) ?? 0])), names, owners };
}

/** The epoch that ends, as what the next one changed; as a whole where nothing comes next. */
export function pastOf(
  { epoch, at, salt, enrolment, terms, splits }: LockEntry,
  next: ReadonlyMap<string, Allocation>,
): PastEpoch {
  const past = [...splits].map(([key, split]): [string, PastSplit] => [key, pastSplit(split, next.get(key))]);
  return { epoch, at, salt, enrolment, terms, splits: Object.fromEntries(past) };
}

function pastSplit({ shares, names, owners }: Allocation, next: Allocation | undefined): PastSplit {
  const changed = Uint16Array.from(owners, (owner, slot) => {
    const isSame = next !== undefined && next.names[next.owners[slot] as number] === names[owner];
    return isSame ? 0xffff : owner;
  });
  const slots = names
    .map((name, at): [string, string] => [name, writeRanges(changed, at)])
    .filter(([, ranges]) => ranges !== '');
  return { shares: Object.fromEntries(shares), slots: Object.fromEntries(slots), whole: next === undefined };
}
