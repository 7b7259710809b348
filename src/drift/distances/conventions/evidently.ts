// Evidently's PSI and Jensen-Shannon distance (read in 0.7.23: calculations/stattests/psi.py, jensenshannon.py, utils.py). A numeric
// column of more than 20 distinct reference values is cut by Sturges on reference and current together, so that the bins move with
// the data and one far value empties all but two of them. `n_bins` is ignored there (evidently#1400), and so is it here.

import { jensenShannonDivergence } from '../../../statistics/histogram-distances.ts';
import { alignedCounts, type CategorySamples, categoriesOf, type NumericSamples, UNSEEN } from '../distance-inputs.ts';
import { type Distance, plain } from '../distances.ts';
import { type Convention, needsRows } from './convention.ts';
import { countBetween, countValuesOf, sturgesEdges } from './equal-width.ts';

/** Distinct values of the reference up to which each is a bin. */
const DISTINCT_MAX = 20;
const FILL = 1e-4;
const PSI = 'sturges on both samples, empty bins filled with 0.0001 and not renormalised';
const JS = 'distance, base e, sturges on both samples';

function distances(counts: NumericSamples): readonly Distance[] {
  const distance = Math.sqrt(jensenShannonDivergence(counts.baseline, counts.current));
  return [
    plain('evidently.psi', psi(counts), 'nats', PSI),
    plain('evidently.jensenShannon', distance, 'sqrt nats', JS),
  ];
}

/** Sum of (p - q) ln(p / q) over shares whose zeros are filled. */
function psi({ baseline, current }: NumericSamples): number {
  const [p, q] = [filled(baseline), filled(current)];
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    sum += ((p[i] as number) - (q[i] as number)) * Math.log((p[i] as number) / (q[i] as number));
  }
  return sum;
}

/** Zeros become 0.0001, or a millionth of the least share where that is itself as small as 0.0001; nothing is renormalised. */
function filled(counts: Float64Array): Float64Array {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const shares = counts.map((count) => count / rows);
  const least = shares.reduce((min, share) => (share > 0 && share < min ? share : min), 1);
  const fill = least <= FILL ? least / 1e6 : FILL;
  return shares.map((share) => (share === 0 ? fill : share));
}

function undetermined(why: string): readonly Distance[] {
  return [
    plain('evidently.psi', Number.NaN, 'nats', needsRows(why)),
    plain('evidently.jensenShannon', Number.NaN, 'sqrt nats', needsRows(why)),
  ];
}

const ofCategories = (categories: CategorySamples): readonly Distance[] => distances(alignedCounts(categories));

export const evidently = {
  name: 'evidently',
  ofBins(pair) {
    if (pair.binning.kind === 'numeric') return undetermined('since its bins follow the current data');
    const categories = categoriesOf(pair.binning, pair);
    if (categories === null || categories.current.has(UNSEEN)) {
      return undetermined('since categories share a bin here');
    }
    return ofCategories(categories);
  },
  ofSamples({ numeric, categories }) {
    if (numeric === null) return categories === null ? [] : ofCategories(categories);
    const { baseline, current } = numeric;
    const distinct = countValuesOf(baseline);
    if (distinct.size <= DISTINCT_MAX) return ofCategories({ baseline: distinct, current: countValuesOf(current) });
    const edges = sturgesEdges(joined(baseline, current));
    return distances({ baseline: countBetween(edges, baseline), current: countBetween(edges, current) });
  },
} satisfies Convention;

function joined(one: Float64Array, other: Float64Array): Float64Array {
  const all = new Float64Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all.sort();
}
