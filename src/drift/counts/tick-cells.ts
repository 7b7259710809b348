// Counts of the last few ticks of one stream group, in one block of memory: a slot per tick, in it a run of cells per column.
// A slot is emptied when its turn comes again. Late rows are counted while their tick is still held; counts commute.

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
  /** Add the counts of ticks [first, last] to `into`. */
  sum(first: number, last: number, offset: number, size: number, into: Float64Array): void;
}

export function createTickCells(slots: number): TickCells {
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
    slotOf(tick) {
      const slot = tick % slots;
      const held = ticks[slot] as number;
      if (held === tick) return slot;
      if (held > tick) return -1;
      ticks[slot] = tick;
      calls[slot] = 0;
      cells.fill(0, slot * capacity, slot * capacity + used);
      return slot;
    },
    baseOf: (slot) => slot * capacity,
    addCall(slot) {
      calls[slot] = (calls[slot] as number) + 1;
    },
    callsAt(tick) {
      const slot = tick % slots;
      return ticks[slot] === tick ? (calls[slot] as number) : 0;
    },
    sum(first, last, offset, size, into) {
      for (let slot = 0; slot < slots; slot++) {
        const tick = ticks[slot] as number;
        if (tick < first || tick > last) continue;
        const base = slot * capacity + offset;
        for (let i = 0; i < size; i++) into[i] = (into[i] as number) + (cells[base + i] as number);
      }
    },
  };
}
