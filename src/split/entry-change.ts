// What changes between two entries of a model or layer: per split the slots that move and the units that do, the pins, and the
// rules of which another one decides now. For people and machines; nothing is assigned by it.

import { SLOTS } from '../model.ts';
import type { Lock, LockEntry } from './lock.ts';
import { type Allocation, sameShares } from './next-allocation.ts';
import { SPLIT } from './split-keys.ts';
import type { Shares } from './splits-of.ts';
import { type Pin, pinChanges, type Turn, turnsOf } from './terms.ts';
import { isRedrawn, type Side, type TakingPart, takingPart, type UnitMoves, unitMoves } from './unit-moves.ts';

/** Old name -> new name. */
export type Renames = ReadonlyMap<string, string>;

export interface Move {
  readonly from: string;
  readonly to: string;
  readonly slots: number;
}

export interface SplitChange {
  readonly key: string;
  /**
   * new: the model is new, and nobody had a version before. added: a rule takes units that the model's split had. kept: the
   * slots stay, and units move all the same. removed: the units of a rule go back to the split.
   */
  readonly kind: 'new' | 'added' | 'changed' | 'kept' | 'removed';
  readonly before: Shares;
  readonly after: Shares;
  /** Most slots first; none where every unit is drawn anew. */
  readonly moves: readonly Move[];
  /** Fraction of the units that take part before and after that get another version. */
  readonly moved: number;
  /** Of all units that come to this split, by hash. */
  readonly units: UnitMoves;
}

type EntryFacts = Pick<LockEntry, 'epoch' | 'salt' | 'enrolment' | 'terms'>;

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
  /** By the model's own split; null: a layer, or a model that is new or gone. */
  readonly takingPart: TakingPart | null;
  readonly splits: readonly SplitChange[];
  /** Units by name. */
  readonly pins: readonly Pin[];
  /** Units that match both rules, and what becomes of them. */
  readonly turns: readonly (Turn & { readonly units: UnitMoves })[];
}

/** An entry with what of its lock decides its units. */
export interface Placed {
  readonly entry: LockEntry;
  /** Its name in that lock. */
  readonly name: string;
  readonly lock: Lock;
}

type Named = Pick<EntryChange, 'kind' | 'name' | 'renamed' | 'oldName'>;

const NO_SHARES: Shares = new Map();
const NOBODY: UnitMoves = { moved: 0, moves: [] };
const NEITHER = { takingPart: null, pins: [], turns: [] };

export function newEntry(named: Named, after: LockEntry): EntryChange {
  const splits = [...after.splits].map(
    ([key, { shares }]): SplitChange => ({
      ...{ key, kind: 'new', before: NO_SHARES, after: shares },
      ...{ moves: [], moved: 0, units: NOBODY },
    }),
  );
  return { ...named, before: null, after, ...NEITHER, splits };
}

export function goneEntry(named: Named, before: LockEntry): EntryChange {
  const splits = [...before.splits].map(
    ([key, { shares }]): SplitChange => ({
      ...{ key, kind: 'removed', before: shares, after: NO_SHARES },
      ...{ moves: [], moved: 0, units: NOBODY },
    }),
  );
  return { ...named, before, after: null, ...NEITHER, splits };
}

/** @param before with the names that its versions have now */
export function changedEntry(named: Named, before: Placed, after: Placed): EntryChange {
  const [then, now] = [before.entry, after.entry];
  const side = (placed: Placed, key: string): Side => sideOf(placed, key, now.terms?.champion ?? '');
  const splits: SplitChange[] = [];
  for (const key of now.splits.keys()) {
    const isAdded = !then.splits.has(key);
    const change = splitChange(key, isAdded, side(before, isAdded ? SPLIT : key), side(after, key));
    if (change !== null) splits.push(change);
  }
  for (const [key, { shares }] of then.splits) {
    if (now.splits.has(key)) continue;
    const units = unitMoves(side(before, key), side(after, SPLIT));
    splits.push({ key, kind: 'removed', before: shares, after: NO_SHARES, moves: [], moved: 0, units });
  }
  const ends = { ...named, before: then, after: now, splits };
  if (named.kind === 'layer') return { ...ends, ...NEITHER };
  const part = takingPart(side(before, SPLIT), side(after, SPLIT));
  if (then.terms === null || now.terms === null) return { ...ends, takingPart: part, pins: [], turns: [] };
  const turns = turnsOf(then.terms, now.terms)
    .map((turn) => ({ ...turn, units: unitMoves(side(before, turn.from), side(after, turn.to)) }))
    .filter(({ units }) => units.moved > 0);
  return { ...ends, takingPart: part, pins: pinChanges(then.terms, now.terms), turns };
}

/** @param champion where the entry does not name its own */
function sideOf({ entry, name, lock }: Placed, key: string, champion: string): Side {
  const allocation = entry.splits.get(key);
  if (allocation === undefined) throw new Error(`the entry of ${name} has no split ${key}`);
  const { salt, terms } = entry;
  const enrolment = entry.enrolment ?? { eligible: 1, holdout: 0, layer: null };
  const own = terms?.champion ?? champion;
  const layer = enrolment.layer === null ? undefined : lock.layers.get(enrolment.layer)?.splits.get(SPLIT);
  return {
    allocation,
    champion: own,
    isWhole: entry.enrolment === null || (key !== SPLIT && !allocation.shares.has(own)),
    enrolment,
    part: layer === undefined ? null : layer.owners.map((owner) => (layer.names[owner] === name ? 1 : 0)),
    salt,
    sticky: terms?.sticky ?? null,
  };
}

/** @returns null where nobody moves and the shares are what they were */
function splitChange(key: string, isAdded: boolean, before: Side, after: Side): SplitChange | null {
  const shares = { before: before.allocation.shares, after: after.allocation.shares };
  const units = unitMoves(before, after);
  const redrawn = isRedrawn(before, after);
  const moves = redrawn ? [] : slotMoves(before.allocation, after.allocation);
  const bySlot = { ...before, isWhole: true };
  const moved = redrawn ? unitMoves(bySlot, { ...after, isWhole: true }).moved : slotsOf(moves) / SLOTS;
  const isSame = !isAdded && !redrawn && sameShares(shares.before, shares.after) && moves.length === 0;
  if (isSame && units.moved === 0) return null;
  return { key, kind: isAdded ? 'added' : isSame ? 'kept' : 'changed', ...shares, moves, moved, units };
}

function slotMoves(before: Allocation, after: Allocation): Move[] {
  const counts = new Map<string, Move>();
  for (let slot = 0; slot < SLOTS; slot++) {
    const from = before.names[before.owners[slot] as number] as string;
    const to = after.names[after.owners[slot] as number] as string;
    if (from === to) continue;
    const id = JSON.stringify([from, to]);
    counts.set(id, { from, to, slots: (counts.get(id)?.slots ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) => b.slots - a.slots || (a.from < b.from ? -1 : 1));
}

function slotsOf(moves: readonly Move[]): number {
  return moves.reduce((sum, { slots }) => sum + slots, 0);
}
