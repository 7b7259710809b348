// Values of which a column's bins are made, taken in one by one: numbers as they are, categories with their counts, what is
// neither by its special bin. The caller bounds the number of values; the categories bound themselves.

import type { Value } from '../../protocols/protocol.ts';
import {
  type Binning,
  binOf,
  CATEGORY_LENGTH_MAX,
  categoricalBinning,
  MISSING,
  NULL,
  numericBinning,
  OTHER,
  WRONG_TYPE,
} from './binning.ts';
import { afterward, quantileEdges } from './quantile-edges.ts';

/** Categories with a bin of their own, and those known in all. */
export const CATEGORIES_MAX = 64;
export const KNOWN_MAX = 128;

/** Plain data, since there is one per column of every version. */
export interface Sample {
  rows: number;
  nulls: number;
  missing: number;
  readonly numbers: number[];
  /** Texts and booleans; null before the first. */
  categories: Map<string, number> | null;
  texts: number;
  /** Texts beyond the categories kept. */
  pooled: number;
}

export function createSample(): Sample {
  return { rows: 0, nulls: 0, missing: 0, numbers: [], categories: null, texts: 0, pooled: 0 };
}

export function addToSample(sample: Sample, value: Value | undefined): void {
  sample.rows++;
  if (typeof value === 'number') sample.numbers.push(value);
  else if (value === null) sample.nulls++;
  else if (value === undefined) sample.missing++;
  else addText(sample, String(value));
}

function addText(sample: Sample, text: string): void {
  sample.texts++;
  sample.categories ??= new Map();
  const count = sample.categories.get(text);
  const isFull = sample.categories.size >= KNOWN_MAX || text.length > CATEGORY_LENGTH_MAX;
  if (count === undefined && isFull) sample.pooled++;
  else sample.categories.set(text, (count ?? 0) + 1);
}

/**
 * Fix the bins. The type that most values have is the column's; a column without values is one of no category.
 * @param range of the numbers of all rows, where these are a part of them
 */
export function binningOf(sample: Sample, range?: readonly [number, number]): Binning {
  const isNumeric = sample.numbers.length > 0 && sample.numbers.length >= sample.texts;
  return isNumeric ? numeric(sample, range) : categorical(sample);
}

/** @returns the bins and the sample's own rows in them */
export function binSample(sample: Sample): { readonly binning: Binning; readonly counts: Float64Array } {
  const binning = binningOf(sample);
  const counts = new Float64Array(binning.size);
  const add = (bin: number, count: number) => {
    counts[bin] = (counts[bin] as number) + count;
  };
  add(NULL, sample.nulls);
  add(MISSING, sample.missing);
  for (const number of sample.numbers) add(binOf(binning, number), 1);
  if (binning.kind === 'numeric') add(WRONG_TYPE, sample.texts);
  else {
    for (const [text, count] of sample.categories ?? []) add(binOf(binning, text), count);
    add(OTHER, sample.pooled);
  }
  return { binning, counts };
}

function numeric(sample: Sample, range: readonly [number, number] | undefined): Binning {
  const finite = Float64Array.from(sample.numbers.filter(Number.isFinite)).sort();
  if (finite.length === 0) return categoricalBinning([], [], false);
  const edges = quantileEdges(finite);
  if (range !== undefined) {
    const last = edges.length - 1;
    edges[0] = Math.min(edges[0] as number, range[0]);
    edges[last] = Math.max(edges[last] as number, afterward(range[1]));
  }
  return numericBinning(edges);
}

function categorical(sample: Sample): Binning {
  const ranked = [...(sample.categories ?? [])].sort((one, two) => two[1] - one[1] || (one[0] < two[0] ? -1 : 1));
  const names = ranked.map(([name]) => name);
  return categoricalBinning(names.slice(0, CATEGORIES_MAX), names.slice(CATEGORIES_MAX), sample.pooled > 0);
}
