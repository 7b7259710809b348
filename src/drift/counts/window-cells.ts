// All counts of one stream group: the last ticks, and behind them the cells of longer windows and the sum since the first row,
// which take a tick in when it leaves the ring. Each row is in exactly one of the two, so that a window is the sum of both.
//
//   rows -> ring of ticks -> (a tick leaves) -> half hours, half days, since the start

import { createTickCells, type Held, type TickCells } from './tick-cells.ts';
import { type Covered, LEVEL_CELLS, type Level, levelsOf, type SpanName } from './windows.ts';

export interface WindowCells {
  readonly ticks: TickCells;
  /** Unix milliseconds of the start of the first tick counted; null before. */
  readonly since: number | null;
  /** Calls since then, in ticks that have left the ring. */
  readonly callsBefore: number;
  reserve(size: number): number;
  /** Counts of a run of cells over what a window covers, rows still in the ring included. */
  sum(covered: Covered, offset: number, size: number): Float64Array;
  /** The clock was set back: what lies after `tick` is history from now on, and of now at the latest. */
  rewind(tick: number): void;
  save(): SavedCells;
  /** Add what was saved: to empty cells a restoration, to others a merge. @param move the place here of each saved cell */
  add(saved: SavedCells, move: (counts: ArrayLike<number>) => ArrayLike<number>): void;
}

/** One tick or longer cell, as saved. */
export interface SavedCell {
  readonly index: number;
  readonly calls: number;
  readonly counts: ArrayLike<number>;
}

export interface SavedCells {
  readonly since: number | null;
  readonly callsBefore: number;
  readonly ticks: readonly SavedCell[];
  readonly levels: Readonly<Partial<Record<SpanName, readonly SavedCell[]>>>;
  readonly before: ArrayLike<number>;
}

interface LevelCells extends Level {
  readonly cells: TickCells;
}

/** @param slots of the ring: the ticks of a window, and the one under way */
export function createWindowCells(slots: number, tickMs: number): WindowCells {
  const levels: readonly LevelCells[] = levelsOf(tickMs, slots - 1).map((level) => ({
    ...level,
    cells: createTickCells(LEVEL_CELLS),
  }));
  const ticks = createTickCells(slots, leave);
  /** Rows since the start, but for those in the ring: more than 2^32 in the end. */
  let before = new Float64Array(64);
  let used = 0;
  let since: number | null = null;
  let callsBefore = 0;
  /** No tick is later than this one. */
  let latest = Number.POSITIVE_INFINITY;

  function leave({ tick: left, calls, counts }: Held): void {
    const tick = Math.min(left, latest);
    for (const { cells, cellMs } of levels) cells.add(Math.floor((tick * tickMs) / cellMs), calls, counts);
    for (let i = 0; i < counts.length; i++) before[i] = (before[i] as number) + (counts[i] as number);
    callsBefore += calls;
    begin(tick * tickMs);
  }

  function begin(at: number): void {
    if (since === null || at < since) since = at;
  }

  /** One that is too old for the ring goes where those that leave it go, so that the order of additions does not matter. */
  function addTick(tick: number, calls: number, counts: ArrayLike<number>): void {
    if (ticks.slotOf(tick) === -1) leave({ tick, calls, counts });
    else ticks.add(tick, calls, counts);
  }

  const firstHeld = (): number | null => {
    const [first] = ticks.held();
    return first === undefined ? null : first.tick * tickMs;
  };

  return {
    ticks,
    get since() {
      const first = firstHeld();
      return since === null || first === null ? (since ?? first) : Math.min(since, first);
    },
    get callsBefore() {
      return callsBefore;
    },
    reserve(size) {
      const offset = ticks.reserve(size);
      for (const { cells } of levels) cells.reserve(size);
      used = offset + size;
      if (used > before.length) {
        const wider = new Float64Array(Math.max(used, Math.ceil(before.length * 1.25)));
        wider.set(before);
        before = wider;
      }
      return offset;
    },
    sum({ from, to, level }, offset, size) {
      const counts = new Float64Array(size);
      const last = to / tickMs - 1;
      ticks.sum(from === null ? 0 : Math.ceil(from / tickMs), last, offset, size, counts);
      if (from === null) {
        for (let i = 0; i < size; i++) counts[i] = (counts[i] as number) + (before[offset + i] as number);
      }
      const found = levels.find(({ name }) => name === level);
      if (found !== undefined && from !== null) {
        found.cells.sum(Math.floor(from / found.cellMs), Math.floor((to - 1) / found.cellMs), offset, size, counts);
      }
      return counts;
    },
    rewind(tick) {
      latest = tick;
      ticks.letGoAbove(tick);
      latest = Number.POSITIVE_INFINITY;
      if (since !== null) since = Math.min(since, tick * tickMs);
      for (const { cells, cellMs } of levels) {
        const now = Math.floor((tick * tickMs) / cellMs);
        const ahead = cells.held().filter((held) => held.tick > now);
        const moved = ahead.map(({ calls, counts }) => ({ calls, counts: Uint32Array.from(counts) }));
        cells.letGoAbove(now);
        for (const { calls, counts } of moved) cells.add(now, calls, counts);
      }
    },
    save: () => ({
      since,
      callsBefore,
      ticks: saved(ticks),
      levels: Object.fromEntries(levels.map(({ name, cells }) => [name, saved(cells)])),
      before: before.slice(0, used),
    }),
    add(other, move) {
      if (other.since !== null) begin(other.since);
      callsBefore += other.callsBefore;
      const earlier = move(other.before);
      for (let i = 0; i < earlier.length; i++) before[i] = (before[i] as number) + (earlier[i] as number);
      for (const { name, cells } of levels) {
        for (const { index, calls, counts } of other.levels[name] ?? []) cells.add(index, calls, move(counts));
      }
      for (const { index, calls, counts } of other.ticks) addTick(index, calls, move(counts));
    },
  };
}

function saved(cells: TickCells): SavedCell[] {
  return cells.held().map(({ tick, calls, counts }) => ({ index: tick, calls, counts: Uint32Array.from(counts) }));
}
