// The last numbers of each numeric column of a stream group, for medians: rings side by side in one block of memory.

import type { Value } from '../../protocols/protocol.ts';

/** Numbers a ring holds: a power of two. */
export const RING = 128;

export interface RecentValues {
  /** @returns the ring of one more column */
  reserve(): number;
  /** All rings, one after the other; a new block whenever one is reserved. */
  readonly values: Float32Array;
  /** By ring: numbers remembered so far. Where the next one goes: ring * RING + (count & (RING - 1)). */
  readonly counts: Float64Array;
  remember(ring: number, column: readonly (Value | undefined)[]): void;
  /** Those held, finite ones only, in no order. */
  valuesOf(ring: number): Float32Array;
}

export function createRecentValues(): RecentValues {
  let values = new Float32Array(0);
  let counts = new Float64Array(0);
  let used = 0;

  return {
    get values() {
      return values;
    },
    get counts() {
      return counts;
    },
    reserve() {
      used++;
      if (used > counts.length) {
        const rings = Math.ceil(used * 1.25);
        const wider = new Float32Array(rings * RING);
        wider.set(values);
        values = wider;
        const more = new Float64Array(rings);
        more.set(counts);
        counts = more;
      }
      return used - 1;
    },
    remember(ring, column) {
      let next = counts[ring] as number;
      for (let i = Math.max(0, column.length - RING); i < column.length; i++) {
        const value = column[i];
        if (typeof value === 'number') values[ring * RING + (next++ & (RING - 1))] = value;
      }
      counts[ring] = next;
    },
    valuesOf(ring) {
      const held = Math.min(counts[ring] as number, RING);
      return values.slice(ring * RING, ring * RING + held).filter(Number.isFinite);
    },
  };
}
