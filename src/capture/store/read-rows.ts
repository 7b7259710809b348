// Rows of Parquet files by their numbers, as the rows that were captured. DuckDB skips every group of rows but the one wanted.

import { parseJson } from '../../kernel/json.ts';
import type { CaptureRow, Cells } from '../row.ts';
import { type Database, quoted, type Row } from './database.ts';
import type { Side, TypedColumn } from './feature-types.ts';

/** Where rows of one decision lie. */
export interface WantedRows {
  /** Absolute. */
  readonly path: string;
  readonly model: string;
  readonly rows: readonly number[];
  /** Of the model. */
  readonly types: readonly TypedColumn[];
}

export async function readRows(
  database: Database,
  decisionId: string,
  wanted: readonly WantedRows[],
): Promise<CaptureRow[]> {
  const found: CaptureRow[] = [];
  for (const { path, model, rows, types } of wanted) {
    const from = `read_parquet(${quoted(path)}, file_row_number = true, hive_partitioning = false)`;
    const where = `file_row_number IN (${rows.map(Number).join(', ')}) AND decision_id = ${quoted(decisionId)}`;
    const read = await database.rows(`SELECT * FROM ${from} WHERE ${where} ORDER BY file_row_number`);
    found.push(...read.map((row) => captured(row, model, types)));
  }
  return found;
}

function captured(row: Row, model: string, types: readonly TypedColumn[]): CaptureRow {
  const plain = Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) => (isOwn(name) ? [[name, plainOf(value)]] : [])),
  );
  return {
    ...(plain as unknown as CaptureRow),
    model,
    features: cellsOf('features', row, types),
    predictions: cellsOf('predictions', row, types),
  };
}

function isOwn(name: string): boolean {
  return name !== 'file_row_number' && !name.startsWith('f_') && !name.startsWith('p_');
}

/** Typed columns and the JSON of the rest, under the names that the protocol gave. */
function cellsOf(side: Side, row: Row, types: readonly TypedColumn[]): Cells | null {
  const own = types.filter((column) => column.side === side && row[column.column] != null);
  const rest = row[side];
  if (own.length === 0 && typeof rest !== 'string') return null;
  const typed = own.map(({ name, column }) => [name, plainOf(row[column])]);
  const untyped = typeof rest === 'string' ? Object.entries(parseJson(rest) as Cells) : [];
  return Object.fromEntries([...typed, ...untyped]) as Cells;
}

/** DuckDB's values as a captured row has them. Integers that no double holds stay text in the very digits. */
function plainOf(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value !== 'object' || value === null) return value;
  if ('items' in value && Array.isArray(value.items)) return value.items.map(plainOf);
  if ('bytes' in value) return value.bytes;
  if ('micros' in value) return Number(value.micros) / 1000;
  return value;
}
