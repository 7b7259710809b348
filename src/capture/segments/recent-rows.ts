// Where the latest rows on disk lie, by a hash of their decision's id: rings of numbers side by side, chained by bucket. No
// string and no object per row: what lives for a minute and then dies costs a collector that bets on early deaths the most.

import type { Segment } from './segment-writer.ts';

/** Where a row lies. The segment is shared, since its path changes when it is closed. */
export interface RowPlace {
  readonly segment: Segment;
  readonly offset: number;
  readonly length: number;
}

export interface RecentPlaces {
  /** Oldest first; rows of other decisions may be among them, where the hash is the same. */
  readonly places: readonly RowPlace[];
  /** Whether an older row of the same decision may have been overwritten. */
  readonly isWhole: boolean;
}

export interface RecentRows {
  add(hash: number, segment: Segment, offset: number, length: number): void;
  /** @param placesMax of the oldest */
  find(hash: number, placesMax: number): RecentPlaces;
}

/** A run of rows in one segment. */
interface Run {
  readonly segment: Segment;
  /** Number of its first row. */
  readonly first: number;
}

/** @param rowsMax a power of two; 28 bytes each */
export function createRecentRows(rowsMax: number): RecentRows {
  const mask = rowsMax - 1;
  if (rowsMax < 1 || (rowsMax & mask) !== 0) throw new RangeError(`rowsMax is ${rowsMax}; give a power of two`);
  const hashes = new Uint32Array(rowsMax);
  const offsets = new Uint32Array(rowsMax);
  const lengths = new Uint32Array(rowsMax);
  /** Number of the row before it in the same bucket, from 1: 0 is none. Floats, since rows are counted for ever. */
  const before = new Float64Array(rowsMax);
  const latest = new Float64Array(rowsMax);
  const runs: Run[] = [];
  let count = 0;

  const oldest = (): number => Math.max(1, count - rowsMax + 1);

  function segmentOf(row: number): Segment | undefined {
    return runs.findLast(({ first }) => first <= row)?.segment;
  }

  return {
    add(hash, segment, offset, length) {
      count += 1;
      if (runs.at(-1)?.segment !== segment) {
        runs.push({ segment, first: count });
        while ((runs[1]?.first ?? Infinity) <= oldest()) runs.shift();
      }
      const at = count & mask;
      const bucket = hash & mask;
      hashes[at] = hash;
      offsets[at] = offset;
      lengths[at] = length;
      before[at] = latest[bucket] as number;
      latest[bucket] = count;
    },
    find(hash, placesMax) {
      const rows: number[] = [];
      const end = oldest();
      for (let row = latest[hash & mask] as number; row >= end; row = before[row & mask] as number) {
        if (hashes[row & mask] === hash) rows.push(row);
      }
      const first = rows.at(-1) ?? 0;
      const places: RowPlace[] = [];
      for (const row of rows.reverse().slice(0, placesMax)) {
        const segment = segmentOf(row);
        const at = row & mask;
        if (segment !== undefined)
          places.push({ segment, offset: offsets[at] as number, length: lengths[at] as number });
      }
      // Rows of a decision come close together: what lies in the younger half has nothing before the ring.
      return { places, isWhole: end === 1 || first > count - rowsMax / 2 };
    },
  };
}
