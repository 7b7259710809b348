// From tables in DuckDB to the columns of a baseline, in three looks: ranges; a sample for the edges of numbers, and the categories;
// then every row, counted by the same code that counts live ones. Columns are taken a few at a time, so that memory is bounded
// whatever the number of rows, columns and hours.

import { type Database, named } from '../../capture/store/database.ts';
import { type Binning, CATEGORY_LENGTH_MAX, MISSING, NULL } from '../../drift/baseline/binning.ts';
import type { ColumnSchema, ColumnType } from '../../drift/baseline/column-schema.ts';
import type { LocalTime } from '../../drift/baseline/local-time.ts';
import { binningOf, createSample, KNOWN_MAX, type Sample } from '../../drift/baseline/sample.ts';
import { createTally } from '../../drift/baseline/tally.ts';
import type { BaselineColumn } from '../../drift/baseline/write-baseline.ts';
import type { Value } from '../../protocols/protocol.ts';
import { type Gathered, QUARTER_MS, type Relation, type RelationColumn } from './relation.ts';

/** Rows of which the edges are made; with more, every k-th. */
const SAMPLE_ROWS = 200_000;
const CELLS_MAX = 16_000_000;
const COLUMNS_AT_ONCE = 64;
/** Of a column, about. */
const BINS = 40;

export async function measure(
  database: Database,
  gathered: Gathered,
  time: LocalTime,
  progress: (part: number) => void,
): Promise<BaselineColumn[]> {
  const all = gathered.relations.reduce((sum, { columns }) => sum + columns.length, 0);
  const hours = ((gathered.last ?? 0) - (gathered.first ?? 0)) / (4 * QUARTER_MS) + 1;
  const atOnce = Math.max(
    1,
    Math.min(COLUMNS_AT_ONCE, Math.floor(CELLS_MAX / (hours * BINS + Math.min(gathered.rows, SAMPLE_ROWS)))),
  );
  const found: BaselineColumn[] = [];
  for (const { table, columns } of gathered.relations) {
    for (let i = 0; i < columns.length; i += atOnce) {
      const some = { table, columns: columns.slice(i, i + atOnce) };
      found.push(...(await measureSome(database, some, gathered.timed > 0, time)));
      progress(found.length / all);
    }
  }
  return found;
}

async function measureSome(
  database: Database,
  relation: Relation,
  isTimed: boolean,
  time: LocalTime,
): Promise<BaselineColumn[]> {
  const facts = await factsOf(database, relation);
  const samples = await samplesOf(database, relation, facts);
  const binnings = samples.map((sample, i) => binningOf(sample, facts[i]?.range ?? undefined));
  const tallies = await count(database, relation, binnings, isTimed ? time : null);
  return relation.columns.map(({ side, name, version }, i) => {
    const binning = binnings[i] as Binning;
    const tallied = tallies[i]?.finish() ?? { counts: new Float64Array(binning.size), overdispersion: 1, strata: null };
    const { type = 'empty' as const, range = null } = facts[i] ?? {};
    const nullable = (tallied.counts[NULL] as number) + (tallied.counts[MISSING] as number) > 0;
    const schema: ColumnSchema = { type, nullable, range };
    return { side, name, version, schema, binning, ...tallied };
  });
}

interface Facts {
  readonly rows: number;
  readonly type: ColumnType;
  readonly range: readonly [number, number] | null;
}

async function factsOf(database: Database, { table, columns }: Relation): Promise<readonly Facts[]> {
  const asked = columns.flatMap(({ column: c, type }) =>
    type === 'number'
      ? [
          `count(${c}) AS n_${c}`,
          `min(${c}) FILTER (isfinite(${c})) AS low_${c}`,
          `max(${c}) FILTER (isfinite(${c})) AS high_${c}`,
          `bool_and(${c} = trunc(${c})) FILTER (isfinite(${c})) AS whole_${c}`,
        ]
      : [`count(${c}) AS n_${c}`],
  );
  const [row = {}] = await database.rows(`SELECT count(*) AS n, ${asked.join(', ')} FROM ${table}`);
  return columns.map(({ column, type }) => {
    const [low, high] = [row[`low_${column}`], row[`high_${column}`]];
    const range = typeof low === 'number' && typeof high === 'number' ? ([low, high] as const) : null;
    const isEmpty = Number(row[`n_${column}`] ?? 0) === 0;
    const numbers = row[`whole_${column}`] === true ? 'integer' : 'number';
    return { rows: Number(row.n ?? 0), type: isEmpty ? 'empty' : type === 'number' ? numbers : type, range };
  });
}

async function samplesOf(database: Database, relation: Relation, facts: readonly Facts[]): Promise<readonly Sample[]> {
  const { table, columns } = relation;
  const samples = columns.map(() => createSample());
  const numeric = columns.flatMap(({ type, column }, i) => (type === 'number' ? [{ column, i }] : []));
  const step = Math.max(1, Math.ceil((facts[0]?.rows ?? 0) / SAMPLE_ROWS));
  if (numeric.length > 0) {
    const list = numeric.map(({ column }) => column).join(', ');
    const every = `SELECT ${list} FROM (SELECT ${list}, row_number() OVER () AS i FROM ${table}) WHERE i % ${step} = 0`;
    for await (const chunk of database.chunks(step === 1 ? `SELECT ${list} FROM ${table}` : every)) {
      for (const [at, { i }] of numeric.entries()) {
        for (const value of chunk[at] ?? []) if (typeof value === 'number') samples[i]?.numbers.push(value);
      }
    }
  }
  for (const [i, column] of columns.entries()) {
    const range = facts[i]?.range ?? null;
    // A value so rare that the sample has none.
    if (samples[i]?.numbers.length === 0 && range !== null) samples[i]?.numbers.push(...range);
    if (column.type !== 'number') samples[i] = await categoriesOf(database, table, column);
  }
  return samples;
}

/** The commonest, and whether there are more. */
async function categoriesOf(database: Database, table: string, { column }: RelationColumn): Promise<Sample> {
  const sample = createSample();
  const ranked = await database.rows(
    `SELECT CAST(${column} AS VARCHAR) AS value, count(*) AS n FROM ${table} WHERE ${column} IS NOT NULL
     AND length(CAST(${column} AS VARCHAR)) <= ${CATEGORY_LENGTH_MAX} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${KNOWN_MAX + 1}`,
  );
  const [long] = await database.rows(
    `SELECT count(*) AS n FROM ${table} WHERE length(CAST(${column} AS VARCHAR)) > ${CATEGORY_LENGTH_MAX}`,
  );
  const kept = ranked.map(({ value, n }) => [String(value), Number(n)] as const);
  sample.categories = new Map(kept.slice(0, KNOWN_MAX).filter(([value]) => value.length <= CATEGORY_LENGTH_MAX));
  sample.texts = kept.length;
  sample.pooled = kept.length - sample.categories.size + Number(long?.n ?? 0);
  return sample;
}

async function count(
  database: Database,
  { table, columns }: Relation,
  binnings: readonly Binning[],
  time: LocalTime | null,
): Promise<readonly ReturnType<typeof createTally>[]> {
  const tallies = binnings.map((binning) => createTally(binning));
  const missing = columns.map((column) => column.missing ?? 'NULL');
  const list = [...columns.map(({ column }) => named(column)), ...missing].join(', ');
  for await (const chunk of database.chunks(`SELECT quarter, ${list} FROM ${table}`)) {
    const hours = (chunk[0] ?? []).map((quarter) =>
      time === null || typeof quarter !== 'number' ? null : time.hour(quarter * QUARTER_MS),
    );
    for (const [i, tally] of tallies.entries()) {
      const values = chunk[1 + i] ?? [];
      const lacks = columns[i]?.missing === null ? null : (chunk[1 + columns.length + i] ?? null);
      for (const [row, value] of values.entries()) {
        tally.add(lacks?.[row] === true ? undefined : plain(value), hours[row] ?? null);
      }
    }
  }
  return tallies;
}

export const plain = (value: unknown): Value =>
  typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? value : null;
