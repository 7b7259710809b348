// A fleet of columns watched tick by tick, for counting false alarms and delays: rows are drawn bin by bin from laws that are known, and
// judged by the engine's own verdict. Rivals look at the same counts.

import { numericBinning, SPECIALS } from '../../src/drift/baseline/binning.ts';
import { createReference, type Reference } from '../../src/drift/baseline/reference.ts';
import { createVerdict, follow } from '../../src/drift/verdict/verdict.ts';
import type { Random } from '../../src/kernel/random.ts';
import { chiSquareTail } from '../../src/statistics/chi-square.ts';
import { normalQuantile } from '../../src/statistics/normal.ts';
import { psiOf } from '../../src/statistics/psi.ts';

const BINS = 20;
const CUTS = Array.from({ length: BINS - 1 }, (_, i) => normalQuantile((i + 1) / BINS));
const BINNING = numericBinning(Float64Array.from([-9, ...CUTS, 9]));
const SIZE = SPECIALS + BINS;
const HOUR_MS = 3_600_000;

/** What a world does to the rows of one stream. */
export interface World {
  readonly name: string;
  /** Rows of the baseline; Infinity: it is known exactly. */
  readonly baselineRows: number;
  readonly tolerance: number;
  readonly rowsPerTick: number;
  /** Rows that come together and are all alike. */
  readonly burst?: number;
  readonly overdispersion?: number;
  /** Relative change of every bin's share, another one every 50 ticks, of mean 0. */
  readonly wobble?: number;
  /** Standard deviations by which the hour of the day moves all rows, and whether the baseline knows. */
  readonly season?: number;
  /** From the tick `warmTicks` on. */
  readonly change?: (bins: Float64Array) => Float64Array;
}

/** Shares of N(mean, sd) in the bins. */
export function sharesOf(mean: number, sd = 1): Float64Array {
  const shares = new Float64Array(SIZE);
  let below = 0;
  for (let b = 0; b < BINS; b++) {
    const upTo = b === BINS - 1 ? 1 : normalBelow(((CUTS[b] ?? 0) - mean) / sd);
    shares[SPECIALS + b] = Math.max(0, upTo - below);
    below = upTo;
  }
  return shares;
}

/** P(Z <= z): half a chi-square tail of one degree. */
const normalBelow = (z: number): number => (z < 0 ? chiSquareTail(z * z, 1) / 2 : 1 - chiSquareTail(z * z, 1) / 2);

export interface Watched {
  /** Tick of the first alarm, -1 for none, by log threshold. */
  readonly firstAlarms: readonly number[];
  /** Of PSI > 0.1 over the last five ticks, and of chi-square p < 0.001 in one tick. */
  readonly psiAlarm: number;
  readonly chiSquareAlarm: number;
}

/** @param thresholds logarithms, ascending */
export function watchStream(
  world: World,
  ticks: number,
  warmTicks: number,
  thresholds: readonly number[],
  random: Random,
): Watched {
  const truth = sharesOf(0);
  const hours =
    world.season === undefined
      ? null
      : Array.from({ length: 24 }, (_, h) => sharesOf((world.season ?? 0) * Math.sin((h * Math.PI) / 12)));
  const reference = referenceOf(world, truth, hours, random);
  const verdict = createVerdict();
  const counts = new Float64Array(SIZE);
  const windowCounts = new Float64Array(SIZE);
  const recent = Array.from({ length: 5 }, () => new Float64Array(SIZE));
  const firstAlarms = thresholds.map(() => -1);
  const most = thresholds.at(-1) ?? 0;
  let psiAlarm = -1;
  let chiSquareAlarm = -1;
  let wobbled = truth;
  for (let index = 0; index < ticks; index++) {
    if (world.wobble !== undefined && index % 50 === 0) wobbled = wobble(truth, world.wobble, random);
    const base = hours?.[index % 24] ?? wobbled;
    const law = world.change !== undefined && index >= warmTicks ? world.change(base) : base;
    draw(counts, law, world.rowsPerTick, world.burst ?? 1, random);
    const tick = { index, counts, rows: world.rowsPerTick, scale: 1 / reference.overdispersion };
    follow(verdict, reference, tick, { threshold: most, tolerance: world.tolerance, tickMs: HOUR_MS, gap: false });
    thresholds.forEach((threshold, i) => {
      if (firstAlarms[i] === -1 && verdict.evidence >= threshold) firstAlarms[i] = index;
    });
    recent[index % 5]?.set(counts);
    if (psiAlarm === -1) {
      for (let b = 0; b < SIZE; b++) windowCounts[b] = recent.reduce((sum, one) => sum + (one[b] as number), 0);
      if (index >= 4 && psiOf(reference.counts, windowCounts).psi > 0.1) psiAlarm = index;
    }
    if (chiSquareAlarm === -1 && chiSquareOf(reference, counts, world.rowsPerTick) < 0.001) chiSquareAlarm = index;
    if (world.change !== undefined && firstAlarms.every((at) => at !== -1)) break;
  }
  return { firstAlarms, psiAlarm, chiSquareAlarm };
}

function referenceOf(world: World, truth: Float64Array, hours: Float64Array[] | null, random: Random): Reference {
  const rows = Number.isFinite(world.baselineRows) ? world.baselineRows : 1e9;
  const made = (shares: Float64Array) => {
    const counts = shares.map((share) => Math.round(share * rows));
    if (Number.isFinite(world.baselineRows)) draw(counts, shares, rows, world.burst ?? 1, random);
    return createReference(BINNING, counts, false, {
      overdispersion: world.overdispersion ?? 1,
      schema: null,
      seasons: null,
    });
  };
  const reference = made(truth);
  if (hours === null) return reference;
  const known = hours.map((shares) => made(shares).shares(0));
  return { ...reference, seasonal: true, shares: (at) => known[Math.floor(at / HOUR_MS) % 24] ?? reference.shares(at) };
}

function draw(counts: Float64Array, law: Float64Array, rows: number, burst: number, random: Random): void {
  counts.fill(0);
  for (let drawn = 0; drawn < rows; drawn += burst) {
    let left = random();
    let b = SPECIALS;
    while (b < SIZE - 1 && left >= (law[b] as number)) left -= law[b++] as number;
    if (left >= (law[b] as number) && (law[0] as number) > 0) b = 0;
    counts[b] = (counts[b] as number) + Math.min(burst, rows - drawn);
  }
}

function wobble(truth: Float64Array, size: number, random: Random): Float64Array {
  // Pairs of neighbours give to each other, so that the sum stays 1 and no bin changes by more.
  const changed = Float64Array.from(truth);
  for (let b = SPECIALS; b + 1 < SIZE; b += 2) {
    const moved = (truth[b] as number) * size * (random() < 0.5 ? -1 : 1);
    changed[b] = (truth[b] as number) + moved;
    changed[b + 1] = (truth[b + 1] as number) - moved;
  }
  return changed;
}

function chiSquareOf(reference: Reference, counts: Float64Array, rows: number): number {
  let sum = 0;
  for (let b = SPECIALS; b < SIZE; b++) {
    const expected = ((reference.counts[b] as number) / reference.rows) * rows;
    if (expected > 0) sum += ((counts[b] as number) - expected) ** 2 / expected;
  }
  return chiSquareTail(sum, BINS - 1);
}
