// Random edits of a split, one after the other, through the lock: does any unit leave a version that did not shrink, does any
// go to one that did not grow, do more move than must, and is any slot left with a version that is gone? Every unit is looked
// at after every edit. The edits themselves are edit-split.ts.

import type { ModelPlan } from '../../src/config/plan.ts';
import type { Random } from '../../src/kernel/random.ts';
import { SLOTS } from '../../src/model.ts';
import { EMPTY_LOCK, type Lock } from '../../src/split/lock.ts';
import type { Allocation } from '../../src/split/next-allocation.ts';
import { planLock } from '../../src/split/plan-lock.ts';
import { readLock } from '../../src/split/read-lock.ts';
import { SPLIT } from '../../src/split/split-keys.ts';
import { type Subject, subjectsOf } from '../../src/split/splits-of.ts';
import { lockText } from '../../src/split/write-lock.ts';
import { createEditor, type EditedSplit, type EditKind, noEdits } from './edit-split.ts';

export interface EditResult {
  sequences: number;
  edits: number;
  /** By kind of edit. */
  readonly kinds: Record<EditKind, number>;
  /** Units that changed their version, over all edits. */
  moved: number;
  /** Of those: units that left a version whose share had not become smaller. */
  leftWithoutNeed: number;
  /** Units that went to a version whose share had not become larger. */
  wentWithoutNeed: number;
  /** Edits after which more slots had moved than the total variation distance of the two tables' counts. */
  aboveMinimum: number;
  /** Slots, over all edits, whose owner has no share: a version that is gone, or none at all. */
  ownerless: number;
  /** Edits that gave all that some versions had to one other, whose share then was a whole number of slots and had not been. */
  handedWhole: number;
  /** Versions whose share changed and that are further from their exact share than docs/allocation-lock.md says. */
  roundedTooFar: number;
  /** Edits whose moved slots are further from the distance of the exact shares than roundings before and after explain. */
  movedTooFar: number;
  /** Largest distance, in slots, of the moved slots from the total variation distance of the exact shares. */
  worstExcess: number;
  /** Largest distance, in slots, of a version's count from its exact share. */
  worstRounding: number;
  /** Locks that did not come back from their text as they were. */
  unreadable: number;
}

/**
 * @param template a model of any Plan, whose names and shares are replaced
 * @param slots of the units
 */
export function simulateEdits(
  template: ModelPlan,
  slots: Uint16Array,
  options: { readonly sequences: number; readonly edits: number; readonly random: Random },
): EditResult {
  const { sequences, edits, random } = options;
  const result: EditResult = {
    sequences,
    edits: 0,
    kinds: noEdits(),
    moved: 0,
    leftWithoutNeed: 0,
    wentWithoutNeed: 0,
    aboveMinimum: 0,
    ownerless: 0,
    handedWhole: 0,
    roundedTooFar: 0,
    movedTooFar: 0,
    worstExcess: 0,
    worstRounding: 0,
    unreadable: 0,
  };
  for (let sequence = 0; sequence < sequences; sequence++) {
    const editor = createEditor(random);
    let lock = planned(EMPTY_LOCK, subjectOf(template, editor.split), new Map());
    for (let step = 0; step < edits; step++) {
      const { kind, renames } = editor.edit();
      result.kinds[kind]++;
      result.edits++;
      const before = renamed(allocationOf(lock), renames);
      lock = planned(lock, subjectOf(template, editor.split), renames);
      const after = allocationOf(lock);
      if (kind === 'hand' && becameWhole(before, after)) result.handedWhole++;
      compare(before, after, slots, result);
    }
    if (!comesBack(lock)) result.unreadable++;
  }
  return result;
}

function subjectOf(template: ModelPlan, { versions, weights }: EditedSplit): Subject {
  const version = template.versions[0];
  if (version === undefined) throw new Error('the template has a version');
  const sum = [...weights.values()].reduce((total, one) => total + one, 0);
  const model: ModelPlan = {
    ...template,
    versions: versions.map((name) => ({ ...version, name })),
    split: versions.map((name) => (weights.get(name) as number) / sum),
    rules: [],
  };
  const [subject] = subjectsOf({ models: [model] });
  if (subject === undefined) throw new Error('a model is a subject');
  return subject;
}

function planned(lock: Lock, subject: Subject, renames: ReadonlyMap<string, string>): Lock {
  return planLock(lock, [subject], renames, '2026-01-01T00:00:00.000Z').lock;
}

function allocationOf({ models }: Lock): Allocation {
  const allocation = [...models.values()][0]?.splits.get(SPLIT);
  if (allocation === undefined) throw new Error('the lock has the model');
  return allocation;
}

function renamed({ shares, names, owners }: Allocation, renames: ReadonlyMap<string, string>): Allocation {
  const now = (name: string): string => renames.get(name) ?? name;
  return { shares: new Map([...shares].map(([name, share]) => [now(name), share])), names: names.map(now), owners };
}

/** Whether a version that grew now has a whole number of slots by its share, and had a fraction. */
function becameWhole({ shares: before }: Allocation, { shares: after }: Allocation): boolean {
  const isWhole = (share: number): boolean => Math.abs(share * SLOTS - Math.round(share * SLOTS)) < 1e-6;
  return [...after].some(([name, share]) => {
    const then = before.get(name) ?? 0;
    return share > then + 1e-9 && isWhole(share) && !isWhole(then);
  });
}

function compare(before: Allocation, after: Allocation, slots: Uint16Array, result: EditResult): void {
  for (const owner of after.owners) if (!after.shares.has(after.names[owner] ?? '')) result.ownerless++;
  const all = [...new Set([...before.names, ...after.names])];
  const change = all.map((name) => (after.shares.get(name) ?? 0) - (before.shares.get(name) ?? 0));
  const [a, b] = [before, after].map(({ names, owners }) => {
    const position = names.map((name) => all.indexOf(name));
    return owners.map((owner) => position[owner] as number);
  }) as [Uint8Array, Uint8Array];

  for (const slot of slots) {
    const from = a[slot] as number;
    const to = b[slot] as number;
    if (from === to) continue;
    result.moved++;
    if ((change[from] as number) >= -1e-9) result.leftWithoutNeed++;
    if ((change[to] as number) <= 1e-9) result.wentWithoutNeed++;
  }

  const counts = (owners: Uint8Array): number[] =>
    owners.reduce(
      (sums, owner) => {
        sums[owner] = (sums[owner] as number) + 1;
        return sums;
      },
      all.map(() => 0),
    );
  const [had, has] = [counts(a), counts(b)];
  const movedSlots = a.reduce((sum, owner, slot) => sum + (owner === b[slot] ? 0 : 1), 0);
  const least = had.reduce((sum, count, at) => sum + Math.max(0, count - (has[at] as number)), 0);
  if (movedSlots !== least) result.aboveMinimum++;
  const exact = (SLOTS * change.reduce((sum, one) => sum + Math.abs(one), 0)) / 2;
  result.worstExcess = Math.max(result.worstExcess, Math.abs(movedSlots - exact));
  const roundings = (counts: readonly number[], { shares }: Allocation): number[] =>
    counts.map((count, at) => count - SLOTS * (shares.get(all[at] ?? '') ?? 0));
  const [then, now] = [roundings(had, before), roundings(has, after)];
  judgeRoundings(then, now, change, result);
  /** What roundings can add to the slots that all of one side lose, or gain. */
  const slack = (sign: number): number =>
    change.reduce((sum, one, at) => {
      const both = Math.abs(then[at] as number) + Math.abs(now[at] as number);
      return Math.sign(one) === sign && Math.abs(one) > SAME ? sum + both : sum;
    }, 0);
  if (Math.abs(movedSlots - exact) > Math.min(slack(1), slack(-1)) + 1e-6) result.movedTooFar++;
  result.worstRounding = Math.max(result.worstRounding, ...now.map(Math.abs));
}

/** Shares that are less apart are the same. */
const SAME = 1e-9;

/**
 * The bound of docs/allocation-lock.md: less than one slot; or no further off than it was; or, where those who keep their slots are
 * together `rest` slots off, no further than that.
 */
function judgeRoundings(
  then: readonly number[],
  now: readonly number[],
  change: readonly number[],
  result: EditResult,
): void {
  const has = (at: number): number => now[at] as number;
  const isKept = (at: number): boolean => {
    const slots = has(at) - (then[at] as number) + SLOTS * (change[at] as number);
    return Math.abs(change[at] as number) <= SAME || Math.abs(slots) < 1e-6;
  };
  const rest = Math.abs(now.reduce((sum, rounding, at) => (isKept(at) ? sum + rounding : sum), 0));
  for (const at of now.keys()) {
    if (Math.abs(change[at] as number) <= SAME) continue;
    const far = Math.abs(has(at));
    const bound = Math.max(1, Math.abs(then[at] as number), isKept(at) ? 0 : rest);
    if (far > bound + 1e-6) result.roundedTooFar++;
  }
}

function comesBack(lock: Lock): boolean {
  const text = lockText(lock);
  const source = { path: '/lock', folder: '/', position: () => ({ line: 1, column: 1 }) };
  const read = readLock(text, source);
  return read.kind === 'lock' && lockText(read.lock) === text;
}
