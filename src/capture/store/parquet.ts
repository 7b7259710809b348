// Makes Parquet files: from staged lines, from other files of one model and day, and from a file whose bodies are let go. Each is
// counted and synchronised before anyone is told of it; a file with another number of rows than went in is an error, never a fact.

import { stat } from 'node:fs/promises';
import { BODY_COLUMNS, COLUMN_NAMES, COLUMNS, storedSelect } from './columns.ts';
import { type Database, listed, named, quoted } from './database.ts';
import type { TypedColumn } from './feature-types.ts';
import { syncPath } from './layout.ts';
import type { Staged } from './stage.ts';

/** Small enough for one row to be read quickly, large enough to compress as well as the largest do. */
const GROUP_ROWS = 16_384;
const GROUP_BYTES = '32MB';

export interface Made {
  readonly bytes: number;
}

export function makeFromLines(
  database: Database,
  path: string,
  staged: Staged,
  types: readonly TypedColumn[],
): Promise<Made> {
  return make(database, path, storedSelect([staged.path], types, staged.lineBytesMax), staged.rows);
}

/** @param rows of all files together */
export function makeFromFiles(database: Database, path: string, files: readonly string[], rows: number): Promise<Made> {
  return make(database, path, `SELECT * FROM ${asOne(files)}`, rows);
}

/** The record without what was in its bodies. @param kept typed columns that stay, where the file has them */
export async function makeWithoutBodies(
  database: Database,
  path: string,
  file: string,
  rows: number,
  kept: readonly string[],
): Promise<Made> {
  const there = kept.length === 0 ? new Map() : await columnsOf(database, file);
  const columns = COLUMN_NAMES.map((name) => {
    if (name === 'bodies') return `'none' AS bodies`;
    return BODY_COLUMNS.has(name) ? `CAST(NULL AS ${COLUMNS[name].type}) AS ${named(name)}` : named(name);
  });
  columns.push(...kept.filter((name) => there.has(name)).map((name) => named(name)));
  return make(database, path, `SELECT ${columns.join(', ')} FROM ${asOne([file])}`, rows);
}

/** Column -> type as DuckDB reads it. */
export async function columnsOf(database: Database, file: string): Promise<ReadonlyMap<string, string>> {
  const rows = await database.rows(`DESCRIBE SELECT * FROM ${asOne([file])}`);
  return new Map(rows.map(({ column_name, column_type }) => [String(column_name), String(column_type)]));
}

function asOne(files: readonly string[]): string {
  return `read_parquet(${listed(files)}, union_by_name = true, hive_partitioning = false)`;
}

async function make(database: Database, path: string, select: string, rows: number): Promise<Made> {
  await database.run(
    `COPY (${select}) TO ${quoted(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${GROUP_ROWS}, ROW_GROUP_SIZE_BYTES '${GROUP_BYTES}')`,
  );
  const [counted] = await database.rows(`SELECT count(*) AS n FROM ${asOne([path])}`);
  if (Number(counted?.n) !== rows) throw new Error(`${path}: ${counted?.n} rows were written where ${rows} went in`);
  await syncPath(path);
  return { bytes: (await stat(path)).size };
}
