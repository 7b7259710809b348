// The streams of one (version, role, side): a column each, counted together because they arrive together. Finds a column's stream
// by its place in the last row first (placed-columns.ts), since callers send their columns in one order.

import type { Role } from '../../model.ts';
import type { Column, Table, Value } from '../../protocols/protocol.ts';
import { createSpaceSaving, type Frequent, type SpaceSaving } from '../../statistics/space-saving.ts';
import type { Side } from '../baseline/baseline.ts';
import { type Binning, binOf, countValues, MISSING, NEVER_SEEN } from '../baseline/binning.ts';
import { type Provisional, takeMissingRows, takeRows } from '../baseline/provisional.ts';
import type { Reference } from '../baseline/reference.ts';
import type { Cause } from '../cause/cause.ts';
import { createPulse, type Pulse } from '../verdict/pulse.ts';
import { createVerdict, type Verdict } from '../verdict/verdict.ts';
import { createPlacedColumns } from './placed-columns.ts';
import { createRecentValues, type RecentValues } from './recent-values.ts';
import type { TickCells } from './tick-cells.ts';
import { createWindowCells, type WindowCells } from './window-cells.ts';

/** Categories that are new, per column: each text has 128 characters at most. */
const NEWCOMERS_MAX = 32;

export interface Stream {
  readonly name: string;
  /** Where the baseline comes from, if not from a file. */
  readonly provisional: Provisional | null;
  /** Set once there is one; nothing is counted before. */
  reference: Reference | null;
  /** The reference's own, at hand. */
  binning: Binning | null;
  /** Of its cells in a tick's slot. */
  offset: number;
  /** Of its recent values, -1 for a column that is not numeric. */
  ring: number;
  /** Categories nobody has seen before, the most frequent ones; null before the first. */
  newcomers: SpaceSaving | null;
  /** The call that last carried the column. */
  seenIn: number;
  readonly verdict: Verdict;
  /** Of the last window judged. */
  psi: number | null;
  rows: number;
  /** While the window judged last is over its threshold. */
  cause: Cause | null;
}

/** A column's baseline, or null where the column is not watched. */
export type Source = (
  name: string,
) => { readonly reference: Reference | null; readonly provisional: Provisional | null } | null;

export interface StreamGroup {
  readonly version: string;
  readonly role: Role;
  readonly side: Side;
  readonly streams: readonly Stream[];
  readonly ticks: TickCells;
  /** The same ticks, and what came before them. */
  readonly windows: WindowCells;
  readonly recent: RecentValues;
  /** Whether calls still come. */
  readonly pulse: Pulse;
  /** The newest tick with rows, -1 before the first. */
  readonly lastTick: number;
  /**
   * Count one table in its tick.
   * @returns columns left out, since they are not watched
   */
  count(table: Table, tick: number, slot: number): number;
  /** The clock was set back to this tick: what is later is history from now on. */
  rewind(tick: number): void;
  /** The stream of a column, begun if there is none yet; undefined where it is not watched. */
  streamOf(name: string): Stream | undefined;
  /** Go on from new categories that were saved. */
  welcome(stream: Stream, saved: readonly Frequent[]): void;
  /** Rows were counted until this tick, by whoever did it before. */
  resume(tick: number): void;
}

export interface GroupKey {
  readonly version: string;
  readonly role: Role;
  readonly side: Side;
}

/**
 * @param slots ticks held, the one under way included
 * @param expected columns whose absence counts from the first row on
 */
export function createStreamGroup(
  key: GroupKey,
  { slots, tickMs }: { readonly slots: number; readonly tickMs: number },
  expected: Iterable<string>,
  source: Source,
): StreamGroup {
  const windows = createWindowCells(slots, tickMs);
  const { ticks } = windows;
  const recent = createRecentValues();
  const streams: Stream[] = [];
  const byName = new Map<string, Stream>();
  const placed = createPlacedColumns(recent, (name, value) => {
    const stream = byName.get(name);
    if (stream !== undefined) meet(stream, [value], 0);
  });
  let calls = 0;
  let lastTick = -1;

  for (const name of expected) add(name);

  function add(name: string): Stream | undefined {
    const found = source(name);
    if (found === null) return undefined;
    const stream: Stream = {
      name,
      provisional: found.provisional,
      reference: null,
      binning: null,
      offset: 0,
      ring: -1,
      newcomers: null,
      seenIn: 0,
      verdict: createVerdict(),
      psi: null,
      rows: 0,
      cause: null,
    };
    if (found.reference !== null) attach(stream, found.reference);
    streams.push(stream);
    byName.set(name, stream);
    return stream;
  }

  function attach(stream: Stream, reference: Reference): void {
    stream.reference = reference;
    stream.binning = reference.binning;
    stream.offset = windows.reserve(reference.binning.size);
    if (reference.binning.kind === 'numeric') stream.ring = recent.reserve();
  }

  /** Give rows to the baseline until it is complete. @returns rows it took */
  function feed(stream: Stream, take: (provisional: Provisional) => number): number {
    const { provisional } = stream;
    if (stream.reference !== null || provisional === null) return 0;
    const taken = provisional.reference === null ? take(provisional) : 0;
    if (provisional.reference !== null) attach(stream, provisional.reference);
    return taken;
  }

  function countMissing(stream: Stream, rows: number, slot: number): void {
    const taken = feed(stream, (provisional) => takeMissingRows(provisional, rows));
    if (stream.reference === null) return;
    const cell = ticks.baseOf(slot) + stream.offset + MISSING;
    ticks.cells[cell] = (ticks.cells[cell] as number) + rows - taken;
  }

  /** Categories that are new are named: an alarm without them would send people to the raw rows. */
  function meet(stream: Stream, values: readonly (Value | undefined)[], from: number): void {
    const { binning } = stream;
    if (binning?.kind !== 'categorical') return;
    stream.newcomers ??= createSpaceSaving(NEWCOMERS_MAX);
    for (let i = from; i < values.length; i++) {
      const value = values[i];
      if (binOf(binning, value) === NEVER_SEEN) stream.newcomers.add(String(value));
    }
  }

  /** @returns whether the column is watched */
  function countColumn({ name, values }: Column, place: number, rows: number, slot: number): boolean {
    const stream = byName.get(name) ?? add(name);
    if (stream === undefined) return false;
    const taken = stream.reference === null ? feed(stream, (provisional) => takeRows(provisional, values)) : 0;
    if (stream.binning === null) return true;
    const cell = ticks.baseOf(slot) + stream.offset;
    const before = ticks.cells[cell + NEVER_SEEN] as number;
    countValues(stream.binning, values, taken, ticks.cells, cell);
    if (stream.binning.kind === 'categorical' && ticks.cells[cell + NEVER_SEEN] !== before) meet(stream, values, taken);
    if (stream.ring !== -1) recent.remember(stream.ring, values);
    if (rows === 1) placed.put(place, { name, binning: stream.binning, offset: stream.offset, ring: stream.ring });
    return true;
  }

  function countAbsent(columns: readonly Column[], rows: number, slot: number): void {
    for (const { name } of columns) {
      const stream = byName.get(name);
      if (stream !== undefined) stream.seenIn = calls;
    }
    for (const stream of streams) if (stream.seenIn !== calls) countMissing(stream, rows, slot);
  }

  return {
    ...key,
    streams,
    ticks,
    windows,
    recent,
    pulse: createPulse(),
    get lastTick() {
      return lastTick;
    },
    streamOf(name) {
      const stream = byName.get(name) ?? add(name);
      if (stream !== undefined) feed(stream, () => 0);
      return stream;
    },
    welcome(stream, saved) {
      stream.newcomers ??= createSpaceSaving(NEWCOMERS_MAX);
      stream.newcomers.load(saved);
    },
    resume(tick) {
      lastTick = Math.max(lastTick, tick);
    },
    rewind(tick) {
      windows.rewind(tick);
      lastTick = Math.min(lastTick, tick);
    },
    count(table, tick, slot) {
      calls++;
      if (tick > lastTick) lastTick = tick;
      ticks.addCall(slot);
      const { columns, rows } = table;
      const isRow = rows === 1;
      let found = 0;
      for (let place = 0; place < columns.length; place++) {
        if (isRow) {
          const next = placed.count(columns, place, ticks.cells, ticks.baseOf(slot));
          found += next - place;
          place = next;
        }
        const column = columns[place];
        if (column !== undefined && countColumn(column, place, rows, slot)) found++;
      }
      if (found < streams.length) countAbsent(columns, rows, slot);
      return columns.length - found;
    },
  };
}
