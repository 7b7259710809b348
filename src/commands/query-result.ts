// A query's rows as a person or a program wants them: a table for the eye, JSON and CSV row by row as they come, Parquet by
// DuckDB itself. Numbers keep their digits, bytes that are text are shown as text, and times are ISO 8601 in UTC.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { type Database, quoted } from '../capture/store/database.ts';
import type { QueryFormat } from './query-formats.ts';
import type { Progress } from './query-progress.ts';

export interface ResultOptions {
  readonly format: QueryFormat;
  readonly output: string | null;
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
}

/** Rows of a table; more are for csv or json. */
const TABLE_ROWS_MAX = 1000;
const CELL_MAX = 60;

/** @param sql one SELECT */
export async function writeResult(
  database: Database,
  sql: string,
  options: ResultOptions,
  progress: Progress,
): Promise<void> {
  const { format, output, stdout } = options;
  if (format === 'parquet') {
    const path = resolve(output ?? '');
    await database.run(`COPY (\n${sql}\n) TO ${quoted(path)} (FORMAT parquet, COMPRESSION zstd)`);
    return;
  }
  const result = await database.connection.stream(sql);
  const names = result.deduplicatedColumnNames();
  const target = output === null ? stdout : createWriteStream(output, { mode: 0o640 });
  const failed =
    output === null
      ? null
      : once(target, 'error').then(([error]) => {
          throw error;
        });
  const write = async (text: string): Promise<void> => {
    progress.clear();
    if (target.write(text)) return;
    const drained = once(target, 'drain');
    await (failed === null ? drained : Promise.race([drained, failed]));
  };
  async function* rows(): AsyncGenerator<readonly unknown[]> {
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk())
      yield* chunk.getRows();
  }
  try {
    if (format === 'table')
      await writeTable(names, rows(), write, stdout.isTTY === true && output === null ? (stdout.columns ?? 80) : null);
    else if (format === 'csv') await writeCsv(names, rows(), write);
    else await writeJson(names, rows(), write);
    if (output !== null) {
      target.end();
      await Promise.race([once(target, 'finish'), failed]);
    }
  } catch (error) {
    if (output !== null) {
      target.destroy();
      await rm(output, { force: true });
    }
    throw error;
  }
}

type Rows = AsyncIterable<readonly unknown[]>;
type Write = (text: string) => Promise<void>;

/** One object a line. */
async function writeJson(names: readonly string[], rows: Rows, write: Write): Promise<void> {
  for await (const row of rows)
    await write(`${JSON.stringify(Object.fromEntries(names.map((name, i) => [name, jsonOf(row[i])])))}\n`);
}

/** RFC 4180, with an empty cell for NULL and "" for an empty text. */
async function writeCsv(names: readonly string[], rows: Rows, write: Write): Promise<void> {
  const cell = (text: string | null): string =>
    text === null ? '' : text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  await write(`${names.map(cell).join(',')}\n`);
  for await (const row of rows) await write(`${row.map((value) => cell(textOf(value))).join(',')}\n`);
}

/** @param width of the terminal; null: as wide as it is */
async function writeTable(names: readonly string[], rows: Rows, write: Write, width: number | null): Promise<void> {
  const shown: string[][] = [];
  const right = names.map(() => true);
  let isMore = false;
  for await (const row of rows) {
    if (shown.length === TABLE_ROWS_MAX) {
      isMore = true;
      break;
    }
    row.forEach((value, i) => {
      if (value !== null && !isNumber(value)) right[i] = false;
    });
    shown.push(row.map((value) => oneLine(textOf(value) ?? 'NULL')));
  }
  const widths = names.map((name, i) => Math.max(oneLine(name).length, ...shown.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string => {
    const text = cells
      .map((cell, i) =>
        right[i] === true && shown.length > 0 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd();
    return `${width !== null && text.length > width ? `${text.slice(0, width - 1)}…` : text}\n`;
  };
  await write(line(names.map(oneLine)));
  await write(line(widths.map((one) => '-'.repeat(one))));
  for (const row of shown) await write(line(row));
  const count = shown.length === 1 ? '1 row' : `${shown.length} rows`;
  await write(isMore ? `\nthe first ${count}; --format csv or json gives all of them\n` : `\n${count}\n`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a table shows none
const CONTROL = /[\x00-\x1f\x7f-\x9f]/g;

function isNumber(value: unknown): boolean {
  return (
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    (typeof value === 'object' && value !== null && 'scale' in value)
  );
}

function oneLine(text: string): string {
  const plain = text.slice(0, CELL_MAX + 1).replace(CONTROL, ' ');
  return plain.length > CELL_MAX ? `${plain.slice(0, CELL_MAX - 1)}…` : plain;
}

function textOf(value: unknown): string | null {
  const json = jsonOf(value);
  if (json === null || typeof json === 'string') return json;
  return JSON.stringify(json);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** DuckDB's values as JSON has them; a number without a word in JSON is a text. */
function jsonOf(value: unknown): unknown {
  if (typeof value === 'bigint')
    return Number.isSafeInteger(Number(value)) ? Number(value) : JSON.rawJSON(String(value));
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' || value === null) return value ?? null;
  if ('items' in value && Array.isArray(value.items)) return value.items.map(jsonOf);
  if ('entries' in value && Array.isArray(value.entries))
    return value.entries.map((entry) =>
      Object.fromEntries(Object.entries(entry as object).map(([name, one]) => [name, jsonOf(one)])),
    );
  if ('entries' in value && typeof value.entries === 'object' && value.entries !== null)
    return Object.fromEntries(Object.entries(value.entries).map(([name, one]) => [name, jsonOf(one)]));
  if ('bytes' in value && value.bytes instanceof Uint8Array) return bytesOf(value.bytes);
  if ('scale' in value && 'value' in value) return JSON.rawJSON(String(value));
  if ('micros' in value && typeof value.micros === 'bigint') return isoOf(value.micros) ?? String(value);
  return String(value);
}

function bytesOf(bytes: Uint8Array): unknown {
  try {
    return utf8.decode(bytes);
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') };
  }
}

/** With microseconds where there are any. */
function isoOf(micros: bigint): string | null {
  const time = new Date(Number(micros / 1000n));
  if (Number.isNaN(time.getTime())) return null;
  const rest = Number(((micros % 1000n) + 1000n) % 1000n);
  return rest === 0 ? time.toISOString() : time.toISOString().replace('Z', `${String(rest).padStart(3, '0')}Z`);
}
