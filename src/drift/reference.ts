// What a column is measured against: its frozen bins and how the baseline's rows filled them. Made from a sample at hand
// (a training table, the first rows of a version) or read from a file (baseline.ts).

import type { Value } from '../protocols/protocol.ts';
import { histogramQuantile } from '../statistics/histogram-quantile.ts';
import {
  type Binning,
  CATEGORY_LENGTH_MAX,
  categoricalBinning,
  countValues,
  numericBinning,
  SPECIALS,
} from './binning.ts';
import { quantileEdges } from './quantile-edges.ts';

/** Categories with a bin of their own, and those known in all. */
export const CATEGORIES_MAX = 64;
const KNOWN_MAX = 128;

export interface Reference {
  readonly binning: Binning;
  /** Rows per bin. */
  readonly counts: Float64Array;
  readonly rows: number;
  /** Of the plain values of a numeric column; null where there is none. */
  readonly median: number | null;
  /** True where it is the first rows of traffic, which nobody has vouched for. */
  readonly provisional: boolean;
}

export function createReference(binning: Binning, counts: Float64Array, provisional: boolean): Reference {
  const median = binning.kind === 'numeric' ? histogramQuantile(binning.edges, counts, 0.5, SPECIALS) : undefined;
  const rows = counts.reduce((sum, count) => sum + count, 0);
  return { binning, counts, rows, median: median ?? null, provisional };
}

/** The reference of one column of a table at hand. */
export function referenceOf(values: readonly (Value | undefined)[], provisional: boolean): Reference {
  const sample = createSample();
  for (const value of values) sample.add(value);
  const binning = sample.binning();
  const counts = new Float64Array(binning.size);
  countValues(binning, values, 0, counts, 0, null);
  return createReference(binning, counts, provisional);
}

/** Values of which bins are made. The caller bounds their number; the categories bound themselves. */
export interface Sample {
  add(value: Value | undefined): void;
  binning(): Binning;
}

export function createSample(): Sample {
  const numbers: number[] = [];
  const categories = new Map<string, number>();
  let texts = 0;
  let open = false;
  return {
    add(value) {
      if (typeof value === 'number') {
        if (Number.isFinite(value)) numbers.push(value);
        return;
      }
      if (value === null || value === undefined) return;
      texts++;
      const key = String(value);
      const count = categories.get(key);
      if (count === undefined && (categories.size === KNOWN_MAX || key.length > CATEGORY_LENGTH_MAX)) open = true;
      else categories.set(key, (count ?? 0) + 1);
    },
    /** The type that most values have is the column's; a column without values is one of no category. */
    binning() {
      if (numbers.length > 0 && numbers.length >= texts) {
        return numericBinning(quantileEdges(Float64Array.from(numbers).sort()));
      }
      const ranked = [...categories].sort((one, two) => two[1] - one[1] || (one[0] < two[0] ? -1 : 1));
      const names = ranked.map(([name]) => name);
      return categoricalBinning(names.slice(0, CATEGORIES_MAX), names.slice(CATEGORIES_MAX), open);
    },
  };
}
