// NannyML's Jensen-Shannon distance (read in 0.13.1: drift/univariate/methods.py): base 2, bins by Doane on the reference alone,
// everything outside of them in one bin more; categories that the reference lacks likewise.

import { jensenShannonDivergence } from '../../../statistics/histogram-distances.ts';
import { alignedCounts, type CategorySamples, categoriesOf, type NumericSamples } from '../distance-inputs.ts';
import { type Distance, plain } from '../distances.ts';
import { type Convention, needsRows } from './convention.ts';
import { countBetween, doaneEdges } from './equal-width.ts';

const NAME = 'nannyml.jensenShannon';

function distance({ baseline, current }: NumericSamples): readonly Distance[] {
  const bits = jensenShannonDivergence(baseline, current) / Math.LN2;
  return [plain(NAME, Math.sqrt(bits), 'sqrt bits', 'distance, base 2, doane on the reference, the rest in one bin')];
}

/** Categories that the reference lacks are one bin together. */
function ofCategories({ baseline, current }: CategorySamples): readonly Distance[] {
  const known = new Map([...current].filter(([name]) => baseline.has(name)));
  return distance(withRest(alignedCounts({ baseline, current: known }), rowsOf(current.values())));
}

function withRest({ baseline, current }: NumericSamples, currentRows: number): NumericSamples {
  const rest = currentRows - rowsOf(current);
  return { baseline: Float64Array.of(...baseline, 0), current: Float64Array.of(...current, rest) };
}

function rowsOf(counts: Iterable<number>): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}

const undetermined = (why: string): readonly Distance[] => [plain(NAME, Number.NaN, 'sqrt bits', needsRows(why))];

export const nannyml = {
  name: 'nannyml',
  ofBins(pair) {
    if (pair.binning.kind === 'numeric') return undetermined('since its bins are of equal width');
    const categories = categoriesOf(pair.binning, pair);
    return categories === null ? undetermined('since categories share a bin here') : ofCategories(categories);
  },
  ofSamples({ numeric, categories }) {
    if (numeric === null) return categories === null ? [] : ofCategories(categories);
    const { baseline, current } = numeric;
    if (baseline.length === 0) return undetermined('and the baseline has none');
    const edges = doaneEdges(baseline);
    const counts = { baseline: countBetween(edges, baseline), current: countBetween(edges, current) };
    return distance(withRest(counts, current.length));
  },
} satisfies Convention;
