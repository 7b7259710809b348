// What a configuration would do to a lock: which entries are stale and why, which units move from where to where, and the
// lock that follows. Pure; who writes it decides whether it is wanted.

import { SLOTS } from '../model.ts';
import { entryOf, type Lock, type LockEntry, PAST_MAX } from './lock.ts';
import { type Allocation, firstAllocation, nextAllocation, sameShares } from './next-allocation.ts';
import { writeRanges } from './slot-ranges.ts';
import { type Shares, SPLIT, type Subject } from './splits-of.ts';
import type { PastEpoch, PastSplit } from './tables.ts';

/** Old name -> new name. */
export type Renames = ReadonlyMap<string, string>;

export interface Move {
  readonly from: string;
  readonly to: string;
  readonly slots: number;
}

export interface SplitChange {
  readonly key: string;
  /** new: the model is new, and nobody had a version before. added: a rule takes units that the model's split had. */
  readonly kind: 'new' | 'added' | 'changed' | 'removed';
  readonly before: Shares;
  readonly after: Shares;
  /** Most slots first. */
  readonly moves: readonly Move[];
  /** Fraction of the units of this split that get another version. */
  readonly moved: number;
}

type EntryFacts = Pick<LockEntry, 'epoch' | 'salt' | 'enrolment'>;

export interface EntryChange {
  readonly kind: 'model' | 'layer';
  readonly name: string;
  /** null: it is new. */
  readonly before: EntryFacts | null;
  /** null: it is gone. */
  readonly after: EntryFacts | null;
  /** Versions that got another name and kept their units. */
  readonly renamed: Renames;
  /** Its own name before, where that changed. */
  readonly oldName: string | null;
  readonly splits: readonly SplitChange[];
}

/** Why an entry does not fit its subject: short sentences without an end; none where it fits. */
export function differences(entry: LockEntry, subject: Subject): string[] {
  const found: string[] = [];
  if (entry.salt !== subject.salt) found.push(`the salt is ${subject.salt}, in the lock ${entry.salt}`);
  const [then, now] = [entry.enrolment, subject.enrolment];
  for (const key of ['eligible', 'holdout', 'layer'] as const) {
    const [a, b] = [then?.[key] ?? null, now?.[key] ?? null];
    if (a !== b) found.push(`${key} is ${told(b)}, in the lock ${told(a)}`);
  }
  for (const [key, shares] of subject.splits) {
    const locked = entry.splits.get(key)?.shares;
    if (locked === undefined) found.push(`${titleOf(key)} is not in the lock`);
    else if (!sameShares(locked, shares)) {
      found.push(`${titleOf(key)} is ${sharesText(shares)}, in the lock ${sharesText(locked)}`);
    }
  }
  for (const key of entry.splits.keys()) {
    if (!subject.splits.has(key)) found.push(`${titleOf(key)} is only in the lock`);
  }
  return found;
}

function told(value: string | number | null): string {
  return typeof value === 'number' ? percent(value) : (value ?? 'none');
}

/** The split as people know it. */
export function titleOf(key: string): string {
  return key === SPLIT ? 'the split' : `the rule ${key}`;
}

/** `logistic 90%, boosted 10%` */
export function sharesText(shares: Shares): string {
  return [...shares].map(([name, share]) => `${name === '' ? '(nobody)' : name} ${percent(share)}`).join(', ');
}

export function percent(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(6))}%`;
}

/**
 * @param lock EMPTY_LOCK where there is none yet
 * @param now ISO: the new epochs begin here, or just after the last one where the clock that wrote it is ahead
 * @returns the same lock where nothing changes
 */
export function planLock(
  lock: Lock,
  subjects: readonly Subject[],
  renames: Renames,
  now: string,
): { readonly lock: Lock; readonly changes: readonly EntryChange[] } {
  const at = timeAfter(lock, now);
  const next = { models: new Map<string, LockEntry>(), layers: new Map<string, LockEntry>() };
  const changes: EntryChange[] = [];
  const taken = new Set<string>();
  for (const subject of subjects) {
    const { entry, oldName } = entryBefore(lock, subject, subjects, renames);
    if (oldName !== null) taken.add(`${subject.kind} ${oldName}`);
    const planned = entry === undefined ? first(subject, at) : follow(entry, subject, renames, at, oldName);
    (subject.kind === 'model' ? next.models : next.layers).set(subject.name, planned.entry);
    if (planned.change !== null) changes.push(planned.change);
  }
  for (const kind of ['model', 'layer'] as const) {
    const key = `${kind}s` as const;
    for (const [name, entry] of lock[key]) {
      if (!next[key].has(name) && !taken.has(`${kind} ${name}`)) changes.push(gone(kind, name, entry));
    }
  }
  return changes.length === 0 ? { lock, changes } : { lock: next, changes };
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

interface Planned {
  readonly entry: LockEntry;
  readonly change: EntryChange | null;
}

const NO_SHARES: Shares = new Map();
const UNNAMED = { renamed: new Map<string, string>(), oldName: null };

function first({ kind, name, salt, enrolment, splits }: Subject, at: string): Planned {
  const allocations = new Map([...splits].map(([key, shares]) => [key, firstAllocation(shares)]));
  const entry: LockEntry = { epoch: 1, at, salt, enrolment, splits: allocations, past: [] };
  const changed = [...splits].map(
    ([key, after]): SplitChange => ({ key, kind: 'new', before: NO_SHARES, after, moves: [], moved: 0 }),
  );
  return { entry, change: { kind, name, before: null, after: entry, ...UNNAMED, splits: changed } };
}

function gone(kind: EntryChange['kind'], name: string, entry: LockEntry): EntryChange {
  const splits = [...entry.splits].map(([key, allocation]) => removed(key, allocation));
  return { kind, name, before: entry, after: null, ...UNNAMED, splits };
}

function removed(key: string, { shares }: Allocation): SplitChange {
  return { key, kind: 'removed', before: shares, after: NO_SHARES, moves: [], moved: 0 };
}

function follow(entry: LockEntry, subject: Subject, renames: Renames, at: string, oldName: string | null): Planned {
  const { kind, name, salt, enrolment } = subject;
  const names = renamesWithin(entry, subject, renames);
  const renamed = new Map([...entry.splits].map(([key, split]) => [key, rename(split, names)]));
  if (oldName === null && names.size === 0 && differences(entry, subject).length === 0) return { entry, change: null };
  const redrawn = entry.salt !== salt;
  const splits = new Map<string, Allocation>();
  const changed: SplitChange[] = [];
  for (const [key, shares] of subject.splits) {
    const old = renamed.get(key);
    // Units that a new rule takes had the model's own split until now.
    const start = old ?? renamed.get(SPLIT);
    const same = old !== undefined && sameShares(old.shares, shares);
    const next = same ? old : start === undefined ? firstAllocation(shares) : nextAllocation(start, shares);
    splits.set(key, next);
    if (start !== undefined && (!same || redrawn)) {
      changed.push(changeOf(key, old === undefined ? 'added' : 'changed', start, next, redrawn));
    }
  }
  for (const [key, split] of entry.splits) if (!subject.splits.has(key)) changed.push(removed(key, split));
  const past = [pastOf(entry, splits), ...entry.past].slice(0, PAST_MAX);
  const next: LockEntry = { epoch: entry.epoch + 1, at, salt, enrolment, splits, past };
  return { entry: next, change: { kind, name, before: entry, after: next, renamed: names, oldName, splits: changed } };
}

/** Of the renames, those that fit: the old name is only in the lock, the new one only in the configuration. */
function renamesWithin(entry: LockEntry, subject: Subject, renames: Renames): Renames {
  const named = (splits: Iterable<{ keys(): Iterable<string> }>): Set<string> =>
    new Set([...splits].flatMap((shares) => [...shares.keys()]));
  const before = named([...entry.splits.values()].map(({ shares }) => shares));
  const after = named(subject.splits.values());
  const fits = ([from, to]: [string, string]): boolean =>
    before.has(from) && after.has(to) && !after.has(from) && !before.has(to);
  return new Map([...renames].filter(fits));
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

function changeOf(
  key: string,
  kind: SplitChange['kind'],
  before: Allocation,
  after: Allocation,
  redrawn: boolean,
): SplitChange {
  const counts = new Map<string, Move>();
  for (let slot = 0; slot < SLOTS; slot++) {
    const from = before.names[before.owners[slot] as number] as string;
    const to = after.names[after.owners[slot] as number] as string;
    if (from === to) continue;
    const id = JSON.stringify([from, to]);
    counts.set(id, { from, to, slots: (counts.get(id)?.slots ?? 0) + 1 });
  }
  const moves = [...counts.values()].sort((a, b) => b.slots - a.slots || (a.from < b.from ? -1 : 1));
  const moved = redrawn
    ? chanceOfAnother(before.shares, after.shares)
    : moves.reduce((sum, m) => sum + m.slots, 0) / SLOTS;
  return { key, kind, before: before.shares, after: after.shares, moves: redrawn ? [] : moves, moved };
}

/** Where every unit is drawn anew: the chance that two draws differ. */
function chanceOfAnother(before: Shares, after: Shares): number {
  return 1 - [...before].reduce((sum, [name, share]) => sum + share * (after.get(name) ?? 0), 0);
}

/** The epoch that ends, as what the next one changed; as a whole where nothing comes next. */
export function pastOf(
  { epoch, at, salt, enrolment, splits }: LockEntry,
  next: ReadonlyMap<string, Allocation>,
): PastEpoch {
  const past = [...splits].map(([key, split]): [string, PastSplit] => [key, pastSplit(split, next.get(key))]);
  return { epoch, at, salt, enrolment, splits: Object.fromEntries(past) };
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
