// Two-sample Kolmogorov-Smirnov: the largest gap between two distribution functions. From samples it is exact; from counts in bins
// it is known between two bounds, since within a bin the order of the rows is gone.

import { kolmogorovTail } from './kolmogorov-tail.ts';
import { leastCommonMultiple, pathsOutside } from './lattice-paths.ts';

/** Rows of the larger sample up to which p is exact, as scipy's ks_2samp has it with method="auto". */
const EXACT_ROWS_MAX = 10_000;

export interface KolmogorovSmirnov {
  /** 0 to 1; NaN where a side is empty. */
  readonly statistic: number;
  readonly p: number;
  readonly method: 'exact' | 'asymptotic';
}

/** @param baseline ascending, without NaN; `current` likewise */
export function ksOfSamples(baseline: ArrayLike<number>, current: ArrayLike<number>): KolmogorovSmirnov {
  const [n, m] = [baseline.length, current.length];
  if (n === 0 || m === 0) return { statistic: Number.NaN, p: Number.NaN, method: 'exact' };
  let [i, j, statistic] = [0, 0, 0];
  while (i < n && j < m) {
    // Both functions are right-continuous: all rows of one value are passed before the gap is looked at.
    const at = Math.min(baseline[i] as number, current[j] as number);
    while (i < n && (baseline[i] as number) <= at) i++;
    while (j < m && (current[j] as number) <= at) j++;
    statistic = Math.max(statistic, Math.abs(i / n - j / m));
  }
  if (Math.max(n, m) <= EXACT_ROWS_MAX) {
    const p = pathsOutside(n, m, Math.round(statistic * leastCommonMultiple(n, m)));
    // Rounding may leave it a hair above one for the smallest gaps.
    if (p <= 1) return { statistic, p, method: 'exact' };
  }
  return { statistic, p: asymptoticP(statistic, n, m), method: 'asymptotic' };
}

/** The one-sample law at the rounded effective size n m / (n + m), half to even as numpy rounds. */
function asymptoticP(statistic: number, n: number, m: number): number {
  return kolmogorovTail(roundHalfEven((n * m) / (n + m)), statistic);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

export interface KsOfBins {
  /** The samples' own statistic lies between these two: low is the gap at the bins' borders. */
  readonly low: number;
  readonly high: number;
  /** At the lower bound, asymptotic: never smaller than the samples' own asymptotic p. */
  readonly p: number;
}

/**
 * low = max_b |F_b - G_b|; high = max_b max(F_b - G_(b-1), G_b - F_(b-1)), since between two borders either function may take any
 * course upwards. In a bin of a single value both jump at once, and there is nothing between.
 * @param baseline counts in ascending order of the bins, as many as `current`
 * @param isPoint whether a bin holds a single value
 */
export function ksOfBins(
  baseline: ArrayLike<number>,
  current: ArrayLike<number>,
  isPoint: (bin: number) => boolean,
): KsOfBins {
  const [n, m] = [total(baseline), total(current)];
  if (n === 0 || m === 0) return { low: Number.NaN, high: Number.NaN, p: Number.NaN };
  let [below, belowCurrent, low, high] = [0, 0, 0, 0];
  for (let bin = 0; bin < baseline.length; bin++) {
    const upTo = below + (baseline[bin] as number);
    const upToCurrent = belowCurrent + (current[bin] as number);
    low = Math.max(low, Math.abs(upTo / n - upToCurrent / m));
    if (!isPoint(bin)) high = Math.max(high, upTo / n - belowCurrent / m, upToCurrent / m - below / n);
    [below, belowCurrent] = [upTo, upToCurrent];
  }
  return { low, high: Math.max(low, high), p: asymptoticP(low, n, m) };
}

function total(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i] as number;
  return sum;
}
