// Which share of the units of a split gets another version where anything that decides changes: slots, who takes part, the
// champion, the hash. Exact expectations: the hashes of slot, enrolment, holdout and layer are independent of each other.

import { SLOTS } from '../model.ts';
import type { Allocation } from './next-allocation.ts';
import type { Enrolment } from './tables.ts';

/** All that decides the version of a unit in one split, but for pins. */
export interface Side {
  readonly allocation: Allocation;
  /** Of units that take no part. */
  readonly champion: string;
  /** Every unit takes part: a rule that gives the champion nothing, or a layer. */
  readonly isWhole: boolean;
  readonly enrolment: Enrolment;
  /** Where the model is in a layer: 1 for each of the layer's slots that is its own. */
  readonly part: Uint8Array | null;
  readonly salt: string;
  readonly sticky: string | null;
}

export interface UnitMoves {
  /** Fraction of all units that come to this split, whether they take part or not. */
  readonly moved: number;
  /** Largest first. */
  readonly moves: readonly { readonly from: string; readonly to: string; readonly share: number }[];
}

/** Fractions of the units by whether they take part before and after. */
export interface TakingPart {
  readonly before: number;
  readonly after: number;
  readonly both: number;
}

/** Below this a share is what sums of binary fractions leave. */
const NOTHING = 1e-12;

export function unitMoves(before: Side, after: Side): UnitMoves {
  const { both, before: then, after: now } = takingPart(before, after);
  const shares = new Map<string, { from: string; to: string; share: number }>();
  const add = (from: string, to: string, share: number): void => {
    if (from === to || share < NOTHING) return;
    const id = JSON.stringify([from, to]);
    const found = shares.get(id) ?? { from, to, share: 0 };
    shares.set(id, { ...found, share: found.share + share });
  };
  for (const { from, to, share } of ownersOf(before, after)) add(from, to, both * share);
  for (const [name, share] of sharesOf(before.allocation)) add(name, after.champion, (then - both) * share);
  for (const [name, share] of sharesOf(after.allocation)) add(before.champion, name, (now - both) * share);
  add(before.champion, after.champion, 1 - then - now + both);
  const moves = [...shares.values()].sort((a, b) => b.share - a.share || (a.from + a.to < b.from + b.to ? -1 : 1));
  return { moved: moves.reduce((sum, { share }) => sum + share, 0), moves };
}

export function takingPart(before: Side, after: Side): TakingPart {
  const then = chanceOf(before);
  const now = chanceOf(after);
  if (before.isWhole || after.isWhole || before.sticky !== after.sticky) {
    return { before: then, after: now, both: then * now };
  }
  // One hash for the holdouts of all models and times: the smaller lies within the larger.
  const free = 1 - Math.max(before.enrolment.holdout, after.enrolment.holdout);
  return { before: then, after: now, both: free * enrolledInBoth(before, after) };
}

/** Whether each unit is hashed to another slot than before. */
export function isRedrawn(before: Side, after: Side): boolean {
  return before.salt !== after.salt || before.sticky !== after.sticky;
}

function chanceOf({ isWhole, enrolment, part }: Side): number {
  if (isWhole) return 1;
  const enrolled = part === null ? enrolment.eligible : part.reduce((sum, own) => sum + own, 0) / SLOTS;
  return (1 - enrolment.holdout) * enrolled;
}

function enrolledInBoth(before: Side, after: Side): number {
  const [{ layer: then, eligible: less }, { layer: now, eligible: more }] = [before.enrolment, after.enrolment];
  if (then === null && now === null && before.salt === after.salt) return Math.min(less, more);
  const [part, other] = [before.part, after.part];
  if (then === null || then !== now || part === null || other === null) return less * more;
  return part.reduce((sum, own, slot) => sum + own * (other[slot] ?? 0), 0) / SLOTS;
}

/** Shares of the slots by who owns them before and after. */
function ownersOf(before: Side, after: Side): { from: string; to: string; share: number }[] {
  if (isRedrawn(before, after)) {
    const now = [...sharesOf(after.allocation)];
    return [...sharesOf(before.allocation)].flatMap(([from, a]) => now.map(([to, b]) => ({ from, to, share: a * b })));
  }
  const [a, b] = [before.allocation, after.allocation];
  const counts = new Float64Array(a.names.length * b.names.length);
  for (let slot = 0; slot < SLOTS; slot++) {
    const at = (a.owners[slot] as number) * b.names.length + (b.owners[slot] as number);
    counts[at] = (counts[at] as number) + 1;
  }
  return a.names.flatMap((from, i) =>
    b.names.map((to, j) => ({ from, to, share: (counts[i * b.names.length + j] as number) / SLOTS })),
  );
}

function sharesOf({ names, owners }: Allocation): Map<string, number> {
  const counts = new Float64Array(names.length);
  for (const owner of owners) counts[owner] = (counts[owner] as number) + 1;
  return new Map(names.map((name, at) => [name, (counts[at] as number) / SLOTS]));
}
