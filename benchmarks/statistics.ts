// The few statistics that the report needs: percentiles, medians, and bootstrap intervals that resample whole rounds, since
// requests of one round share its weather.

import type { Random } from '../src/kernel/random.ts';

const RESAMPLES = 400;
const TAIL = 0.025;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Nearest-rank percentile of ascending values. @param q 0 to 1 @returns NaN for no values */
export function percentile(ascending: ArrayLike<number>, q: number): number {
  const rank = Math.max(1, Math.ceil(q * ascending.length));
  return ascending[rank - 1] ?? Number.NaN;
}

export function ascending(values: Iterable<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/** Middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = ascending(values);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export function range(values: readonly number[]): Interval {
  return { low: Math.min(...values), high: Math.max(...values) };
}

/** Samples of several rounds in one ascending order, each with the round it came from. */
interface Pooled {
  readonly values: Float64Array;
  readonly round: Uint16Array;
  readonly rounds: readonly number[];
}

/** @param rounds samples of each round, in any order */
export function pool(rounds: readonly (readonly number[])[]): Pooled {
  const tagged = rounds.flatMap((samples, round) => samples.map((value) => ({ value, round })));
  tagged.sort((a, b) => a.value - b.value);
  return {
    values: Float64Array.from(tagged, ({ value }) => value),
    round: Uint16Array.from(tagged, ({ round }) => round),
    rounds: rounds.map((samples) => samples.length),
  };
}

/**
 * 95 % percentile interval of a percentile of pooled samples, by resampling rounds with replacement (cluster bootstrap;
 * Davison and Hinkley 1997, section 3.8). One round has no spread: its interval is the point itself.
 */
export function bootstrapInterval(pooled: Pooled, q: number, random: Random): Interval {
  const count = pooled.rounds.length;
  if (count < 2) {
    const point = percentile(pooled.values, q);
    return { low: point, high: point };
  }
  const estimates = ascending(
    Array.from({ length: RESAMPLES }, () => {
      const weights = new Uint16Array(count);
      for (let i = 0; i < count; i++) {
        const drawn = Math.floor(random() * count);
        weights[drawn] = (weights[drawn] ?? 0) + 1;
      }
      return weightedPercentile(pooled, weights, q);
    }),
  );
  return { low: percentile(estimates, TAIL), high: percentile(estimates, 1 - TAIL) };
}

/** The percentile of the samples in which each round occurs as often as its weight says. */
function weightedPercentile({ values, round, rounds }: Pooled, weights: Uint16Array, q: number): number {
  const total = rounds.reduce((sum, samples, index) => sum + samples * (weights[index] ?? 0), 0);
  let left = Math.max(1, Math.ceil(q * total));
  for (let i = 0; i < values.length; i++) {
    left -= weights[round[i] ?? 0] ?? 0;
    if (left <= 0) return values[i] ?? Number.NaN;
  }
  return Number.NaN;
}

/** Fisher-Yates, without touching the argument. */
export function shuffled<T>(values: readonly T[], random: Random): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const [a, b] = [result[i], result[j]];
    if (a === undefined || b === undefined) continue;
    result[i] = b;
    result[j] = a;
  }
  return result;
}
