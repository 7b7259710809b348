// A baseline with seasons expects other shares on Monday morning than on Saturday night, in the time of people; it believes an hour
// as far as the counts of all hours allow, and has no seasons where there are none to see.

import { expect, test } from 'vitest';
import { parseBaseline } from '../../src/drift/baseline/baseline.ts';
import { numericBinning } from '../../src/drift/baseline/binning.ts';
import { hourOfWeek, type LocalTime, localTimeOf } from '../../src/drift/baseline/local-time.ts';
import { createTally } from '../../src/drift/baseline/tally.ts';
import { baselineText } from '../../src/drift/baseline/write-baseline.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';

const HOUR_MS = 3_600_000;
/** A Monday, 00:00 UTC. */
const MONDAY = Date.parse('2026-03-02T00:00:00Z');
const binning = numericBinning(Float64Array.of(0, 1, 2, 3, 4));

function zoned(zone: string): LocalTime {
  const time = localTimeOf(zone);
  if (time === undefined) throw new Error(zone);
  return time;
}

/** @param draw a value of the moment */
function tallied(weeks: number, rowsAnHour: number, time: LocalTime, draw: (at: number) => number) {
  const tally = createTally(binning);
  for (let hour = 0; hour < weeks * 168; hour++) {
    const at = MONDAY + hour * HOUR_MS;
    for (let row = 0; row < rowsAnHour; row++) tally.add(draw(at), time.hour(at));
  }
  return tally.finish();
}

const schema = { type: 'number', nullable: false, range: [0, 4] } as const;

function referenceFrom(found: ReturnType<typeof tallied>, zone: string) {
  const column = { side: 'request', name: 'x', version: null, schema, binning, ...found } as const;
  const read = parseBaseline(
    baselineText({ model: 'm', made: null, source: null, zone, columns: [column], surrogates: [] }),
  );
  const reference = read.ok ? read.baseline.request.get('x') : undefined;
  if (reference === undefined) throw new Error(read.ok ? 'no x' : read.problems.join());
  return reference;
}

/** Low values by day, high ones by night, on the clock of the zone. */
function byDay(time: LocalTime, seed: number): (at: number) => number {
  const random = createSeededRandom(seed);
  return (at) => {
    const isDay = Math.abs((time.hour(at) % 24) - 12) < 4;
    return random() < (isDay ? 0.8 : 0.2) ? random() * 2 : 2 + random() * 2;
  };
}

test('hours of the week begin on Monday, in every zone', () => {
  expect(hourOfWeek(zoned('UTC').hour(MONDAY))).toBe(0);
  expect(hourOfWeek(zoned('UTC').hour(MONDAY - 1))).toBe(167);
  expect(hourOfWeek(zoned('Asia/Kolkata').hour(MONDAY))).toBe(5);
  expect(hourOfWeek(zoned('America/New_York').hour(MONDAY))).toBe(163);
  expect(hourOfWeek(zoned('UTC').hour(Date.parse('1969-12-29T00:30:00Z')))).toBe(0);
  expect(localTimeOf('Mars/Phobos')).toBeUndefined();
});

test('summer time: the clock on the wall leaves an hour out, and later repeats one', () => {
  const { hour } = zoned('Europe/Berlin');
  const at = (text: string) => hour(Date.parse(text)) - hour(Date.parse('2026-03-29T00:00:00+01:00'));
  expect([at('2026-03-29T00:30:00Z'), at('2026-03-29T01:30:00Z')]).toEqual([1, 3]);
  const autumn = (text: string) => hour(Date.parse(text)) - hour(Date.parse('2026-10-25T00:00:00+02:00'));
  expect([autumn('2026-10-25T00:30:00Z'), autumn('2026-10-25T01:30:00Z')]).toEqual([2, 2]);
});

test('the shares of an hour are near the true ones, nearer than its own counts', () => {
  const time = zoned('Europe/Berlin');
  const found = tallied(3, 60, time, byDay(time, 1));
  const reference = referenceFrom(found, 'Europe/Berlin');
  expect(reference.seasonal).toBe(true);
  // In July the clock is two hours ahead of UTC: 10:00Z is noon, 22:00Z midnight.
  const low = (text: string) => {
    const shares = reference.shares(Date.parse(text));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(Math.min(...shares)).toBeGreaterThan(0);
    return (shares[7] ?? 0) + (shares[8] ?? 0);
  };
  expect(low('2026-07-15T10:00:00Z')).toBeCloseTo(0.8, 1);
  expect(low('2026-07-15T22:00:00Z')).toBeCloseTo(0.2, 1);
  let [own, shrunk] = [0, 0];
  for (const [hour, counts] of found.strata?.hours ?? []) {
    const at = MONDAY + (hour - 1) * HOUR_MS;
    const truth = Math.abs((hour % 24) - 12) < 4 ? 0.4 : 0.1;
    const rows = Array.from(counts).reduce((sum, count) => sum + count, 0);
    own += ((counts[7] ?? 0) / rows - truth) ** 2;
    shrunk += ((reference.shares(at)[7] ?? 0) - truth) ** 2;
  }
  expect(shrunk).toBeLessThan(own);
});

test('days are held against what their hours lead to expect: seasons are no overdispersion', () => {
  const time = zoned('UTC');
  const found = tallied(4, 60, time, byDay(time, 2));
  expect(found.strata).not.toBeNull();
  expect(found.overdispersion).toBeLessThan(1.3);
});

test('without seasons there are none, and days that differ are overdispersed by as much', () => {
  const random = createSeededRandom(3);
  const plain = tallied(3, 60, zoned('UTC'), () => random() * 4);
  expect(plain.strata).toBeNull();
  expect(plain.overdispersion).toBeLessThan(1.4);
  const reference = referenceFrom(plain, 'UTC');
  expect(reference.shares(MONDAY)).toBe(reference.shares(MONDAY + 5 * HOUR_MS));
  // A share that wanders from day to day by 0.1: chi-square per degree is about 1 + N sd^2 / (p (1 - p)) = 1 + 1440 * 0.01 / 0.25.
  const shares = new Map<number, number>();
  const wandering = tallied(6, 60, zoned('UTC'), (at) => {
    const day = Math.floor(at / HOUR_MS / 24);
    const share = shares.get(day) ?? 0.5 + (random() < 0.5 ? 0.1 : -0.1);
    shares.set(day, share);
    return random() < share ? 0.5 : 1.5;
  });
  expect(wandering.strata).toBeNull();
  expect(wandering.overdispersion).toBeGreaterThan(45);
  expect(wandering.overdispersion).toBeLessThan(75);
});

test('too short a baseline has no seasons; a single day gives its hours, a few hours nothing', () => {
  const time = zoned('UTC');
  expect(tallied(1, 200, time, byDay(time, 4)).strata).toBeNull();
  const tally = createTally(binning);
  for (let hour = 0; hour < 24; hour++) for (let row = 0; row < 50; row++) tally.add(hour < 12 ? 0.5 : 1.5, hour);
  expect(tally.finish().overdispersion).toBeGreaterThan(10);
  const few = createTally(binning);
  for (let hour = 0; hour < 5; hour++) few.add(hour, hour);
  for (let row = 0; row < 5; row++) few.add(1, null);
  expect(few.finish()).toMatchObject({ overdispersion: 1, strata: null });
});
