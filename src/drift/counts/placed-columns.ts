// Counts a call of one row, which is what most calls are: some ten nanoseconds a value. Callers send their columns in one order, so
// what is needed of a column lies by its place in typed arrays of the whole group: where its cells are, its edges, its ring. Whatever
// is not as before - a new column, another order, one without bins yet - is left to the group.

import type { Column, Value } from '../../protocols/protocol.ts';
import { type Binning, binOf, NEVER_SEEN, SPECIALS } from '../baseline/binning.ts';
import { type RecentValues, RING } from './recent-values.ts';

/** What a place is given. */
export interface Placed {
  readonly name: string;
  readonly binning: Binning;
  /** Of its cells within a slot. */
  readonly offset: number;
  /** -1 where it is not numeric. */
  readonly ring: number;
}

export interface PlacedColumns {
  /** From now on this column is expected at that place. */
  put(place: number, column: Placed): void;
  /**
   * Count the first values of columns, from the place `from` on, in cells[base ...].
   * @returns the first place that holds another column than expected, or that nothing is known of
   */
  count(columns: readonly Column[], from: number, cells: Uint32Array, base: number): number;
}

/** Of a numeric place: low, high, scale, then the edges above low, the last of them infinite. */
const LOW = 0;
const HIGH = 1;
const SCALE = 2;
const EDGES = 3;
const GUIDE = 64;

/** @param isNew is told of each category that nobody has seen */
export function createPlacedColumns(
  recent: RecentValues,
  isNew: (name: string, value: Value | undefined) => void,
): PlacedColumns {
  const names: string[] = [];
  const binnings: Binning[] = [];
  let offsets = new Int32Array(0);
  let rings = new Int32Array(0);
  /** Where a place's grid starts, -1 for a categorical column. */
  let gridAt = new Int32Array(0);
  let grids = new Float64Array(0);
  let guides = new Uint8Array(0);
  /** Grids by what they were made from: a place that changes hands again and again makes no new ones. */
  const known = new Map<Binning, number>();
  let gridsUsed = 0;

  function gridOf(binning: Binning): number {
    if (binning.kind !== 'numeric') return -1;
    const found = known.get(binning);
    if (found !== undefined) return found;
    const { grid } = binning;
    const bins = grid.length - 2;
    const start = gridsUsed;
    gridsUsed += EDGES + bins;
    if (gridsUsed > grids.length) grids = widened(new Float64Array(Math.ceil(gridsUsed * 1.5)), grids);
    grids[start + LOW] = grid[1] as number;
    grids[start + HIGH] = grid[bins + 1] as number;
    grids[start + SCALE] = grid[0] as number;
    grids.set(grid.subarray(2), start + EDGES);
    known.set(binning, start);
    return start;
  }

  function put(place: number, { name, binning, offset, ring }: Placed): void {
    if (place >= offsets.length) {
      const places = Math.ceil((place + 1) * 1.5);
      offsets = widened(new Int32Array(places), offsets);
      rings = widened(new Int32Array(places), rings);
      gridAt = widened(new Int32Array(places), gridAt);
      guides = widened(new Uint8Array(places * GUIDE), guides);
    }
    while (names.length < place) {
      names.push('');
      binnings.push(binning);
    }
    names[place] = name;
    binnings[place] = binning;
    offsets[place] = offset;
    rings[place] = ring;
    gridAt[place] = gridOf(binning);
    if (binning.kind === 'numeric') guides.set(binning.guide, place * GUIDE);
  }

  function count(columns: readonly Column[], from: number, cells: Uint32Array, base: number): number {
    const { values, counts } = recent;
    const places = Math.min(columns.length, names.length);
    for (let place = from; place < places; place++) {
      const column = columns[place] as Column;
      if (column.name !== names[place]) return place;
      const value = column.values[0];
      const grid = gridAt[place] as number;
      let bin: number;
      if (typeof value === 'number' && grid >= 0) {
        const low = grids[grid + LOW] as number;
        if (value >= low && value < (grids[grid + HIGH] as number)) {
          const slot = ((value - low) * (grids[grid + SCALE] as number)) | 0;
          bin = guides[place * GUIDE + slot] as number;
          while (value >= (grids[grid + EDGES + bin] as number)) bin++;
          bin += SPECIALS;
        } else bin = binOf(binnings[place] as Binning, value);
        const ring = rings[place] as number;
        const next = counts[ring] as number;
        values[ring * RING + (next & (RING - 1))] = value;
        counts[ring] = next + 1;
      } else {
        bin = binOf(binnings[place] as Binning, value);
        if (bin === NEVER_SEEN && grid < 0) isNew(column.name, value);
      }
      const cell = base + (offsets[place] as number) + bin;
      cells[cell] = (cells[cell] as number) + 1;
    }
    return Math.max(from, places);
  }

  return { put, count };
}

function widened<Numbers extends Int32Array | Float64Array | Uint8Array>(wider: Numbers, before: Numbers): Numbers {
  wider.set(before);
  return wider;
}
