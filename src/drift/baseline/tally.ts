// Counts one column's rows on its bins, and by the hour where rows have a time; and says at the end what the hours show: how much
// more days differ than chance (overdispersion), and whether the column has seasons worth keeping.
//
// Overdispersion: Pearson's chi-square of the days over its degrees of freedom, 1 at least; from 7 days on, else the same of hours
// from 24 on, else 1. Where seasons are kept, days are held against what their hours lead to expect, and seven times (bins - 1)
// degrees go to them.

import type { Value } from '../../protocols/protocol.ts';
import { correlationWithin, type Dispersion, dispersionOf } from '../../statistics/dispersion.ts';
import { type Binning, binOf } from './binning.ts';
import { dayOf, hourOfWeek } from './local-time.ts';
import type { Strata } from './seasons.ts';

export const DAYS_MIN = 7;
const HOURS_MIN = 24;
/** Seasons: two weeks, and fifty rows for each hour of the week on average. */
export const SEASON_DAYS_MIN = 14;
export const SEASON_ROWS_MIN = 168 * 50;
/**
 * Seasons that matter: (bins - 1) rho is the mean over the hours of sum (p_h - p)^2 / p; this much is what a relative change of 5 %
 * of every share makes, half the tolerance that drift has by default.
 */
const EFFECT_MIN = 0.05 ** 2;

export interface Tally {
  /** @param localHour of the row, whole; null where it has no time */
  add(value: Value | undefined, localHour: number | null): void;
  finish(): Tallied;
}

export interface Tallied {
  readonly counts: Float64Array;
  readonly overdispersion: number;
  readonly strata: Strata | null;
}

export function createTally(binning: Binning): Tally {
  const { size } = binning;
  const counts = new Float64Array(size);
  const hours = new Map<number, Uint32Array>();
  let lastHour: number | null = null;
  let cells: Uint32Array | null = null;

  return {
    add(value, localHour) {
      const bin = binOf(binning, value);
      counts[bin] = (counts[bin] as number) + 1;
      if (localHour === null) return;
      if (cells === null || localHour !== lastHour) {
        cells = hours.get(localHour) ?? new Uint32Array(size);
        hours.set(localHour, cells);
        lastHour = localHour;
      }
      cells[bin] = (cells[bin] as number) + 1;
    },
    finish: () => ({ counts, ...timed(hours, size) }),
  };
}

function timed(hours: ReadonlyMap<number, Uint32Array>, size: number): Omit<Tallied, 'counts'> {
  const days = summed(hours, dayOf, size);
  const ofWeek = summed(hours, hourOfWeek, size);
  const strata = seasonsOf(hours, ofWeek, days.size, size);
  if (strata !== null) return { strata, overdispersion: aroundSeasons(hours, ofWeek, days, size) };
  const groups = days.size >= DAYS_MIN ? days : hours.size >= HOURS_MIN ? hours : null;
  return { strata, overdispersion: groups === null ? 1 : atLeastOne(dispersionOf(groups.values(), size).ratio) };
}

const atLeastOne = (ratio: number): number => (Number.isNaN(ratio) ? 1 : Math.max(1, ratio));

function summed(
  hours: ReadonlyMap<number, Uint32Array>,
  keyOf: (localHour: number) => number,
  size: number,
): Map<number, Float64Array> {
  const sums = new Map<number, Float64Array>();
  for (const [hour, cells] of hours) {
    const key = keyOf(hour);
    const sum = sums.get(key) ?? new Float64Array(size);
    sums.set(key, sum);
    for (let bin = 0; bin < size; bin++) sum[bin] = (sum[bin] as number) + (cells[bin] as number);
  }
  return sums;
}

const rowsOf = (cells: ArrayLike<number>): number => {
  let rows = 0;
  for (let bin = 0; bin < cells.length; bin++) rows += cells[bin] as number;
  return rows;
};

/** null where the hours of the week differ by no more than chance and their own weeks do, or by too little to matter. */
function seasonsOf(
  hours: ReadonlyMap<number, Uint32Array>,
  ofWeek: ReadonlyMap<number, Float64Array>,
  days: number,
  size: number,
): Strata | null {
  const rows = [...ofWeek.values()].reduce((sum, cells) => sum + rowsOf(cells), 0);
  if (days < SEASON_DAYS_MIN || rows < SEASON_ROWS_MIN) return null;
  const between = dispersionOf(ofWeek.values(), size);
  const within = withinHours(hours, size);
  const noise = 3 * within * Math.sqrt(2 / Math.max(1, between.degrees));
  const rho = correlationWithin(between, within);
  if (!(between.ratio > within + noise) || (between.bins - 1) * rho < EFFECT_MIN) return null;
  const concentration = (1 - rho) / rho;
  return { concentration: Math.max(concentration, Number.MIN_VALUE), hours: ofWeek };
}

/** What the same hour of the week varies by from week to week: chi-square per degree, all hours together, 1 at least. */
function withinHours(hours: ReadonlyMap<number, Uint32Array>, size: number): number {
  const weeks = Map.groupBy(hours, ([hour]) => hourOfWeek(hour));
  let chiSquare = 0;
  let degrees = 0;
  for (const group of weeks.values()) {
    const found: Dispersion = dispersionOf(
      group.map(([, cells]) => cells),
      size,
    );
    if (found.degrees === 0) continue;
    chiSquare += found.ratio * found.degrees;
    degrees += found.degrees;
  }
  return degrees === 0 ? 1 : atLeastOne(chiSquare / degrees);
}

/** Days against the sum of what their hours lead to expect. */
function aroundSeasons(
  hours: ReadonlyMap<number, Uint32Array>,
  ofWeek: ReadonlyMap<number, Float64Array>,
  days: ReadonlyMap<number, Float64Array>,
  size: number,
): number {
  const expected = new Map([...days.keys()].map((day) => [day, new Float64Array(size)]));
  for (const [hour, cells] of hours) {
    const own = ofWeek.get(hourOfWeek(hour));
    const sum = expected.get(dayOf(hour));
    if (own === undefined || sum === undefined) continue;
    const scale = rowsOf(cells) / rowsOf(own);
    for (let bin = 0; bin < size; bin++) sum[bin] = (sum[bin] as number) + (own[bin] as number) * scale;
  }
  let chiSquare = 0;
  const met = new Set<number>();
  for (const [day, found] of days) {
    const sum = expected.get(day);
    if (sum === undefined) continue;
    for (let bin = 0; bin < size; bin++) {
      const mean = sum[bin] as number;
      if (mean <= 0) continue;
      met.add(bin);
      chiSquare += ((found[bin] as number) - mean) ** 2 / mean;
    }
  }
  const degrees = (days.size - 7) * (met.size - 1);
  return degrees <= 0 ? 1 : atLeastOne(chiSquare / degrees);
}
