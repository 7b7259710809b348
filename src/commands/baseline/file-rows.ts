// Rows of training data: a CSV file with a line of names, or Parquet. Types follow the values, so that the same rows make the same
// baseline from either: a CSV column of true and false is boolean, dates stay texts.

import { open } from 'node:fs/promises';
import { type Database, named, quoted } from '../../capture/store/database.ts';
import { FEATURES_MAX } from '../../drift/baseline/baseline.ts';
import { cast, type Gathered, kindOf, quarterOf, type RelationColumn, Unusable } from './relation.ts';

export interface FileRows {
  /** Absolute path. */
  readonly path: string;
  /** Column -> name under which the gate sees the prediction. */
  readonly predictions: ReadonlyMap<string, string>;
  readonly ignore: ReadonlySet<string>;
  readonly time: string | null;
}

/** @throws Unusable */
export async function fileRows(database: Database, asked: FileRows): Promise<Gathered> {
  const source = await openSource(database, asked.path);
  const types = await typesOf(database, source);
  checkNames(asked, types);
  const notes: string[] = [];
  const columns: RelationColumn[] = [];
  const selected: string[] = [];
  for (const [name, type] of types) {
    if (asked.ignore.has(name) || name === asked.time) continue;
    if (type === null) {
      notes.push(`${name} is left out: values of its type are none that a gate reads from a body`);
      continue;
    }
    const prediction = asked.predictions.get(name);
    const column = `c${columns.length}`;
    selected.push(`${cast(named(name), type)} AS ${column}`);
    const side = prediction === undefined ? 'request' : 'response';
    columns.push({ side, name: prediction ?? name, version: null, column, type, missing: null });
  }
  if (columns.length === 0) throw new Unusable(`${asked.path}: no column is left to measure`);
  if (columns.length > FEATURES_MAX)
    throw new Unusable(`${asked.path}: ${columns.length} columns, more than the ${FEATURES_MAX} a baseline holds`);
  const quarter = asked.time === null ? 'CAST(NULL AS INTEGER)' : quarterOf(momentOf(asked.time, types));
  // Parquet is read in place, unless its columns are so many that every look would be slow.
  const kind = source === 'loaded' || columns.length > WIDE ? 'TABLE' : 'VIEW';
  await database.run(`CREATE ${kind} measured AS SELECT ${quarter} AS quarter, ${selected.join(', ')} FROM ${source}`);
  if (source === 'loaded') await database.run('DROP TABLE loaded');
  const [found] = await database.rows(
    'SELECT count(*) AS n, count(quarter) AS timed, min(quarter) AS low, max(quarter) AS high FROM measured',
  );
  const [rows, timed] = [Number(found?.n ?? 0), Number(found?.timed ?? 0)];
  if (rows === 0) throw new Unusable(`${asked.path}: it has no rows`);
  if (asked.time !== null && timed === 0)
    throw new Unusable(`${asked.path}: no value of ${asked.time} is a time; write ISO 8601, or unix seconds`);
  if (asked.time !== null && timed < rows)
    notes.push(`${rows - timed} rows have no readable time in ${asked.time}; they count, but for no hour`);
  const edge = (value: unknown): number | null => (typeof value === 'number' ? value * 900_000 : null);
  return {
    relations: [{ table: 'measured', columns }],
    pairs: new Set(columns.map(({ side }) => side)).size === 2 ? [{ table: 'measured', columns }] : [],
    rows,
    timed,
    first: edge(found?.low),
    last: edge(found?.high),
    notes,
  };
}

/** @returns SQL of the rows */
async function openSource(database: Database, path: string): Promise<string> {
  if (/\.(parquet|pq)$/i.test(path)) {
    const source = `read_parquet(${quoted(path)})`;
    await database.rows(`DESCRIBE SELECT * FROM ${source}`).catch(unreadable(path));
    return source;
  }
  // Read once: every later look is at columns, not at text.
  const form = `header = true, delim = ${quoted(await delimiterOf(path))}, quote = '"', escape = '"'`;
  const csv = `read_csv(${quoted(path)}, ${form}, sample_size = -1, auto_type_candidates = ['BIGINT', 'DOUBLE', 'VARCHAR'])`;
  await database.run(`CREATE TABLE loaded AS SELECT * FROM ${csv}`).catch(unreadable(path));
  return 'loaded';
}

/** The one that the line of names has most of: DuckDB's own guess takes minutes where columns are many. */
async function delimiterOf(path: string): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(NAMES_BYTES), 0, NAMES_BYTES, 0);
    const [names = ''] = buffer.toString('utf8', 0, bytesRead).split('\n');
    const counted = [',', ';', '\t', '|'].map((mark) => ({ mark, count: names.split(mark).length }));
    return counted.reduce((best, one) => (one.count > best.count ? one : best)).mark;
  } finally {
    await handle.close();
  }
}

const NAMES_BYTES = 65_536;

function unreadable(path: string): (error: unknown) => never {
  return (error) => {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Unusable(
      `${path}: no rows can be read from it (${why}). It must be CSV with a line of names, or Parquet.`,
    );
  };
}

async function typesOf(database: Database, source: string): Promise<Map<string, RelationColumn['type'] | null>> {
  const described = await database.rows(`DESCRIBE SELECT * FROM ${source}`);
  const types = new Map(
    described.map(({ column_name, column_type }) => [String(column_name), kindOf(String(column_type))] as const),
  );
  const texts = [...types].flatMap(([name, type]) => (type === 'text' && source === 'loaded' ? [name] : []));
  for (let i = 0; i < texts.length; i += TEXTS_AT_ONCE) {
    const some = texts.slice(i, i + TEXTS_AT_ONCE);
    const asked = some.map((name, at) => `bool_and(lower(${named(name)}) IN ('true', 'false')) AS b${at}`);
    const [found] = await database.rows(`SELECT ${asked.join(', ')} FROM ${source}`);
    for (const [at, name] of some.entries()) if (found?.[`b${at}`] === true) types.set(name, 'boolean');
  }
  return types;
}

const TEXTS_AT_ONCE = 500;
const WIDE = 500;

function checkNames({ path, predictions, ignore, time }: FileRows, types: ReadonlyMap<string, unknown>): void {
  const unknown = [...predictions.keys(), ...ignore, ...(time === null ? [] : [time])].filter(
    (name) => !types.has(name),
  );
  if (unknown.length === 0) return;
  const some = [...types.keys()].slice(0, 40).join(', ');
  throw new Unusable(`${path}: there is no column ${unknown.join(', ')}; it has ${some}`);
}

/** Numbers are unix seconds, or milliseconds where they are so large that seconds would lie thousands of years ahead. */
function momentOf(time: string, types: ReadonlyMap<string, RelationColumn['type'] | null>): string {
  const column = named(time);
  if (types.get(time) !== 'number') return `TRY_CAST(${column} AS TIMESTAMPTZ)`;
  const millis = `CASE WHEN abs(${column}) > 1e11 THEN ${column} ELSE ${column} * 1000 END`;
  return `make_timestamp(CAST(round((${millis}) * 1000) AS BIGINT)) AT TIME ZONE 'UTC'`;
}
