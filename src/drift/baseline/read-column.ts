// One entry of a baseline file's `features`: side, name, bins with their counts, and in format 2 the schema, seasons and
// overdispersion. Nothing is repaired; what is wrong goes on the list of problems.

import { type Binning, categoricalBinning, numericBinning, SPECIALS } from './binning.ts';
import { COLUMN_TYPES, type ColumnSchema, type ColumnType } from './column-schema.ts';
import type { LocalTime } from './local-time.ts';
import { createReference, type Reference } from './reference.ts';
import { CATEGORIES_MAX } from './sample.ts';
import { isHourOfWeek, type Strata } from './seasons.ts';
import { type Fields, isCount, isObject, list, members, texts } from './strict-fields.ts';

/** Bins of plain values. */
export const BINS_MAX = 200;

/** Keys of `special`, in the order of the special bins. */
export const SPECIAL_KEYS = {
  numeric: ['null', 'missing', 'nan', 'infinite', 'wrongType', 'below', 'above'],
  categorical: ['null', 'missing', 'nan', 'infinite', 'wrongType', 'other', 'neverSeen'],
} as const;

export interface ReadColumn {
  readonly side: 'request' | 'response';
  readonly name: string;
  /** Of predictions that are those of one version; null: of all. */
  readonly version: string | null;
  readonly reference: Reference;
}

const OWN_KEYS = { numeric: ['edges'], categorical: ['categories', 'others', 'open'] } as const;
const LATER_KEYS = ['version', 'type', 'nullable', 'range', 'overdispersion', 'strata'];

/** @param time for seasons; null: the file is of format 1, which has none, nor a schema */
export function readColumn(
  entry: unknown,
  path: string,
  time: LocalTime | null,
  problems: string[],
): ReadColumn | undefined {
  const before = problems.length;
  const isNumeric = isObject(entry) && entry.kind === 'numeric';
  const own: readonly string[] = isNumeric ? OWN_KEYS.numeric : OWN_KEYS.categorical;
  const keys = ['side', 'name', 'kind', 'counts', 'special', ...own, ...(time === null ? [] : LATER_KEYS)];
  const fields = members(entry, path, keys, problems);
  const { side, name, kind, version = null } = fields;
  if (side !== 'request' && side !== 'response') problems.push(`${path}.side: must be request or response`);
  if (typeof name !== 'string' || name === '') problems.push(`${path}.name: must be a text`);
  if (kind !== 'numeric' && kind !== 'categorical') problems.push(`${path}.kind: must be numeric or categorical`);
  if (version !== null && (typeof version !== 'string' || version === '' || side !== 'response'))
    problems.push(`${path}.version: must be a text, and only predictions have one`);
  const binning = isNumeric ? readEdges(fields, path, problems) : readCategories(fields, path, problems);
  const schema = time === null ? null : readSchema(fields, path, problems);
  const overdispersion = readOverdispersion(fields.overdispersion, path, problems);
  if (binning === null || problems.length > before) return undefined;
  const counts = readCounts(fields, binning, path, problems);
  const strata = fields.strata === undefined ? null : readStrata(fields.strata, binning, `${path}.strata`, problems);
  if (problems.length > before || typeof name !== 'string') return undefined;
  const seasons = strata === null || time === null ? null : { strata, time };
  const reference = createReference(binning, counts, false, { overdispersion, schema, seasons });
  return {
    side: side === 'response' ? 'response' : 'request',
    name,
    version: typeof version === 'string' ? version : null,
    reference,
  };
}

function readEdges(fields: Fields, path: string, problems: string[]): Binning | null {
  const edges = list(fields.edges, `${path}.edges`, BINS_MAX + 1, problems);
  const numbers = edges.filter((edge): edge is number => typeof edge === 'number' && Number.isFinite(edge));
  const isAscending = numbers.every((edge, index) => index === 0 || edge > (numbers[index - 1] as number));
  if (numbers.length === edges.length && numbers.length >= 2 && isAscending)
    return numericBinning(Float64Array.from(numbers));
  problems.push(`${path}.edges: must be two or more finite numbers in strictly ascending order`);
  return null;
}

function readCategories(fields: Fields, path: string, problems: string[]): Binning | null {
  const categories = texts(fields.categories, `${path}.categories`, CATEGORIES_MAX, problems);
  const others = fields.others === undefined ? [] : texts(fields.others, `${path}.others`, BINS_MAX, problems);
  if (new Set([...categories, ...others]).size < categories.length + others.length) {
    problems.push(`${path}.categories: a category is listed twice`);
  }
  if (fields.open !== undefined && typeof fields.open !== 'boolean')
    problems.push(`${path}.open: must be true or false`);
  return categoricalBinning(categories, others, fields.open === true);
}

function readCounts(fields: Fields, binning: Binning, path: string, problems: string[]): Float64Array {
  const counts = new Float64Array(binning.size);
  const given = list(fields.counts, `${path}.counts`, BINS_MAX, problems);
  const bins = binning.size - SPECIALS;
  if (given.length !== bins) problems.push(`${path}.counts: must hold ${bins} counts, one a bin`);
  given.slice(0, bins).forEach((count, index) => {
    if (isCount(count)) counts[SPECIALS + index] = count;
    else problems.push(`${path}.counts[${index}]: must be a whole number, 0 or more`);
  });
  const keys: readonly string[] = SPECIAL_KEYS[binning.kind];
  const special = fields.special === undefined ? {} : members(fields.special, `${path}.special`, keys, problems);
  keys.forEach((key, bin) => {
    const count = special[key] ?? 0;
    if (isCount(count)) counts[bin] = count;
    else problems.push(`${path}.special.${key}: must be a whole number, 0 or more`);
  });
  return counts;
}

const isType = (value: unknown): value is ColumnType => COLUMN_TYPES.some((type) => type === value);

function readSchema(fields: Fields, path: string, problems: string[]): ColumnSchema | null {
  const { type, nullable, range } = fields;
  if (!isType(type)) problems.push(`${path}.type: must be one of ${COLUMN_TYPES.join(', ')}`);
  if (nullable !== undefined && typeof nullable !== 'boolean') problems.push(`${path}.nullable: must be true or false`);
  const [low, high] = range === undefined ? [] : list(range, `${path}.range`, 2, problems);
  const isRange = Number.isFinite(low) && Number.isFinite(high) && Number(low) <= Number(high);
  if (range !== undefined && !isRange) problems.push(`${path}.range: must be the least and the greatest number`);
  if (!isType(type)) return null;
  return { type, nullable: nullable === true, range: isRange ? [Number(low), Number(high)] : null };
}

function readOverdispersion(value: unknown, path: string, problems: string[]): number {
  if (value === undefined) return 1;
  if (typeof value === 'number' && Number.isFinite(value) && value >= 1) return value;
  problems.push(`${path}.overdispersion: must be a number, 1 or more`);
  return 1;
}

function readStrata(value: unknown, binning: Binning, path: string, problems: string[]): Strata | null {
  const { concentration, hours } = members(value, path, ['concentration', 'hours'], problems);
  const isPositive = typeof concentration === 'number' && Number.isFinite(concentration) && concentration > 0;
  if (!isPositive) problems.push(`${path}.concentration: must be a number above 0`);
  const found = new Map<number, ArrayLike<number>>();
  if (!isObject(hours)) problems.push(`${path}.hours: must be an object`);
  for (const [hour, counts] of isObject(hours) ? Object.entries(hours) : []) {
    const place = `${path}.hours.${hour}`;
    if (!isHourOfWeek(hour)) problems.push(`${place}: must be an hour of the week, 0 (Monday 00:00) to 167`);
    const fields = members(counts, place, ['counts', 'special'], problems);
    found.set(Number(hour), compact(readCounts(fields, binning, place, problems)));
  }
  return isPositive ? { concentration, hours: found } : null;
}

/** 168 of them a column are held for as long as the baseline is. */
function compact(counts: Float64Array): ArrayLike<number> {
  return counts.every((count) => count < 65_536) ? Uint16Array.from(counts) : counts;
}
