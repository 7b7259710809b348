// The baseline file: what drift is measured against, frozen by whoever trained the model. Versioned JSON, read strictly - every
// problem at once, each with its place - since a baseline that is silently repaired would measure something else.
//
//   { "format": "headgate-baseline/1", "model": "credit-default", "made": "2026-11-02T09:00:00Z", "features": [
//     { "side": "request", "name": "amount", "kind": "numeric", "edges": [0, 10, 20], "counts": [7, 3], "special": { "null": 1 } },
//     { "side": "request", "name": "card", "kind": "categorical", "categories": ["visa"], "counts": [9], "special": { "other": 1 },
//       "others": ["amex"], "open": false } ] }

import { createHash } from 'node:crypto';
import type { Table } from '../../protocols/protocol.ts';
import { type Binning, categoricalBinning, edgesOf, numericBinning, SPECIALS } from './binning.ts';
import { createReference, type Reference, referenceOf } from './reference.ts';
import { CATEGORIES_MAX } from './sample.ts';

export const BASELINE_FORMAT = 'headgate-baseline/1';
const BINS_MAX = 200;
const FEATURES_MAX = 2000;

export type Side = 'request' | 'response';

export interface Baseline {
  readonly model: string;
  /** When its rows were taken (ISO 8601); null where the file does not say. */
  readonly made: string | null;
  /** Hash of the content: whether a reload brought another one. */
  readonly digest: string;
  readonly request: ReadonlyMap<string, Reference>;
  readonly response: ReadonlyMap<string, Reference>;
}

export type BaselineReading =
  | { readonly ok: true; readonly baseline: Baseline }
  /** Each `path: problem`. */
  | { readonly ok: false; readonly problems: readonly string[] };

const SPECIAL_KEYS = {
  numeric: ['null', 'missing', 'nan', 'infinite', 'wrongType', 'below', 'above'],
  categorical: ['null', 'missing', 'nan', 'infinite', 'wrongType', 'other', 'neverSeen'],
} as const;

/** Read a baseline file's text. */
export function parseBaseline(text: string): BaselineReading {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return { ok: false, problems: [`not JSON: ${error instanceof Error ? error.message : 'unreadable'}`] };
  }
  const problems: string[] = [];
  const sides = { request: new Map<string, Reference>(), response: new Map<string, Reference>() };
  const root = members(body, '', ['format', 'model', 'made', 'features'], problems);
  if (root.format !== BASELINE_FORMAT) problems.push(`format: must be "${BASELINE_FORMAT}"`);
  if (typeof root.model !== 'string') problems.push('model: must be a text');
  const made = readMade(root.made, problems);
  list(root.features, 'features', FEATURES_MAX, problems).forEach((feature, index) => {
    readFeature(feature, `features[${index}]`, sides, problems);
  });
  if (problems.length > 0) return { ok: false, problems };
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return { ok: true, baseline: { model: String(root.model), made, digest, ...sides } };
}

function readMade(made: unknown, problems: string[]): string | null {
  if (made === undefined) return null;
  const at = typeof made === 'string' && /^\d{4}-\d\d-\d\d(T|$)/.test(made) ? Date.parse(made) : Number.NaN;
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  problems.push('made: must be a date and time, as 2026-11-02T09:00:00Z');
  return null;
}

function readFeature(
  feature: unknown,
  path: string,
  sides: Record<Side, Map<string, Reference>>,
  problems: string[],
): void {
  const before = problems.length;
  const isNumeric = typeof feature === 'object' && feature !== null && 'kind' in feature && feature.kind === 'numeric';
  const own = isNumeric ? ['edges'] : ['categories', 'others', 'open'];
  const { side, name, kind, ...rest } = members(
    feature,
    path,
    ['side', 'name', 'kind', 'counts', 'special', ...own],
    problems,
  );
  if (side !== 'request' && side !== 'response') problems.push(`${path}.side: must be request or response`);
  if (typeof name !== 'string' || name === '') problems.push(`${path}.name: must be a text`);
  if (kind !== 'numeric' && kind !== 'categorical') problems.push(`${path}.kind: must be numeric or categorical`);
  const binning = isNumeric ? readEdges(rest, path, problems) : readCategories(rest, path, problems);
  if (binning === null || problems.length > before) return;
  const counts = readCounts(rest, binning, path, problems);
  if (problems.length > before || typeof name !== 'string') return;
  const features = sides[side === 'response' ? 'response' : 'request'];
  if (features.has(name)) problems.push(`${path}.name: "${name}" is listed twice`);
  features.set(name, createReference(binning, counts, false));
}

function readEdges(rest: Record<string, unknown>, path: string, problems: string[]): Binning | null {
  const edges = list(rest.edges, `${path}.edges`, BINS_MAX + 1, problems);
  const numbers = edges.filter((edge): edge is number => typeof edge === 'number' && Number.isFinite(edge));
  const isAscending = numbers.every((edge, index) => index === 0 || edge > (numbers[index - 1] as number));
  if (numbers.length === edges.length && numbers.length >= 2 && isAscending)
    return numericBinning(Float64Array.from(numbers));
  problems.push(`${path}.edges: must be two or more finite numbers in strictly ascending order`);
  return null;
}

function readCategories(rest: Record<string, unknown>, path: string, problems: string[]): Binning | null {
  const categories = texts(rest.categories, `${path}.categories`, CATEGORIES_MAX, problems);
  const others = rest.others === undefined ? [] : texts(rest.others, `${path}.others`, BINS_MAX, problems);
  if (new Set([...categories, ...others]).size < categories.length + others.length) {
    problems.push(`${path}.categories: a category is listed twice`);
  }
  if (rest.open !== undefined && typeof rest.open !== 'boolean') problems.push(`${path}.open: must be true or false`);
  return categoricalBinning(categories, others, rest.open === true);
}

function readCounts(rest: Record<string, unknown>, binning: Binning, path: string, problems: string[]): Float64Array {
  const counts = new Float64Array(binning.size);
  const given = list(rest.counts, `${path}.counts`, BINS_MAX, problems);
  const bins = binning.size - SPECIALS;
  if (given.length !== bins) problems.push(`${path}.counts: must hold ${bins} counts, one a bin`);
  given.slice(0, bins).forEach((count, index) => {
    if (isCount(count)) counts[SPECIALS + index] = count;
    else problems.push(`${path}.counts[${index}]: must be a whole number, 0 or more`);
  });
  const keys: readonly string[] = SPECIAL_KEYS[binning.kind];
  const special = rest.special === undefined ? {} : members(rest.special, `${path}.special`, keys, problems);
  keys.forEach((key, bin) => {
    const count = special[key] ?? 0;
    if (isCount(count)) counts[bin] = count;
    else problems.push(`${path}.special.${key}: must be a whole number, 0 or more`);
  });
  return counts;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function members(value: unknown, path: string, known: readonly string[], problems: string[]): Record<string, unknown> {
  const place = path === '' ? '' : `${path}.`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.push(`${path === '' ? 'baseline' : path}: must be an object`);
    return {};
  }
  for (const key of Object.keys(value)) if (!known.includes(key)) problems.push(`${place}${key}: unknown key`);
  return { ...value };
}

function list(value: unknown, path: string, max: number, problems: string[]): readonly unknown[] {
  if (Array.isArray(value) && value.length <= max) return value;
  problems.push(`${path}: must be a list of at most ${max}`);
  return [];
}

function texts(value: unknown, path: string, max: number, problems: string[]): readonly string[] {
  const all = list(value, path, max, problems);
  const only = all.filter((one) => typeof one === 'string');
  if (only.length < all.length) problems.push(`${path}: must be texts`);
  return only;
}

/**
 * A baseline file's text from tables of rows at hand: the features, and the predictions where there are any.
 * @param made when the rows were taken (ISO 8601)
 */
export function writeBaseline(
  model: string,
  tables: { readonly request: Table; readonly response?: Table },
  made?: string,
): string {
  const of = (side: Side) =>
    (tables[side]?.columns ?? []).map(({ name, values }) => describe(side, name, referenceOf(values)));
  const features = [...of('request'), ...of('response')].map((feature) => `    ${JSON.stringify(feature)}`);
  const dated = made === undefined ? '' : `\n  "made": ${JSON.stringify(made)},`;
  const head = `  "format": ${JSON.stringify(BASELINE_FORMAT)},\n  "model": ${JSON.stringify(model)},${dated}`;
  return `{\n${head}\n  "features": [\n${features.join(',\n')}\n  ]\n}\n`;
}

function describe(side: Side, name: string, { binning, counts }: Reference): Readonly<Record<string, unknown>> {
  const special = Object.fromEntries(
    SPECIAL_KEYS[binning.kind].flatMap((key, bin) => (counts[bin] === 0 ? [] : [[key, counts[bin]]])),
  );
  const head = { side, name, kind: binning.kind };
  const rest = { counts: [...counts.subarray(SPECIALS)], special };
  if (binning.kind === 'numeric') return { ...head, edges: [...edgesOf(binning)], ...rest };
  const others = [...binning.known].flatMap(([category, bin]) => (bin < SPECIALS ? [category] : []));
  return { ...head, categories: binning.categories, ...rest, others, open: binning.open };
}
