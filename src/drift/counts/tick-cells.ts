// Counts of the last few ticks of one stream group, in one block of memory: a slot per tick, in it a run of cells per column.
// A slot is emptied when its turn comes again, and what it held is handed on first. Late rows are counted while their tick is
// still held; counts commute.

export interface TickCells {
  /** Slots in all: the ticks of a window and the one under way. */
  readonly slots: number;
  /** Make room for `size` cells per slot. @returns their offset within every slot */
  reserve(size: number): number;
  /**
   * The slot of a tick, emptied if it held an older one.
   * @returns its index, or -1 where the tick is too old to be held
   */
  slotOf(tick: number): number;
  readonly cells: Uint32Array;
  /** Index of a slot's first cell. */
  baseOf(slot: number): number;
  addCall(slot: number): void;
  /** Calls of one tick. */
  callsAt(tick: number): number;
  /** Add counts of a tick to those that are held of it, if it still is. */
  add(tick: number, calls: number, counts: ArrayLike<number>): void;
  /** Add the counts of ticks [first, last] to `into`. */
  sum(first: number, last: number, offset: number, size: number, into: Float64Array): void;
  /** Hand on all ticks above `last`, as if their turn had come: the clock was set back. */
  letGoAbove(last: number): void;
  /** Those held, oldest first, each with its cells: a view that the next change ends. */
  held(): readonly Held[];
}

export interface Held {
  readonly tick: number;
  readonly calls: number;
  readonly counts: ArrayLike<number>;
}

const CELL_MAX = 2 ** 32 - 1;

/** @param leaves is told of each tick that is let go */
export function createTickCells(slots: number, leaves: (held: Held) => void = () => {}): TickCells {
  const ticks = new Float64Array(slots).fill(-1);
  const calls = new Float64Array(slots);
  let capacity = 64;
  let used = 0;
  let cells = new Uint32Array(slots * capacity);

  function grow(size: number): void {
    const wider = Math.max(Math.ceil(capacity * 1.25), size);
    const moved = new Uint32Array(slots * wider);
    for (let slot = 0; slot < slots; slot++) {
      moved.set(cells.subarray(slot * capacity, slot * capacity + used), slot * wider);
    }
    capacity = wider;
    cells = moved;
  }

  const heldIn = (slot: number) => ({
    tick: ticks[slot] as number,
    calls: calls[slot] as number,
    counts: cells.subarray(slot * capacity, slot * capacity + used),
  });

  function letGo(slot: number): void {
    if ((ticks[slot] as number) < 0) return;
    const held = heldIn(slot);
    leaves(held);
    held.counts.fill(0);
    ticks[slot] = -1;
    calls[slot] = 0;
  }

  function slotOf(tick: number): number {
    const slot = tick % slots;
    const held = ticks[slot] as number;
    if (held === tick) return slot;
    if (held > tick || tick < 0) return -1;
    letGo(slot);
    ticks[slot] = tick;
    return slot;
  }

  return {
    slots,
    get cells() {
      return cells;
    },
    reserve(size) {
      if (used + size > capacity) grow(used + size);
      const offset = used;
      used += size;
      return offset;
    },
    slotOf,
    baseOf: (slot) => slot * capacity,
    addCall(slot) {
      calls[slot] = (calls[slot] as number) + 1;
    },
    callsAt(tick) {
      const slot = tick % slots;
      return ticks[slot] === tick ? (calls[slot] as number) : 0;
    },
    add(tick, added, counts) {
      const slot = slotOf(tick);
      if (slot === -1) return;
      calls[slot] = (calls[slot] as number) + added;
      const base = slot * capacity;
      for (let i = 0; i < counts.length; i++) {
        cells[base + i] = Math.min(CELL_MAX, (cells[base + i] as number) + (counts[i] as number));
      }
    },
    sum(first, last, offset, size, into) {
      for (let slot = 0; slot < slots; slot++) {
        const tick = ticks[slot] as number;
        if (tick < first || tick > last) continue;
        const base = slot * capacity + offset;
        for (let i = 0; i < size; i++) into[i] = (into[i] as number) + (cells[base + i] as number);
      }
    },
    letGoAbove(last) {
      for (let slot = 0; slot < slots; slot++) if ((ticks[slot] as number) > last) letGo(slot);
    },
    held() {
      const found: Held[] = [];
      for (let slot = 0; slot < slots; slot++) if ((ticks[slot] as number) >= 0) found.push(heldIn(slot));
      return found.sort((one, other) => one.tick - other.tick);
    },
  };
}
