// Recent traffic per (model, version, role) for the console: rates, a short history, and latencies of the last minute, from
// the counters alone. The monitor ticks it; the memory is bounded by series x TICKS; a series that the sums have let go of is forgotten.

import type { Clock } from '../kernel/clock.ts';
import type { Role } from '../model.ts';
import { HISTOGRAM_CELLS } from './histogram.ts';
import { SERIES } from './layout.ts';
import { type Quantiles, quantilesOf, type SeriesSum, type Sums, totalOf } from './sums.ts';

export interface Traffic {
  /** Take the next point of every history. Meant to be called about once a second. */
  tick(): void;
  /** @returns undefined where nothing was ever counted under this key */
  of(model: string, version: string, role: Role): TrafficNumbers | undefined;
}

export interface TrafficNumbers {
  /** Since the start of the process, up to now. */
  readonly total: number;
  readonly errors: number;
  /** Mean of the last RATE_TICKS ticks. */
  readonly perSecond: number;
  readonly errorsPerSecond: number;
  /** Of the last 30 to 60 ticks; of all calls where fewer have passed. */
  readonly latencyMs: Quantiles;
  /** Calls per second, a number for each of the last TICKS ticks, oldest first. */
  readonly history: readonly number[];
}

export const TICKS = 120;
const RATE_TICKS = 10;
/** Ticks between two copies of a histogram: the window reaches back one to two of these. */
const WINDOW_TICKS = 30;

interface Track {
  readonly series: SeriesSum;
  readonly calls: Float64Array;
  readonly errors: Float64Array;
  lastCalls: number;
  lastErrors: number;
  /** The histogram as it was one and two windows ago. */
  older: Float64Array;
  newer: Float64Array;
}

export function createTraffic(sums: Sums, clock: Clock): Traffic {
  const tracks = new Map<SeriesSum, Track>();
  const seconds = new Float64Array(TICKS);
  let ticks = 0;
  let last = clock.now();

  return {
    tick() {
      const now = clock.now();
      if (now <= last) return;
      sums.refresh();
      const slot = ticks % TICKS;
      seconds[slot] = (now - last) / 1000;
      last = now;
      for (const series of sums.series) {
        const track = tracks.get(series) ?? newTrack(series);
        tracks.set(series, track);
        advance(track, slot, ticks > 0 && ticks % WINDOW_TICKS === 0);
      }
      if (tracks.size > sums.series.length) {
        const alive = new Set(sums.series);
        for (const series of tracks.keys()) if (!alive.has(series)) tracks.delete(series);
      }
      ticks++;
    },
    of(model, version, role) {
      const series = sums.find(model, version, role);
      const track = series === undefined ? undefined : tracks.get(series);
      return track === undefined ? undefined : numbersOf(track, seconds, ticks);
    },
  };
}

function newTrack(series: SeriesSum): Track {
  return {
    series,
    calls: new Float64Array(TICKS),
    errors: new Float64Array(TICKS),
    lastCalls: 0,
    lastErrors: 0,
    older: new Float64Array(HISTOGRAM_CELLS),
    newer: new Float64Array(HISTOGRAM_CELLS),
  };
}

function latencyCells({ cells }: SeriesSum): Float64Array {
  return cells.subarray(SERIES.at.latency, SERIES.at.latency + HISTOGRAM_CELLS);
}

function advance(track: Track, slot: number, windowEnds: boolean): void {
  const { series } = track;
  const calls = totalOf(series.cells);
  const errors = series.cells[SERIES.at.errors] as number;
  track.calls[slot] = calls - track.lastCalls;
  track.errors[slot] = errors - track.lastErrors;
  track.lastCalls = calls;
  track.lastErrors = errors;
  if (!windowEnds) return;
  [track.older, track.newer] = [track.newer, track.older];
  track.newer.set(latencyCells(series));
}

function numbersOf(track: Track, seconds: Float64Array, ticks: number): TrafficNumbers {
  const shown = Math.min(ticks, TICKS);
  const history: number[] = [];
  const recent = { calls: 0, errors: 0, seconds: 0 };
  for (let tick = ticks - shown; tick < ticks; tick++) {
    const slot = tick % TICKS;
    const lasted = seconds[slot] as number;
    history.push(round((track.calls[slot] as number) / lasted));
    if (tick < ticks - RATE_TICKS) continue;
    recent.calls += track.calls[slot] as number;
    recent.errors += track.errors[slot] as number;
    recent.seconds += lasted;
  }
  const perSecond = (count: number): number => (recent.seconds > 0 ? round(count / recent.seconds) : 0);
  return {
    total: totalOf(track.series.cells),
    errors: track.series.cells[SERIES.at.errors] as number,
    perSecond: perSecond(recent.calls),
    errorsPerSecond: perSecond(recent.errors),
    latencyMs: quantilesOf(latencyCells(track.series).map((count, cell) => count - (track.older[cell] as number))),
    history,
  };
}

function round(perSecond: number): number {
  return Math.round(perSecond * 100) / 100;
}
