// Who owned each slot in the epochs before: a past epoch may hold only the slots that moved when it ended, so the tables are
// unrolled from the present backwards.

import { SLOTS } from '../model.ts';
import { readRanges } from './slot-ranges.ts';
import type { PastEpoch, PastSplit } from './tables.ts';

/** Owner of each slot by name; null where nobody is known. */
export type Names = readonly (string | null)[];

/** Per key of a split. */
export type NamesByKey = ReadonlyMap<string, Names>;

/**
 * @param past newest first
 * @param after the owners of the epoch that follows the first of them
 * @returns the owners in each of these epochs, in their order
 */
export function pastOwners(past: readonly PastEpoch[], after: NamesByKey): NamesByKey[] {
  let next = after;
  return past.map(({ splits }) => {
    const owners = new Map<string, Names>();
    for (const [key, split] of Object.entries(splits)) owners.set(key, namesOf(split, next.get(key)));
    next = owners;
    return owners;
  });
}

function namesOf({ slots, whole }: PastSplit, after: Names | undefined): Names {
  const names: (string | null)[] = whole || after === undefined ? new Array<null>(SLOTS).fill(null) : [...after];
  for (const [name, text] of Object.entries(slots)) readRanges(text, (from, to) => void names.fill(name, from, to + 1));
  return names;
}
