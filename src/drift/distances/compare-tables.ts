// Two tables of rows compared column by column, as the engine compares a window with its baseline - same bins, same hints - but
// with the rows at hand, so that every distance is exact and every convention can be reproduced. One look, with thresholds of its own.

import type { Table, Value } from '../../protocols/protocol.ts';
import { psiOf } from '../../statistics/psi.ts';
import { type Binning, countValues } from '../baseline/binning.ts';
import { type Reference, referenceOf } from '../baseline/reference.ts';
import { causeOf } from '../cause/column-cause.ts';
import { judgeOnce } from '../verdict/single-look.ts';
import { type AskedDistances, CONVENTIONS } from './conventions/conventions.ts';
import type { CategorySamples, NumericSamples } from './distance-inputs.ts';
import { type Distance, distancesOfSamples } from './distances.ts';

export interface ColumnComparison {
  readonly feature: string;
  readonly kind: 'numeric' | 'categorical';
  /** `unknown`: too few rows to say. A single look: nothing of what holds under constant watching. */
  readonly status: 'drifting' | 'steady' | 'unknown';
  readonly baselineRows: number;
  readonly rows: number;
  readonly psi: number | null;
  readonly hint: string | null;
  readonly distances: readonly Distance[];
}

export interface TableComparison {
  readonly features: readonly ColumnComparison[];
  /** Columns that the baseline lacks, which nothing can be said about. */
  readonly unknownColumns: readonly string[];
}

/** Values of a column that hints look at, the last ones as in the engine. */
const RECENT = 128;

type Values = readonly (Value | undefined)[];

/** @param tolerance as `drift.tolerance`: a relative change of every bin's share that is still fine */
export function compareTables(
  baseline: Table,
  current: Table,
  asked: AskedDistances,
  tolerance: number,
): TableComparison {
  const now = new Map(current.columns.map(({ name, values }) => [name, values]));
  const features = baseline.columns.map(({ name, values }) => {
    // A column that is gone is missing in every row.
    const currentValues = now.get(name) ?? new Array<undefined>(current.rows).fill(undefined);
    return compareColumn(name, values, currentValues, asked, tolerance);
  });
  const known = new Set(baseline.columns.map(({ name }) => name));
  return { features, unknownColumns: [...now.keys()].filter((name) => !known.has(name)) };
}

function compareColumn(
  feature: string,
  baseline: Values,
  current: Values,
  asked: AskedDistances,
  tolerance: number,
): ColumnComparison {
  const reference = referenceOf(baseline);
  const { binning } = reference;
  const counts = new Float64Array(binning.size);
  countValues(binning, current, 0, counts, 0);
  const found = psiOf(reference.counts, counts);
  const status = judgeOnce(found, tolerance);
  const binned = { binning, baseline: reference.counts, current: counts };
  const numeric = binning.kind === 'numeric' ? { baseline: numbersOf(baseline), current: numbersOf(current) } : null;
  const categories = numeric === null ? { baseline: categoryCounts(baseline), current: categoryCounts(current) } : null;
  return {
    feature,
    kind: binning.kind,
    status,
    baselineRows: baseline.length,
    rows: current.length,
    psi: Number.isFinite(found.psi) ? found.psi : null,
    hint: status === 'drifting' ? hint(reference, counts, current, binning) : null,
    distances: [
      ...distancesOfSamples(binned, numeric, asked.own),
      ...asked.conventions.flatMap((name) => CONVENTIONS[name].ofSamples({ numeric, categories, binned })),
    ],
  };
}

function hint(reference: Reference, counts: Float64Array, current: Values, binning: Binning): string | null {
  const recent = binning.kind === 'numeric' ? Float32Array.from(finite(current).slice(-RECENT)) : null;
  return causeOf(reference, counts, recent)?.text ?? null;
}

function finite(values: Values): readonly number[] {
  return values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
}

function numbersOf(values: Values): NumericSamples['baseline'] {
  return Float64Array.from(finite(values)).sort();
}

function categoryCounts(values: Values): CategorySamples['baseline'] {
  const counts = new Map<string, number>();
  for (const value of values) {
    if (value === null || value === undefined) continue;
    counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  }
  return counts;
}
