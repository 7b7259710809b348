// Where a column's change lives: in the rows of one caller or of one value of another column, in other shares of such groups while
// nothing changed within them, or everywhere. Judged on rows sampled before and now (row-sample.ts), since counts of single columns
// cannot say.

import { chiSquareTail } from '../../statistics/chi-square.ts';
import { SPECIALS } from '../baseline/binning.ts';

/** Rows side by side: bins of every column, and who asked. */
export interface SampledRows {
  readonly rows: number;
  /** Columns of a row in `bins`. */
  readonly width: number;
  readonly bins: Uint8Array;
  /** Index of the caller. */
  readonly callers: Uint8Array;
}

/** The bin of a column that was not counted yet. */
export const UNBINNED = 255;

/** One way to divide rows into groups: the group of a row, -1 for none. */
export interface Division {
  readonly name: string;
  readonly groups: readonly string[];
  readonly groupOf: (rows: SampledRows, row: number) => number;
}

export interface Found {
  /** `only`: the change is in this group and in no other. `mix`: the groups' shares changed, and nothing within them. */
  readonly how: 'only' | 'mix';
  readonly division: Division;
  readonly group: number;
  /** Of the rows, 0 to 1. */
  readonly shareBefore: number;
  readonly shareNow: number;
}

/** Groups of so few rows, on either side, say nothing. */
const ROWS_MIN = 30;
/** Chance of naming a group where there is none, over all that are looked at. */
const LEVEL = 1e-3;
/** Outside the group at most this part of the change inside it is left, and there are rows enough to see so much. */
const OUTSIDE_MAX = 0.3;
/** Shares of groups must account for so much of a change to be its cause. */
const MIX_MIN = 0.7;
/** Bins of the column are pooled to so many, since rows are few. */
const POOLS = 8;

/**
 * @param column index of the column that changed
 * @param divisions to look at; the column itself among them is passed over by the caller
 */
export function locate(
  before: SampledRows,
  now: SampledRows,
  column: number,
  divisions: readonly Division[],
): Found | null {
  const pool = poolsOf(before, now, column);
  const all = { before: countAll(before, column, pool), now: countAll(now, column, pool) };
  const whole = distanceOf(all.before, all.now);
  if (whole === 0) return null;
  let best: { found: Found; gain: number } | null = null;
  const looks = divisions.reduce((sum, { groups }) => sum + groups.length, 0);
  for (const division of divisions) {
    const counts = {
      before: countGroups(before, column, pool, division),
      now: countGroups(now, column, pool, division),
    };
    const only = onlyIn(counts, all, LEVEL / Math.max(1, looks));
    const mixed = only === null ? mixIn(counts, all, whole) : null;
    const found = only ?? mixed;
    if (found === null || (best !== null && found.gain <= best.gain)) continue;
    const { how, group, gain } = found;
    const shareBefore = total(counts.before[group] as Float64Array) / before.rows;
    const shareNow = total(counts.now[group] as Float64Array) / now.rows;
    best = { found: { how, division, group, shareBefore, shareNow }, gain };
  }
  return best?.found ?? null;
}

interface Sides<Counts> {
  readonly before: Counts;
  readonly now: Counts;
}

/** The group that alone holds the change: the larger the part of it the better. */
function onlyIn(counts: Sides<readonly Float64Array[]>, all: Sides<Float64Array>, level: number) {
  let best: { how: 'only'; group: number; gain: number } | null = null;
  for (let group = 0; group < counts.now.length; group++) {
    const before = counts.before[group] as Float64Array;
    const now = counts.now[group] as Float64Array;
    if (total(before) < ROWS_MIN || total(now) < ROWS_MIN) continue;
    const outside = { before: minus(all.before, before), now: minus(all.now, now) };
    if (total(outside.before) < ROWS_MIN || total(outside.now) < ROWS_MIN) continue;
    const inside = distanceOf(before, now);
    if (inside === 0 || tail(before, now) > level) continue;
    if (distanceOf(outside.before, outside.now) > OUTSIDE_MAX * inside) continue;
    if (chanceOf(outside.before, outside.now) > OUTSIDE_MAX * inside) continue;
    const gain = inside * total(now);
    if (best === null || gain > best.gain) best = { how: 'only', group, gain };
  }
  return best;
}

/** Groups whose new shares, with what was within each before, make the column what it is now. */
function mixIn(counts: Sides<readonly Float64Array[]>, all: Sides<Float64Array>, whole: number) {
  const rowsNow = total(all.now);
  const expected = new Float64Array(all.now.length);
  let group = -1;
  let largest = 0;
  for (let one = 0; one < counts.now.length; one++) {
    const before = counts.before[one] as Float64Array;
    const share = total(counts.now[one] as Float64Array) / rowsNow;
    const was = total(before) / total(all.before);
    if (total(before) === 0) {
      if (share > 0.02) return null;
      continue;
    }
    for (let pool = 0; pool < expected.length; pool++) {
      expected[pool] = (expected[pool] as number) + (share * (before[pool] as number)) / total(before);
    }
    if (share - was > largest) {
      largest = share - was;
      group = one;
    }
  }
  if (group === -1 || largest < 0.05) return null;
  // The expected shares rest on as many rows as were sampled before.
  const scaled = expected.map((share) => share * total(all.before));
  const left = distanceOf(scaled, all.now);
  if (left > (1 - MIX_MIN) * whole) return null;
  return { how: 'mix' as const, group, gain: (whole - left) * rowsNow };
}

/** Pool of each bin of the column: special ones that matter by themselves, plain ones into groups of about equal rows. */
function poolsOf(before: SampledRows, now: SampledRows, column: number): Uint8Array {
  const counts = new Float64Array(256);
  const inNow = new Float64Array(256);
  for (let row = 0; row < before.rows; row++) bump(counts, before.bins[row * before.width + column] as number);
  for (let row = 0; row < now.rows; row++) bump(inNow, now.bins[row * now.width + column] as number);
  const plain = counts.subarray(SPECIALS, UNBINNED).reduce((sum, count) => sum + count, 0);
  const pool = new Uint8Array(256);
  for (let bin = 0; bin < SPECIALS; bin++) pool[bin] = bin;
  let passed = 0;
  for (let bin = SPECIALS; bin < UNBINNED; bin++) {
    const share = plain === 0 ? 0 : (counts[bin] as number) / plain;
    pool[bin] = SPECIALS + Math.min(POOLS - 1, Math.floor((passed + share / 2) * POOLS));
    passed += share;
  }
  return pool;
}

const SIZE = SPECIALS + POOLS;

function countAll(sample: SampledRows, column: number, pool: Uint8Array): Float64Array {
  const counts = new Float64Array(SIZE);
  for (let row = 0; row < sample.rows; row++) {
    const bin = sample.bins[row * sample.width + column] as number;
    if (bin !== UNBINNED) bump(counts, pool[bin] as number);
  }
  return counts;
}

function countGroups(
  sample: SampledRows,
  column: number,
  pool: Uint8Array,
  { groups, groupOf }: Division,
): Float64Array[] {
  const counts = groups.map(() => new Float64Array(SIZE));
  for (let row = 0; row < sample.rows; row++) {
    const bin = sample.bins[row * sample.width + column] as number;
    const group = counts[groupOf(sample, row)];
    if (group !== undefined && bin !== UNBINNED) bump(group, pool[bin] as number);
  }
  return counts;
}

function bump(counts: Float64Array, index: number): void {
  counts[index] = (counts[index] as number) + 1;
}

const total = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);

const minus = (all: Float64Array, part: Float64Array): Float64Array =>
  all.map((count, index) => count - (part[index] as number));

/** Total variation less what chance alone would make of so few rows, 0 at least. */
function distanceOf(before: Float64Array, now: Float64Array): number {
  const [n, m] = [total(before), total(now)];
  if (n === 0 || m === 0) return 0;
  let found = 0;
  for (let bin = 0; bin < before.length; bin++) {
    found += Math.abs((before[bin] as number) / n - (now[bin] as number) / m) / 2;
  }
  return Math.sqrt(Math.max(0, found * found - chanceOf(before, now) ** 2));
}

/** Total variation that chance makes on average between so many rows of one law. */
function chanceOf(before: Float64Array, now: Float64Array): number {
  const [n, m] = [total(before), total(now)];
  let chance = 0;
  for (let bin = 0; bin < before.length; bin++) {
    const both = ((before[bin] as number) + (now[bin] as number)) / (n + m);
    chance += Math.sqrt((both * (1 - both) * (1 / n + 1 / m)) / (2 * Math.PI));
  }
  return chance;
}

/** Upper tail of the two-sample chi-square. */
function tail(before: Float64Array, now: Float64Array): number {
  const [n, m] = [total(before), total(now)];
  let statistic = 0;
  let met = 0;
  for (let bin = 0; bin < before.length; bin++) {
    const both = (before[bin] as number) + (now[bin] as number);
    if (both === 0) continue;
    met++;
    statistic += ((before[bin] as number) * Math.sqrt(m / n) - (now[bin] as number) * Math.sqrt(n / m)) ** 2 / both;
  }
  return met < 2 ? 1 : chiSquareTail(statistic, met - 1);
}
