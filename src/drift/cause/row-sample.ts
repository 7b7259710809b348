// Whole rows of requests, a few hundred before and a few hundred now, by the bins of their columns: what tells where a change lives.
// Each tick keeps a uniform sample of its rows (Vitter's algorithm R, 1985); a tick that leaves the window goes into the sample of
// what was before, unless something drifts by then. A byte a value; none is kept in the clear.

import type { Random } from '../../kernel/random.ts';
import type { SampledRows } from './segment.ts';
import { UNBINNED } from './segment.ts';

const TICK_ROWS = 128;
const BEFORE_ROWS = 512;
/** Columns further back in a row are left out. */
export const WIDTH_MAX = 512;
/** Callers told apart; all others are one. */
const CALLERS_MAX = 64;

export interface RowSample {
  /**
   * Offer one row of a tick.
   * @returns where its bins are to be written, or null where it is not taken
   */
  offer(tick: number, caller: string, width: number): Uint8Array | null;
  /** What was before the window. */
  before(): SampledRows;
  now(): SampledRows;
  readonly callers: readonly string[];
}

interface Reservoir {
  rows: number;
  offered: number;
  bins: Uint8Array;
  callers: Uint8Array;
}

/**
 * @param ticks of the window
 * @param isCalm asked when a tick leaves the window: whether its rows may be taken for how things were before
 */
export function createRowSample(ticks: number, random: Random, isCalm: () => boolean): RowSample {
  let width = 0;
  const byTick = new Map<number, Reservoir>();
  const past = createReservoir(0);
  const callers: string[] = [];
  const indices = new Map<string, number>();

  function createReservoir(rows: number): Reservoir {
    return { rows: 0, offered: 0, bins: new Uint8Array(rows * width), callers: new Uint8Array(rows) };
  }

  function widen(to: number): void {
    for (const reservoir of [past, ...byTick.values()]) {
      const wider = new Uint8Array(Math.max(reservoir.callers.length, 1) * to).fill(UNBINNED);
      for (let row = 0; row < reservoir.rows; row++) {
        wider.set(reservoir.bins.subarray(row * width, (row + 1) * width), row * to);
      }
      reservoir.bins = wider;
    }
    width = to;
  }

  /** The row to write to, or -1 where chance passes this one over. */
  function place(reservoir: Reservoir, max: number): number {
    reservoir.offered++;
    if (reservoir.rows < max) return reservoir.rows++;
    const at = Math.floor(random() * reservoir.offered);
    return at < max ? at : -1;
  }

  function callerOf(name: string): number {
    const known = indices.get(name);
    if (known !== undefined) return known;
    if (callers.length >= CALLERS_MAX) return CALLERS_MAX;
    indices.set(name, callers.length);
    return callers.push(name) - 1;
  }

  function retire(tick: number, reservoir: Reservoir): void {
    byTick.delete(tick);
    if (!isCalm()) return;
    if (past.callers.length === 0) {
      past.callers = new Uint8Array(BEFORE_ROWS);
      past.bins = new Uint8Array(BEFORE_ROWS * width);
    }
    for (let row = 0; row < reservoir.rows; row++) {
      const at = place(past, BEFORE_ROWS);
      if (at === -1) continue;
      past.bins.set(reservoir.bins.subarray(row * width, (row + 1) * width), at * width);
      past.callers[at] = reservoir.callers[row] as number;
    }
  }

  function reservoirOf(tick: number): Reservoir | null {
    const held = byTick.get(tick);
    if (held !== undefined) return held;
    const oldest = Math.min(...byTick.keys());
    if (byTick.size > 0 && tick < oldest) return null;
    for (const [one, reservoir] of byTick) if (one <= tick - ticks) retire(one, reservoir);
    const reservoir = createReservoir(TICK_ROWS);
    byTick.set(tick, reservoir);
    return reservoir;
  }

  return {
    callers,
    offer(tick, caller, columns) {
      if (columns > width) widen(Math.min(WIDTH_MAX, columns));
      const reservoir = reservoirOf(tick);
      if (reservoir === null) return null;
      const row = place(reservoir, TICK_ROWS);
      if (row === -1) return null;
      reservoir.callers[row] = callerOf(caller);
      return reservoir.bins.subarray(row * width, (row + 1) * width);
    },
    before: () => ({ rows: past.rows, width, bins: past.bins, callers: past.callers }),
    now() {
      const held = [...byTick.values()];
      const rows = held.reduce((sum, one) => sum + one.rows, 0);
      const bins = new Uint8Array(rows * width);
      const asked = new Uint8Array(rows);
      let at = 0;
      for (const one of held) {
        bins.set(one.bins.subarray(0, one.rows * width), at * width);
        asked.set(one.callers.subarray(0, one.rows), at);
        at += one.rows;
      }
      return { rows, width, bins, callers: asked };
    },
  };
}
