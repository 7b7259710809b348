// The text of a baseline file, format 2: a line a column, so that a change of it can be read in a diff. Zeros of special bins,
// hours without rows and what is as by default are left out, which keeps it small: some 500 bytes a column, 800 where
// predictions are explained by it, 15 KB with seasons.

import type { Table, Value } from '../../protocols/protocol.ts';
import {
  type BinnedColumn,
  binRows,
  fitTargets,
  type TargetSurrogate,
  writtenTargets,
} from '../cause/target-surrogate.ts';
import { BASELINE_FORMAT, type BaselineSource, type Side } from './baseline.ts';
import { type Binning, edgesOf, MISSING, NULL, SPECIALS } from './binning.ts';
import type { ColumnSchema, ColumnType } from './column-schema.ts';
import { SPECIAL_KEYS } from './read-column.ts';
import { addToSample, binningOf, createSample } from './sample.ts';
import type { Strata } from './seasons.ts';
import { createTally } from './tally.ts';

export interface BaselineColumn {
  readonly side: Side;
  readonly name: string;
  /** Of predictions that are those of one version. */
  readonly version: string | null;
  readonly schema: ColumnSchema;
  readonly binning: Binning;
  readonly counts: Float64Array;
  readonly overdispersion: number;
  readonly strata: Strata | null;
}

export interface BaselineText {
  readonly model: string;
  /** ISO 8601. */
  readonly made: string | null;
  readonly source: BaselineSource | null;
  /** Of the seasons. */
  readonly zone: string;
  readonly columns: readonly BaselineColumn[];
  /** What explains drift of predictions, a line each. */
  readonly surrogates: readonly TargetSurrogate[];
}

/** What is as by default is left out. */
type Written = Readonly<Record<string, unknown>>;

export function baselineText({ model, made, source, zone, columns, surrogates }: BaselineText): string {
  const head = Object.entries({
    format: BASELINE_FORMAT,
    model,
    ...(made === null ? {} : { made }),
    ...(source === null ? {} : { source: withoutNulls(source) }),
    ...(columns.some(({ strata }) => strata !== null) ? { zone } : {}),
  });
  const lines = head.map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`);
  const features = columns.map((column) => `    ${JSON.stringify(described(column))}`);
  const explained = writtenTargets(surrogates).map((surrogate) => `    ${JSON.stringify(surrogate)}`);
  const rest = explained.length === 0 ? '' : `,\n  "surrogates": [\n${explained.join(',\n')}\n  ]`;
  return `{\n${lines.join('\n')}\n  "features": [\n${features.join(',\n')}\n  ]${rest}\n}\n`;
}

function withoutNulls(source: BaselineSource): Written {
  return Object.fromEntries(Object.entries(source).filter(([, value]) => value !== null));
}

function described(column: BaselineColumn): Written {
  const { side, name, version, schema, binning, overdispersion, strata } = column;
  return {
    side,
    name,
    ...(version === null ? {} : { version }),
    type: schema.type,
    ...(schema.nullable ? { nullable: true } : {}),
    ...(schema.range === null ? {} : { range: schema.range }),
    kind: binning.kind,
    ...bins(binning),
    ...counted(binning, column.counts),
    ...(overdispersion > 1 ? { overdispersion: digits(overdispersion) } : {}),
    ...(strata === null ? {} : { strata: describedStrata(binning, strata) }),
  };
}

function bins(binning: Binning): Written {
  if (binning.kind === 'numeric') return { edges: [...edgesOf(binning)] };
  const others = [...binning.known].flatMap(([category, bin]) => (bin < SPECIALS ? [category] : []));
  return {
    categories: binning.categories,
    ...(others.length === 0 ? {} : { others }),
    ...(binning.open ? { open: true } : {}),
  };
}

function counted(binning: Binning, counts: ArrayLike<number>): Written {
  const all = Array.from(counts);
  const special = SPECIAL_KEYS[binning.kind].flatMap((key, bin) => (all[bin] === 0 ? [] : [[key, all[bin]]]));
  return { counts: all.slice(SPECIALS), ...(special.length === 0 ? {} : { special: Object.fromEntries(special) }) };
}

function describedStrata(binning: Binning, { concentration, hours }: Strata): Written {
  const ascending = [...hours].sort(([one], [other]) => one - other);
  return {
    concentration: digits(concentration),
    hours: Object.fromEntries(ascending.map(([hour, counts]) => [hour, counted(binning, counts)])),
  };
}

const digits = (value: number): number => Number(value.toPrecision(4));

/**
 * A baseline file's text from tables of rows at hand: the features, and the predictions where there are any.
 * @param made when the rows were taken (ISO 8601)
 */
export function writeBaseline(
  model: string,
  tables: { readonly request: Table; readonly response?: Table },
  made?: string,
  source: BaselineSource | null = null,
): string {
  const of = (side: Side) => (tables[side]?.columns ?? []).map((column) => columnOf(side, column));
  const [request, response] = [of('request'), of('response')];
  const isPaired = tables.request.rows === tables.response?.rows;
  const surrogates = isPaired
    ? fitTargets(binRows(binned(tables.request, request)), binned(tables.response, response), null)
    : [];
  return baselineText({
    model,
    made: made ?? null,
    source,
    zone: 'UTC',
    columns: [...request, ...response],
    surrogates,
  });
}

const binned = (table: Table | undefined, columns: readonly BaselineColumn[]): readonly BinnedColumn[] =>
  (table?.columns ?? []).map((column, index) => ({ ...column, binning: (columns[index] as BaselineColumn).binning }));

function columnOf(side: Side, column: Table['columns'][number]): BaselineColumn {
  const sample = createSample();
  for (const value of column.values) addToSample(sample, value);
  const binning = binningOf(sample);
  const tally = createTally(binning);
  for (const value of column.values) tally.add(value, null);
  const tallied = tally.finish();
  const schema = schemaOf(column.values, tallied.counts);
  return { side, name: column.name, version: null, schema, binning, ...tallied };
}

function schemaOf(values: readonly (Value | undefined)[], counts: Float64Array): ColumnSchema {
  const types = new Set<ColumnType>();
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (typeof value === 'number') {
      types.add(Number.isFinite(value) && !Number.isInteger(value) ? 'number' : 'integer');
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    } else if (value !== null && value !== undefined) types.add(typeof value === 'boolean' ? 'boolean' : 'text');
  }
  if (types.has('number')) types.delete('integer');
  const [type = 'empty'] = types;
  return {
    type: types.size > 1 ? 'mixed' : type,
    nullable: (counts[NULL] as number) + (counts[MISSING] as number) > 0,
    range: low <= high ? [low, high] : null,
  };
}
