// A baseline with seasons knows each hour of the week by the few rows it had then: what an hour's shares err by is no drift.

import { describe, expect, test } from 'vitest';
import { localTimeOf } from '../../src/drift/baseline/local-time.ts';
import { createReference, type Reference } from '../../src/drift/baseline/reference.ts';
import { createSeededRandom, type Random } from '../../src/kernel/random.ts';
import { correlationWithin, dispersionOf } from '../../src/statistics/dispersion.ts';
import { addTo, BINNING, normal, watch } from './streams-of-numbers.ts';

const HOUR_MS = 3_600_000;
const HOURS = 168;
const STREAMS = 8;
const ROWS_AN_HOUR = 60;

/** The week begins on a Thursday at 00:00 UTC, as unix time does. */
const meanOf = (hour: number): number => 0.7 * Math.sin((2 * Math.PI * (hour % 24)) / 24);
const rowsOf = (hour: number, rows: number, random: Random, shift = 0): number[] =>
  Array.from({ length: rows }, () => normal(random) + meanOf(hour) + shift);

function seasonal(random: Random, without: number | null = null): Reference {
  const time = localTimeOf('UTC');
  if (time === undefined) throw new Error('there is UTC');
  const hours = new Map<number, Float64Array>();
  const total = new Float64Array(BINNING.size);
  for (let hour = 0; hour < HOURS; hour++) {
    const counts = new Float64Array(BINNING.size);
    for (const value of rowsOf(hour, ROWS_AN_HOUR, random)) addTo(counts, value);
    for (let bin = 0; bin < total.length; bin++) total[bin] = (total[bin] ?? 0) + (counts[bin] ?? 0);
    // Monday is the first day of a baseline's week, Thursday the first of unix time.
    const ofWeek = (hour + 72) % HOURS;
    if (ofWeek !== without) hours.set(ofWeek, counts);
  }
  const rho = correlationWithin(dispersionOf(hours.values(), BINNING.size), 1);
  const strata = { concentration: (1 - rho) / rho, hours };
  return createReference(BINNING, total, false, { overdispersion: 1, schema: null, seasons: { strata, time } });
}

/** Ticks of an hour. @returns the tick of the alarm, -1: none */
function alarmIn(weeks: number, reference: Reference, random: Random, shift = 0): number {
  const { see } = watch(reference, { tickMs: HOUR_MS, threshold: Math.log(STREAMS * HOURS) });
  for (let tick = 0; tick < weeks * HOURS; tick++) if (see(rowsOf(tick, 1000, random, shift)).open) return tick;
  return -1;
}

describe('a baseline of 60 rows for each hour of the week', () => {
  const random = createSeededRandom(11);
  const references = Array.from({ length: STREAMS }, () => seasonal(random));

  test('is known in an hour by what the hour had and what it borrows, never by more than all its rows', () => {
    const [reference] = references;
    expect(reference?.rowsAt(0)).toBeGreaterThan(ROWS_AN_HOUR);
    expect(reference?.rowsAt(0)).toBeLessThan((reference?.rows ?? 0) / 10);
    const gap = seasonal(createSeededRandom(2), 72);
    expect(gap.rowsAt(0)).toBeCloseTo(gap.rowsAt(HOUR_MS) - ROWS_AN_HOUR, 9);
  });

  test('raises no alarm in two weeks of the same traffic, where one taken for known by all its rows does', () => {
    expect(references.map((reference) => alarmIn(2, reference, random))).toEqual(references.map(() => -1));
    const overrated = references.map((reference) => ({ ...reference, rowsAt: () => reference.rows }));
    expect(overrated.filter((reference) => alarmIn(2, reference, random) === -1)).toEqual([]);
  });

  test('still shows a large shift within a day', () => {
    for (const reference of references) {
      const tick = alarmIn(1, reference, random, 1);
      expect(tick).toBeGreaterThanOrEqual(0);
      expect(tick).toBeLessThan(24);
    }
  });
});
