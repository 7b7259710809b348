// The last numbers of each numeric column of a stream group, for medians: rings side by side in one block of memory.

import type { Value } from '../../protocols/protocol.ts';

/** A power of two. */
const RING = 128;

export interface RecentValues {
  /** @returns the ring of one more column */
  reserve(): number;
  /**
   * @param count numbers remembered in the ring so far
   * @returns the same, with these
   */
  remember(ring: number, count: number, column: readonly (Value | undefined)[]): number;
  /** The same for one number. */
  rememberOne(ring: number, count: number, value: number): number;
  /** Those held, finite ones only, in no order. */
  valuesOf(ring: number, count: number): Float32Array;
}

export function createRecentValues(): RecentValues {
  let values = new Float32Array(0);
  let used = 0;

  return {
    reserve() {
      used++;
      if (used * RING > values.length) {
        const wider = new Float32Array(Math.ceil(used * 1.25) * RING);
        wider.set(values);
        values = wider;
      }
      return used - 1;
    },
    remember(ring, count, column) {
      let next = count;
      for (let i = Math.max(0, column.length - RING); i < column.length; i++) {
        const value = column[i];
        if (typeof value === 'number') values[ring * RING + (next++ & (RING - 1))] = value;
      }
      return next;
    },
    rememberOne(ring, count, value) {
      values[ring * RING + (count & (RING - 1))] = value;
      return count + 1;
    },
    valuesOf(ring, count) {
      return values.slice(ring * RING, ring * RING + Math.min(count, RING)).filter(Number.isFinite);
    },
  };
}
