// From the text of a lock to what it means, or to every problem in it, with its place. Nothing is repaired: a lock with one
// problem is not used at all, since a guess here would move units.

import { child, entriesOf, type Located, plainOf, type SourceFile } from '../config/located.ts';
import { createFindings, type Findings, type Problem } from '../config/problem.ts';
import { validate } from '../config/validate.ts';
import { SLOTS } from '../model.ts';
import { LOCK_VERSION, type Lock, type LockEntry } from './lock.ts';
import { entryShape, lockShape, type RawEntry, type RawPast } from './lock-shape.ts';
import type { Allocation } from './next-allocation.ts';
import { REST, readRanges } from './slot-ranges.ts';
import { readJson } from './strict-json.ts';
import type { Enrolment, PastEpoch, PastSplit, Terms } from './tables.ts';
import { entryHash } from './write-lock.ts';

const RESTORE = 'restore the file from version control';

export type LockResult =
  | { readonly kind: 'lock'; readonly lock: Lock; readonly root: Located }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

/** Entries by their hash: what was read before, and need not be taken apart again where its content comes once more. */
export type KnownEntries = Map<string, LockEntry>;

/**
 * @param source for the places of problems
 * @param known of the last reading; holds those of this one afterwards
 */
export function readLock(text: string, source: SourceFile, known: KnownEntries = new Map()): LockResult {
  const findings = createFindings();
  const root = readJson(text, source, findings);
  const lock = root === undefined ? undefined : lockOf(root, findings, known);
  if (root === undefined || lock === undefined || findings.count > 0) {
    return { kind: 'problems', problems: findings.all() };
  }
  return { kind: 'lock', lock, root };
}

function lockOf(root: Located, findings: Findings, known: KnownEntries): Lock | undefined {
  const before = new Map(known);
  known.clear();
  const version = child(root, 'version');
  if (version?.kind === 'scalar' && typeof version.value === 'number' && version.value > LOCK_VERSION) {
    const problem = `this lock has format ${version.value}, and this Headgate reads formats up to ${LOCK_VERSION}`;
    findings.at(version, problem, 'run the Headgate that wrote it, or a later one');
    return undefined;
  }
  if (validate(lockShape, root, findings) === undefined) return undefined;
  const read = (key: 'models' | 'layers'): Map<string, LockEntry> => {
    const entries = new Map<string, LockEntry>();
    for (const [name, at] of entriesOf(child(root, key))) {
      const entry = entryAt(at, findings, before, known);
      const needsTerms = key === 'models' && version?.kind === 'scalar' && version.value !== 1;
      if (needsTerms && entry?.terms === null) findings.at(at, 'champion is missing', RESTORE);
      if (entry !== undefined) entries.set(name, entry);
    }
    return entries;
  };
  return { models: read('models'), layers: read('layers') };
}

function entryAt(
  at: Located,
  findings: Findings,
  before: ReadonlyMap<string, LockEntry>,
  known: KnownEntries,
): LockEntry | undefined {
  const problems = findings.count;
  const raw = validate(entryShape, at, findings);
  if (raw === undefined || findings.count > problems) return undefined;
  const { hash, ...content } = plainOf(at) as RawEntry;
  const isUntouched = hash === entryHash(content);
  // The hash has just been taken of this content: what it was taken apart into before is what it means.
  const entry = (isUntouched ? before.get(hash) : undefined) ?? takenApart(raw, at, findings);
  if (findings.count > problems) return undefined;
  if (!isUntouched) {
    const remedy = `${RESTORE}: only \`headgate plan\` writes it`;
    findings.at(at, 'this entry was changed by hand, or by a merge: its hash is of other content', remedy);
    return entry;
  }
  known.set(hash, entry);
  return entry;
}

function takenApart(raw: RawEntry, at: Located, findings: Findings): LockEntry {
  const splits = new Map<string, Allocation>();
  for (const [key, here] of entriesOf(child(at, 'splits'))) splits.set(key, allocationAt(here, findings));
  const terms = termsOf(raw, null);
  let after = terms;
  const past = raw.past.map((epoch, index) => {
    const here = child(at, 'past', index);
    if (here !== undefined) checkOrder(epoch, raw.past[index - 1] ?? raw, here, findings);
    after = termsOf(epoch, after);
    return { ...pastAt(epoch, here, findings), terms: after };
  });
  const { epoch, at: since, salt } = raw;
  return { epoch, at: since, salt, enrolment: enrolmentOf(raw), terms, splits, past };
}

function enrolmentOf({ eligible, holdout, layer }: RawEntry | RawPast): Enrolment | null {
  return eligible === undefined ? null : { eligible, holdout: holdout ?? 0, layer: layer ?? null };
}

/** @param after where nothing is written: the terms of the epoch that follows */
function termsOf({ champion, sticky, rules, overrides }: RawEntry | RawPast, after: Terms | null): Terms | null {
  if (champion === undefined) return after;
  if (champion === null) return null;
  return { champion, sticky: sticky ?? null, rules: rules ?? [], overrides: new Map(Object.entries(overrides ?? {})) };
}

const NOBODY = 255;

/** Every slot with exactly one owner, every owner with a share. */
function allocationAt(at: Located, findings: Findings): Allocation {
  const shares = sharesAt(at);
  const names = [...shares.keys()].sort();
  const owners = new Uint8Array(SLOTS).fill(NOBODY);
  let rest = NOBODY;
  for (const [name, here] of entriesOf(child(at, 'slots'))) {
    const owner = names.indexOf(name);
    if (owner < 0) findings.at(here, `${name} has slots and no share`, RESTORE);
    if (here.kind === 'scalar' && here.value === REST) {
      if (rest !== NOBODY) findings.at(here, `${names[rest]} has the rest of the slots too`, RESTORE);
      rest = owner;
      continue;
    }
    take(here, findings, (from, to) => {
      // A lock of many models has millions of ranges: nothing is made for one.
      let taken = -1;
      for (let slot = to; slot >= from; slot--) {
        if (owners[slot] !== NOBODY) taken = slot;
        if (taken < 0) owners[slot] = owner;
      }
      return taken < 0 ? null : `slot ${taken} belongs to ${names[owners[taken] ?? NOBODY]} too`;
    });
  }
  if (rest !== NOBODY) for (let slot = 0; slot < SLOTS; slot++) if (owners[slot] === NOBODY) owners[slot] = rest;
  const gap = owners.indexOf(NOBODY);
  if (gap >= 0) {
    const end = owners.findIndex((owner, slot) => slot > gap && owner !== NOBODY);
    const slots = range(gap, end < 0 ? SLOTS - 1 : end - 1);
    findings.at(child(at, 'slots') ?? at, `nobody owns ${slots}`, RESTORE);
  }
  return { shares: new Map(names.map((name) => [name, shares.get(name) ?? 0])), names, owners };
}

/** Epochs that are over stand newest first: a number or a time of its own future would make earlier answers wrong. */
function checkOrder(past: RawPast, next: RawEntry | RawPast, at: Located, findings: Findings): void {
  if (past.epoch >= next.epoch) {
    findings.at(at, `epoch ${past.epoch} is over, and stands behind epoch ${next.epoch}`, RESTORE);
  } else if (Date.parse(past.at) >= Date.parse(next.at)) {
    findings.at(
      at,
      `epoch ${past.epoch} begins at ${past.at}, and epoch ${next.epoch} after it at ${next.at}`,
      RESTORE,
    );
  }
}

function pastAt(raw: RawPast, at: Located | undefined, findings: Findings): Omit<PastEpoch, 'terms'> {
  const splits: Record<string, PastSplit> = {};
  for (const [key, { shares, slots, moved }] of Object.entries(raw.splits)) {
    const here = child(at, 'splits', key);
    const kind = slots === undefined ? 'moved' : 'slots';
    for (const [, text] of entriesOf(child(here, kind))) take(text, findings, () => null);
    if (here !== undefined && (slots === undefined) === (moved === undefined)) {
      findings.at(here, 'a past split has either `slots` or `moved`', RESTORE);
    }
    splits[key] = { shares, slots: slots ?? moved ?? {}, whole: slots !== undefined };
  }
  const { epoch, at: since, salt } = raw;
  return { epoch, at: since, salt, enrolment: enrolmentOf(raw), splits };
}

/** The ranges of one owner. @param add gives the problem with a range, of which the first is told */
function take(at: Located, findings: Findings, add: (from: number, to: number) => string | null): void {
  const text = at.kind === 'scalar' ? String(at.value) : '';
  let problem: string | null = null;
  const syntax = readRanges(text, (from, to) => {
    const found = add(from, to);
    problem ??= found;
  });
  problem ??= syntax;
  if (problem !== null) findings.at(at, problem, RESTORE);
}

function sharesAt(at: Located): Map<string, number> {
  const shares = new Map<string, number>();
  for (const [name, share] of entriesOf(child(at, 'shares'))) {
    if (share.kind === 'scalar' && typeof share.value === 'number') shares.set(name, share.value);
  }
  return shares;
}

function range(from: number, to: number): string {
  return from === to ? `slot ${from}` : `slots ${from} to ${to}`;
}
