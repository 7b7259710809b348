// Deequ's population stability index and L-infinity distance (read in 2.0.7: Distance.scala, QuantileNonSample.scala): the index
// unsmoothed, over buckets that the caller brings - here the baseline's bins; L-infinity of categories, or of distribution functions
// for numbers, as it stands ("simple") and less what chance explains ("robust"). Its ranks of numbers count every distinct value
// once, however often it occurs, so that ties change the figure; as long as its sketch forgets nothing, this is what it gives.

import { lInfinity } from '../../../statistics/histogram-distances.ts';
import { ksOfSamples } from '../../../statistics/kolmogorov-smirnov.ts';
import {
  alignedCounts,
  type BinnedPair,
  categoriesOf,
  type NumericSamples,
  UNSEEN,
  valueCounts,
} from '../distance-inputs.ts';
import { type Distance, plain } from '../distances.ts';
import { type Convention, needsRows } from './convention.ts';

/** c(alpha) of the two-sample Kolmogorov-Smirnov test at alpha = 0.003 (Knuth, TAOCP 2, 3.3.1 (15)). */
const C_ALPHA = 1.8;

function rows(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function psi(pair: BinnedPair): Distance {
  const { baseline, current } = valueCounts(pair);
  const [n, m] = [rows(baseline), rows(current)];
  let sum = 0;
  for (let i = 0; i < baseline.length; i++) {
    const [expected, actual] = [(baseline[i] as number) / n, (current[i] as number) / m];
    if (expected + actual > 0) sum += (actual - expected) * Math.log(actual / expected);
  }
  const why = Number.isFinite(sum) ? 'not smoothed' : 'infinite, since a bin is empty on one side: it does not smooth';
  return plain('deequ.psi', sum, 'nats', `over the baseline’s bins, ${why}`);
}

function distances(simple: number, n: number, m: number, of: string): readonly Distance[] {
  const robust = Number.isNaN(simple) ? simple : Math.max(0, simple - C_ALPHA * Math.sqrt((n + m) / (n * m)));
  return [
    plain('deequ.lInfinity', simple, 'share', `simple, of ${of}`),
    plain('deequ.lInfinityRobust', robust, 'share', `less ${C_ALPHA} sqrt((n + m) / nm), of ${of}`),
  ];
}

function ofCounts({ baseline, current }: NumericSamples): readonly Distance[] {
  return distances(lInfinity(baseline, current), rows(baseline), rows(current), 'categories');
}

function undetermined(why: string): readonly Distance[] {
  return ['deequ.lInfinity', 'deequ.lInfinityRobust'].map((name) => plain(name, Number.NaN, 'share', needsRows(why)));
}

/** Each value once. @param sorted ascending */
function distinct(sorted: Float64Array): Float64Array {
  return sorted.filter((value, i) => i === 0 || value !== sorted[i - 1]);
}

export const deequ = {
  name: 'deequ',
  ofBins(pair) {
    if (pair.binning.kind === 'numeric')
      return [psi(pair), ...undetermined('since it counts every distinct value once')];
    const categories = categoriesOf(pair.binning, pair);
    if (categories === null || categories.current.has(UNSEEN)) {
      return [psi(pair), ...undetermined('since categories share a bin here')];
    }
    return [psi(pair), ...ofCounts(alignedCounts(categories))];
  },
  ofSamples({ numeric, categories, binned }) {
    if (numeric !== null) {
      const [baseline, current] = [distinct(numeric.baseline), distinct(numeric.current)];
      const { statistic } = ksOfSamples(baseline, current);
      const of = 'distribution functions in which every distinct value counts once';
      return [psi(binned), ...distances(statistic, baseline.length, current.length, of)];
    }
    return categories === null ? [psi(binned)] : [psi(binned), ...ofCounts(alignedCounts(categories))];
  },
} satisfies Convention;
