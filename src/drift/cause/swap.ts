// Whether two numeric columns have changed places: each one's rows now, put into the other's bins, lie as the other's did before.
// Of sampled rows only the bins are known: their values are spread over the bin, evenly on a logarithmic scale where it is wide.

import { totalVariation } from '../../statistics/histogram-distances.ts';
import { type Binning, binOf, edgesOf, SPECIALS } from '../baseline/binning.ts';
import type { SampledRows } from './segment.ts';

interface Side {
  readonly index: number;
  readonly binning: Binning;
}

/** What is left of the distance once undone, and what undoing must gain. */
const LEFT_MAX = 0.25;
const GAIN_MIN = 0.2;
const POOLS = 6;

export function isSwapped(before: SampledRows, now: SampledRows, one: Side, other: Side): boolean {
  return fits(before, now, one, other) && fits(before, now, other, one);
}

/** Whether `from` now looks as `to` did before, and did not look so by itself. */
function fits(before: SampledRows, now: SampledRows, from: Side, to: Side): boolean {
  if (from.binning.kind !== 'numeric' || to.binning.kind !== 'numeric') return false;
  const target = valuesOf(before, to);
  const moved = valuesOf(now, from);
  const stayed = valuesOf(now, to);
  if (target.length === 0 || moved.length === 0 || stayed.length === 0) return false;
  const pools = createPools(to.binning, target);
  const left = totalVariation(pools(target), pools(moved));
  return left < LEFT_MAX && totalVariation(pools(target), pools(stayed)) - left > GAIN_MIN;
}

function valuesOf(sample: SampledRows, { index, binning }: Side): number[] {
  const edges = binning.kind === 'numeric' ? edgesOf(binning) : new Float64Array(0);
  const values: number[] = [];
  for (let row = 0; row < sample.rows; row++) {
    const bin = (sample.bins[row * sample.width + index] as number) - SPECIALS;
    if (bin < 0 || bin + 1 >= edges.length) continue;
    values.push(within(edges[bin] as number, edges[bin + 1] as number, (values.length * 0.618034) % 1));
  }
  return values;
}

function within(low: number, high: number, part: number): number {
  return low > 0 && high > 4 * low ? low * (high / low) ** part : low + (high - low) * part;
}

/** Counts of values over pools of the bins that held about equal parts of the target. */
function createPools(binning: Binning, target: readonly number[]): (values: readonly number[]) => Float64Array {
  const sorted = [...target].sort((one, two) => one - two);
  const poolOf = new Uint8Array(binning.size);
  for (let bin = 0; bin < binning.size; bin++) poolOf[bin] = POOLS;
  sorted.forEach((value, rank) => {
    const bin = binOf(binning, value);
    if (poolOf[bin] === POOLS) poolOf[bin] = Math.floor((rank * POOLS) / sorted.length);
  });
  return (values) => {
    const counts = new Float64Array(POOLS + 1);
    for (const value of values) {
      const pool = poolOf[binOf(binning, value)] as number;
      counts[pool] = (counts[pool] as number) + 1;
    }
    return counts;
  };
}
