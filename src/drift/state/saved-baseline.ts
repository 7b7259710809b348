// A column's bins and baseline as plain data, and back: the ones of a file, for whoever reads a snapshot without it, and those in the
// making, so that the first rows of a version are not waited for again after a restart.

import { type Binning, categoricalBinning, edgesOf, numericBinning, OTHER } from '../baseline/binning.ts';
import type { Provisional } from '../baseline/provisional.ts';
import { createReference, type Reference } from '../baseline/reference.ts';

export type SavedBinning =
  | { readonly kind: 'numeric'; readonly edges: Float64Array }
  | {
      readonly kind: 'categorical';
      readonly categories: readonly string[];
      readonly others: readonly string[];
      readonly open: boolean;
    };

export interface SavedReference {
  readonly binning: SavedBinning;
  readonly counts: Float64Array;
  readonly provisional: boolean;
}

export interface SavedProvisional {
  readonly rowsWanted: number;
  readonly rows: number;
  readonly frozenTick: number | null;
  /** Values that wait for bins. */
  readonly sample: {
    readonly rows: number;
    readonly nulls: number;
    readonly missing: number;
    readonly numbers: Float64Array;
    readonly categories: readonly (readonly [string, number])[] | null;
    readonly texts: number;
    readonly pooled: number;
  } | null;
  readonly bins: SavedReference | null;
  /** Whether its rows are complete. */
  readonly isFrozen: boolean;
}

export function saveBinning(binning: Binning): SavedBinning {
  if (binning.kind === 'numeric') return { kind: 'numeric', edges: edgesOf(binning).slice() };
  const { categories, known, open } = binning;
  const others = [...known].flatMap(([name, bin]) => (bin === OTHER ? [name] : []));
  return { kind: 'categorical', categories, others, open };
}

export function loadBinning(saved: SavedBinning): Binning {
  if (saved.kind === 'numeric') return numericBinning(saved.edges);
  return categoricalBinning(saved.categories, saved.others, saved.open);
}

export function saveReference({ binning, counts, provisional }: Reference): SavedReference {
  return { binning: saveBinning(binning), counts: counts.slice(), provisional };
}

export function loadReference({ binning, counts, provisional }: SavedReference): Reference {
  return createReference(loadBinning(binning), counts, provisional);
}

export function saveProvisional(one: Provisional): SavedProvisional {
  const { rowsWanted, rows, frozenTick, sample, binning, counts, reference } = one;
  const bins = binning === null || counts === null ? null : { binning: saveBinning(binning), counts: counts.slice() };
  return {
    ...{ rowsWanted, rows, frozenTick },
    sample:
      sample === null
        ? null
        : {
            ...sample,
            numbers: Float64Array.from(sample.numbers),
            categories: sample.categories === null ? null : [...sample.categories],
          },
    bins: bins === null ? null : { ...bins, provisional: true },
    isFrozen: reference !== null,
  };
}

export function loadProvisional({
  rowsWanted,
  rows,
  frozenTick,
  sample,
  bins,
  isFrozen,
}: SavedProvisional): Provisional {
  const binning = bins === null ? null : loadBinning(bins.binning);
  const counts = bins?.counts ?? null;
  return {
    ...{ rowsWanted, rows, frozenTick, binning, counts },
    sample:
      sample === null
        ? null
        : {
            ...sample,
            numbers: [...sample.numbers],
            categories: sample.categories === null ? null : new Map(sample.categories),
          },
    reference: isFrozen && binning !== null && counts !== null ? createReference(binning, counts, true) : null,
  };
}
