// The surrogate of one prediction as the baseline file carries it: fitted from rows at hand, written, and read strictly. Levels turn
// counts of the prediction's bins into its mean, so that the true change is known from counts as well.

import type { Column, Value } from '../../protocols/protocol.ts';
import { ABOVE, BELOW, type Binning, binOf, edgesOf, SPECIALS } from '../baseline/binning.ts';
import type { Reference } from '../baseline/reference.ts';
import { isCount, list, members } from '../baseline/strict-fields.ts';
import { type BinnedRows, fitSurrogate, type Surrogate, type SurrogateTerm } from './surrogate.ts';

export interface TargetSurrogate extends Surrogate {
  /** Column of the response. */
  readonly column: string;
  /** Whose predictions it was fitted to; null: any. */
  readonly version: string | null;
  /** The category whose probability it is about; null for a number. */
  readonly category: string | null;
  /** Mean prediction per bin of the column; NaN where a row in that bin has none. */
  readonly levels: Float64Array;
}

/** A column with the bins that the baseline gives it. */
export interface BinnedColumn extends Column {
  readonly binning: Binning;
}

/** Predictions of one model that are explained: the first ones. */
const TARGETS_MAX = 4;

/** Columns of the request as the surrogate takes them. */
export function binRows(columns: readonly BinnedColumn[]): BinnedRows {
  const features = columns.map(({ name, values, binning }) => ({
    name,
    bins: Uint8Array.from(values, (value) => binOf(binning, value)),
    size: binning.size,
  }));
  return { rows: columns[0]?.values.length ?? 0, features };
}

/**
 * @param features of the request, `predictions` of the response, row by row
 * @returns none where rows are too few, or predictions never change
 */
export function fitTargets(
  features: BinnedRows,
  predictions: readonly BinnedColumn[],
  version: string | null,
): readonly TargetSurrogate[] {
  return predictions.slice(0, TARGETS_MAX).flatMap((column) => {
    const category = column.binning.kind === 'numeric' ? null : (commonest(column.binning) ?? null);
    const target = Float64Array.from(column.values, (value) => targetOf(value, category));
    const surrogate = fitSurrogate(features, target);
    if (surrogate === null) return [];
    return [{ ...surrogate, column: column.name, version, category, levels: levelsOf(column, target) }];
  });
}

/** The first category is the most frequent one. */
const commonest = (binning: Binning): string | undefined =>
  binning.kind === 'categorical' ? binning.categories[0] : undefined;

function targetOf(value: Value | undefined, category: string | null): number {
  if (value === null || value === undefined) return Number.NaN;
  if (category !== null) return String(value) === category ? 1 : 0;
  return typeof value === 'number' ? value : Number.NaN;
}

function levelsOf({ binning, values }: BinnedColumn, target: Float64Array): Float64Array {
  const sums = new Float64Array(binning.size);
  const counts = new Float64Array(binning.size);
  values.forEach((value, row) => {
    const number = target[row] as number;
    if (!Number.isFinite(number)) return;
    const bin = binOf(binning, value);
    sums[bin] = (sums[bin] as number) + number;
    counts[bin] = (counts[bin] as number) + 1;
  });
  return sums.map((sum, bin) =>
    (counts[bin] as number) > 0 ? sum / (counts[bin] as number) : emptyLevel(binning, bin),
  );
}

/** A bin that the fit's rows left empty: its middle, or the end that it lies beyond. */
function emptyLevel(binning: Binning, bin: number): number {
  if (binning.kind === 'categorical') return bin < ABOVE ? Number.NaN : 0;
  const edges = edgesOf(binning);
  if (bin === BELOW) return edges[0] as number;
  if (bin === ABOVE) return edges[edges.length - 1] as number;
  return bin < SPECIALS ? Number.NaN : ((edges[bin - SPECIALS] as number) + (edges[bin - SPECIALS + 1] as number)) / 2;
}

type Written = Readonly<Record<string, unknown>>;

export function writtenTargets(targets: readonly TargetSurrogate[]): readonly Written[] {
  return targets.map(({ column, version, category, rows, mean, r2, levels, terms }) => ({
    column,
    ...(version === null ? {} : { version }),
    ...(category === null ? {} : { category }),
    rows,
    mean: digits(mean),
    r2: digits(r2),
    levels: numbers(levels),
    terms: Object.fromEntries(terms.map(({ feature, weights }) => [feature, numbers(weights)])),
  }));
}

const digits = (value: number): number => Number(value.toPrecision(6));
const numbers = (values: Float64Array) =>
  Array.from(values, (value) => (Number.isFinite(value) ? digits(value) : null));

/** Where the columns of a baseline are found. */
export interface TargetPlaces {
  readonly request: ReadonlyMap<string, Reference>;
  readonly responseOf: (version: string | null) => ReadonlyMap<string, Reference>;
}

export function readTargets(value: unknown, places: TargetPlaces, problems: string[]): readonly TargetSurrogate[] {
  return list(value, 'surrogates', TARGETS_MAX * 100, problems).flatMap((entry, index) => {
    const read = readTarget(entry, `surrogates[${index}]`, places, problems);
    return read === null ? [] : [read];
  });
}

const KEYS = ['column', 'version', 'category', 'rows', 'mean', 'r2', 'levels', 'terms'];

function readTarget(value: unknown, path: string, places: TargetPlaces, problems: string[]): TargetSurrogate | null {
  const before = problems.length;
  const { column, version, category, rows, mean, r2, levels, terms } = members(value, path, KEYS, problems);
  const isText = (one: unknown): one is string => typeof one === 'string';
  const isOptionalText = (one: unknown): one is string | undefined => one === undefined || isText(one);
  if (!isText(column)) problems.push(`${path}.column: must be a text`);
  if (!isOptionalText(version)) problems.push(`${path}.version: must be a text`);
  if (!isOptionalText(category)) problems.push(`${path}.category: must be a text`);
  if (!isCount(rows)) problems.push(`${path}.rows: must be a whole number, 0 or more`);
  if (!isNumber(mean)) problems.push(`${path}.mean: must be a number`);
  if (!isNumber(r2)) problems.push(`${path}.r2: must be a number`);
  if (problems.length > before || !isText(column)) return null;
  const owner = isText(version) ? version : null;
  const response = places.responseOf(owner).get(column);
  if (response === undefined) {
    problems.push(`${path}.column: "${column}" is no column of the response in this file`);
    return null;
  }
  const read = readTerms(terms, `${path}.terms`, places.request, problems);
  const perBin = readNumbers(levels, `${path}.levels`, response.binning.size, problems);
  if (problems.length > before) return null;
  const named = isText(category) ? category : null;
  return {
    column,
    version: owner,
    category: named,
    rows: Number(rows),
    mean: Number(mean),
    r2: Number(r2),
    levels: perBin,
    terms: read,
  };
}

function readTerms(
  value: unknown,
  path: string,
  request: TargetPlaces['request'],
  problems: string[],
): readonly SurrogateTerm[] {
  const named = members(value, path, [...request.keys()], problems);
  return Object.entries(named).flatMap(([feature, weights]) => {
    const size = request.get(feature)?.binning.size;
    // `members` has told of a column that is none.
    if (size === undefined) return [];
    return [{ feature, weights: readNumbers(weights, `${path}.${feature}`, size, problems) }];
  });
}

function readNumbers(value: unknown, path: string, size: number, problems: string[]): Float64Array {
  const all = list(value, path, size, problems);
  if (all.length !== size) problems.push(`${path}: must hold ${size} numbers, one a bin`);
  if (!all.every((one) => one === null || isNumber(one))) problems.push(`${path}: must be numbers, or null for none`);
  return Float64Array.from(all, (one) => (isNumber(one) ? one : Number.NaN));
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
