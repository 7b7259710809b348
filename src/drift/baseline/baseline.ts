// The baseline file: what drift is measured against, frozen by whoever trained the model. Versioned JSON, read strictly - every
// problem at once, each with its place - since a baseline that is silently repaired would measure something else. Format 2 is
// written (write-baseline.ts), format 1 still read. docs/drift.md shows one.

import { createHash } from 'node:crypto';
import { readTargets, type TargetSurrogate } from '../cause/target-surrogate.ts';
import { type LocalTime, localTimeOf } from './local-time.ts';
import { readColumn } from './read-column.ts';
import type { Reference } from './reference.ts';
import { isCount, isObject, list, members, moment } from './strict-fields.ts';

export const BASELINE_FORMAT = 'headgate-baseline/2';
const FORMAT_1 = 'headgate-baseline/1';
export const FEATURES_MAX = 10_000;

export type Side = 'request' | 'response';
/** Columns by name. */
export type References = ReadonlyMap<string, Reference>;

/** Where a baseline's rows came from. */
export interface BaselineSource {
  readonly kind: 'file' | 'captures' | 'simulation';
  /** Of the file, without its folder. */
  readonly name: string | null;
  readonly rows: number;
  /** Of the rows that have a time (ISO 8601). */
  readonly first: string | null;
  readonly last: string | null;
}

export interface Baseline {
  readonly model: string;
  /** When its rows were taken (ISO 8601); null where the file does not say. */
  readonly made: string | null;
  /** Hash of the content: whether a reload brought another one. */
  readonly digest: string;
  readonly source: BaselineSource | null;
  readonly request: References;
  /** Predictions of any version. */
  readonly response: References;
  /** Predictions of one version, which that version is measured against instead. */
  readonly responseOf: ReadonlyMap<string, References>;
  /** What explains drift of predictions. */
  readonly surrogates: readonly TargetSurrogate[];
}

export type BaselineReading =
  | { readonly ok: true; readonly baseline: Baseline }
  /** Each `path: problem`. */
  | { readonly ok: false; readonly problems: readonly string[] };

const NONE: References = new Map();

/** What the columns of one side of a version are measured against. */
export function referencesOf(baseline: Baseline | null, side: Side, version: string): References {
  if (baseline === null) return NONE;
  return side === 'request' ? baseline.request : (baseline.responseOf.get(version) ?? baseline.response);
}

/** Read a baseline file's text. */
export function parseBaseline(text: string): BaselineReading {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return { ok: false, problems: [`not JSON: ${error instanceof Error ? error.message : 'unreadable'}`] };
  }
  const problems: string[] = [];
  const isOld = isObject(body) && body.format === FORMAT_1;
  const later = isOld ? [] : ['source', 'zone', 'surrogates'];
  const root = members(body, '', ['format', 'model', 'made', 'features', ...later], problems);
  if (!isOld && root.format !== BASELINE_FORMAT) {
    problems.push(`format: must be "${BASELINE_FORMAT}", or "${FORMAT_1}"`);
  }
  if (typeof root.model !== 'string') problems.push('model: must be a text');
  const made = moment(root.made, 'made', problems);
  const source = root.source === undefined ? null : readSource(root.source, problems);
  const time = isOld ? null : readZone(root.zone, problems);
  const columns = readColumns(root.features, time, problems);
  const responseOf = (version: string | null) =>
    (version === null ? columns.response : columns.responseOf.get(version)) ?? NONE;
  const places = { request: columns.request, responseOf };
  const surrogates = root.surrogates === undefined ? [] : readTargets(root.surrogates, places, problems);
  if (problems.length > 0) return { ok: false, problems };
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return { ok: true, baseline: { model: String(root.model), made, digest, source, surrogates, ...columns } };
}

function readColumns(entries: unknown, time: LocalTime | null, problems: string[]) {
  const request = new Map<string, Reference>();
  const response = new Map<string, Reference>();
  const responseOf = new Map<string, Map<string, Reference>>();
  const placeOf = (side: Side, version: string | null): Map<string, Reference> => {
    if (side === 'request') return request;
    if (version === null) return response;
    const own = responseOf.get(version) ?? new Map<string, Reference>();
    responseOf.set(version, own);
    return own;
  };
  list(entries, 'features', FEATURES_MAX, problems).forEach((entry, index) => {
    const read = readColumn(entry, `features[${index}]`, time, problems);
    if (read === undefined) return;
    const place = placeOf(read.side, read.version);
    if (place.has(read.name)) problems.push(`features[${index}].name: "${read.name}" is listed twice`);
    place.set(read.name, read.reference);
  });
  return { request, response, responseOf };
}

const KINDS = ['file', 'captures', 'simulation'] as const;

function readSource(value: unknown, problems: string[]): BaselineSource {
  const { kind, name, rows, first, last } = members(
    value,
    'source',
    ['kind', 'name', 'rows', 'first', 'last'],
    problems,
  );
  const known = KINDS.find((one) => one === kind);
  if (known === undefined) problems.push(`source.kind: must be one of ${KINDS.join(', ')}`);
  if (name !== undefined && typeof name !== 'string') problems.push('source.name: must be a text');
  if (!isCount(rows)) problems.push('source.rows: must be a whole number, 0 or more');
  return {
    kind: known ?? 'file',
    name: typeof name === 'string' ? name : null,
    rows: Number(rows),
    first: moment(first, 'source.first', problems),
    last: moment(last, 'source.last', problems),
  };
}

function readZone(zone: unknown, problems: string[]): LocalTime | null {
  const time = zone === undefined || typeof zone === 'string' ? localTimeOf(zone ?? 'UTC') : undefined;
  if (time === undefined) problems.push('zone: must be a time zone, as Europe/Berlin');
  return time ?? localTimeOf('UTC') ?? null;
}
