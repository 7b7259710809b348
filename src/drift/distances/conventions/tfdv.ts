// TensorFlow Data Validation's Jensen-Shannon divergence and L-infinity distance (read in anomalies/metrics.cc): base 2, histograms
// cut at the borders of both with rows spread evenly in between, points and infinities in buckets of their own. NaN never equals
// NaN and what lies beyond one side's borders never meets the other's, so both count as wholly different.

import { jensenShannonDivergence, lInfinity } from '../../../statistics/histogram-distances.ts';
import { ABOVE, BELOW, INFINITE, NAN, SPECIALS } from '../../baseline/binning.ts';
import {
  alignedCounts,
  type BinnedPair,
  type CategorySamples,
  categoriesOf,
  type NumericSamples,
  UNSEEN,
} from '../distance-inputs.ts';
import { type Distance, plain } from '../distances.ts';
import { type Convention, needsRows } from './convention.ts';
import { countBetween, equalEdges } from './equal-width.ts';

/** Buckets of its STANDARD histogram, which is the one compared unless asked otherwise. */
const BUCKETS = 10;
const NAME = 'tfdv.jensenShannonDivergence';

function divergence({ baseline, current }: NumericSamples, histogram: string): readonly Distance[] {
  const bits = Math.min(1, jensenShannonDivergence(baseline, current) / Math.LN2);
  return [plain(NAME, bits, 'bits', `divergence, base 2, ${histogram}`)];
}

function ofCategories(categories: CategorySamples): readonly Distance[] {
  const counts = alignedCounts(categories);
  const largest = categories.current.has(UNSEEN) ? Number.NaN : lInfinity(counts.baseline, counts.current);
  const why = Number.isNaN(largest) ? needsRows('since unseen categories share a bin here') : 'of categories';
  return [...divergence(counts, 'categories'), plain('tfdv.lInfinity', largest, 'share', why)];
}

/** Both sides have the same borders here; only what is NaN, infinite or out of range is set against nothing. */
function ofNumericBins(pair: BinnedPair): readonly Distance[] {
  const { baseline, current } = pair;
  const alone = (counts: Float64Array) =>
    (counts[BELOW] as number) + (counts[ABOVE] as number) + (counts[INFINITE] as number);
  const counts = {
    baseline: Float64Array.of(...baseline.subarray(SPECIALS), alone(baseline), 0, baseline[NAN] as number, 0),
    current: Float64Array.of(...current.subarray(SPECIALS), 0, alone(current), 0, current[NAN] as number),
  };
  return divergence(counts, 'the baseline’s bins as its histogram');
}

/** A bucket per interval between neighbouring borders of both histograms, and one per point. */
function ofNumericSamples({ baseline, current }: NumericSamples): readonly Distance[] {
  const standard = 'standard histograms of 10 buckets each, cut at the borders of both';
  if (baseline.length === 0 || current.length === 0) return divergence({ baseline, current }, standard);
  const histograms = [standardHistogram(baseline), standardHistogram(current)] as const;
  const borders = Float64Array.from(new Set(histograms.flatMap(({ edges }) => [...edges]))).sort();
  const points = [...new Set(histograms.flatMap(({ point }) => (point === null ? [] : [point])))];
  const of = ({ edges, counts, point, rows }: StandardHistogram): Float64Array => {
    const shares = borders.subarray(1).map((high, i) => massBetween(edges, counts, borders[i] as number, high));
    return Float64Array.of(...shares, ...points.map((each) => (each === point ? rows : 0)));
  };
  return divergence({ baseline: of(histograms[0]), current: of(histograms[1]) }, standard);
}

interface StandardHistogram {
  readonly edges: Float64Array;
  readonly counts: Float64Array;
  /** Of a constant sample, whose buckets are all one point. */
  readonly point: number | null;
  readonly rows: number;
}

function standardHistogram(sorted: Float64Array): StandardHistogram {
  const [low, high] = [sorted[0] as number, sorted[sorted.length - 1] as number];
  const rows = sorted.length;
  if (low === high) return { edges: new Float64Array(0), counts: new Float64Array(0), point: low, rows };
  const edges = equalEdges(sorted, BUCKETS);
  return { edges, counts: countBetween(edges, sorted), point: null, rows };
}

/** Rows between two borders that no edge separates, spread evenly over the bucket that holds them. */
function massBetween(edges: Float64Array, counts: Float64Array, low: number, high: number): number {
  for (let bucket = 0; bucket < counts.length; bucket++) {
    const [start, end] = [edges[bucket] as number, edges[bucket + 1] as number];
    if (start <= low && high <= end) return ((high - low) / (end - start)) * (counts[bucket] as number);
  }
  return 0;
}

export const tfdv = {
  name: 'tfdv',
  ofBins(pair) {
    if (pair.binning.kind === 'numeric') return ofNumericBins(pair);
    const categories = categoriesOf(pair.binning, pair);
    if (categories !== null) return ofCategories(categories);
    const why = needsRows('since categories share a bin here');
    return [plain(NAME, Number.NaN, 'bits', why), plain('tfdv.lInfinity', Number.NaN, 'share', why)];
  },
  ofSamples({ numeric, categories }) {
    if (numeric !== null) return ofNumericSamples(numeric);
    return categories === null ? [] : ofCategories(categories);
  },
} satisfies Convention;
