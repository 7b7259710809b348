// `headgate query "SQL"`: asks the record of decisions, and the outcomes, with DuckDB in this process. It needs no running gate, and
// does no harm to one: it reads the files of the store and what segments hold beyond them, takes one SELECT, and can open and write
// nothing else.

import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { type Database, listed, openDatabase } from '../capture/store/database.ts';
import { takeSnapshot, viewsOf } from '../capture/store/snapshot.ts';
import { outcomeFiles } from '../outcomes/outcome-log.ts';
import { outcomesSelect } from '../outcomes/outcomes-view.ts';
import { dataFolder } from './data-folder.ts';
import { EXIT } from './exit-codes.ts';
import type { QueryFormat } from './query-formats.ts';
import { createProgress, type Progress } from './query-progress.ts';
import { writeResult } from './query-result.ts';

export interface QueryOptions {
  readonly sql: string;
  /** The configuration that names the data folder, or the folder itself. */
  readonly config: string | null;
  readonly data: string | null;
  readonly model: string | null;
  readonly format: QueryFormat;
  /** null: the standard output. */
  readonly output: string | null;
  readonly memoryBytes: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/** A merge may take away a file that is about to be read. */
const TRIES = 3;

/** @returns the exit code */
export async function runQuery(options: QueryOptions): Promise<number> {
  const { stderr, format, output } = options;
  if (format === 'parquet' && output === null) {
    stderr.write('error: Parquet is written to a file: name one with -o FILE\n');
    return EXIT.usage;
  }
  const data = dataFolder(options);
  if (typeof data === 'number') return data;
  if (!(await stat(data).catch(() => undefined))?.isDirectory()) {
    stderr.write(
      `${data}: there is no such folder; name the one that "data" names with --data, or the configuration with -c\n`,
    );
    return EXIT.data;
  }
  const folder = await mkdtemp(join(tmpdir(), 'headgate-query-'));
  const leave = (): void => {
    void rm(folder, { recursive: true, force: true }).finally(() => process.kill(process.pid, 'SIGKILL'));
  };
  process.once('SIGINT', leave).once('SIGTERM', leave);
  const progress = createProgress(stderr);
  try {
    for (let tried = 1; ; tried++) {
      const outcome = await ask(options, data, join(folder, String(tried)), progress);
      if (outcome.ok) return EXIT.ok;
      if (tried < TRIES && outcome.isFileGone) continue;
      progress.clear();
      stderr.write(`${outcome.problem}\n`);
      return EXIT.data;
    }
  } finally {
    progress.clear();
    process.off('SIGINT', leave).off('SIGTERM', leave);
    await rm(folder, { recursive: true, force: true });
  }
}

type Asked = { readonly ok: true } | { readonly ok: false; readonly problem: string; readonly isFileGone: boolean };

async function ask(options: QueryOptions, data: string, folder: string, progress: Progress): Promise<Asked> {
  const { sql, model, memoryBytes, output } = options;
  const database = await openDatabase(null, { threads: THREADS, memoryBytes, spillFolder: join(folder, 'spill') });
  try {
    const reading = {
      data,
      folder,
      model,
      progress: (done: number, all: number) => progress.show('reading segments', done / all),
    };
    const snapshot = await takeSnapshot(reading);
    if (snapshot.damagedBytes > 0)
      options.stderr.write(`${snapshot.damagedBytes} bytes of segments are damaged and left out\n`);
    const outcomes = await outcomeFiles(data);
    const columns = await database.rows(`DESCRIBE ${snapshot.select}`);
    const types = new Map(columns.map(({ column_name, column_type }) => [String(column_name), String(column_type)]));
    for (const view of viewsOf(snapshot, types)) await database.run(view);
    await database.run(`CREATE VIEW outcomes AS ${outcomesSelect(outcomes)}`);
    // Counted for the bar, which is ours; DuckDB prints none.
    await database.run('SET enable_progress_bar = true');
    await database.run('SET enable_progress_bar_print = false');
    const target = output === null ? [] : [resolve(output)];
    await lockDown(database, [...snapshot.reads, ...outcomes, ...target]);
    const problem = await statementProblem(database, sql);
    if (problem !== null) return { ok: false, problem, isFileGone: false };
    progress.watch('running', () => database.connection.progress.percentage / 100);
    await writeResult(database, sql.trim().replace(/(?:\s*;)+$/, ''), options, progress);
    return { ok: true };
  } catch (error) {
    // A reader that has seen enough (| head) is no error.
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return { ok: true };
    const message = error instanceof Error ? error.message : String(error);
    const isFileGone = /No files found|Cannot open file|No such file/.test(message);
    return { ok: false, problem: await explained(database, sql, message), isFileGone };
  } finally {
    database.close();
  }
}

const THREADS = 2;

/** From here on nothing but these files can be opened, nothing can be loaded, and none of this can be taken back. */
export async function lockDown(database: Database, paths: readonly string[]): Promise<void> {
  await database.run(`SET allowed_paths = ${listed(paths)}`);
  await database.run('SET enable_external_access = false');
  await database.run('SET lock_configuration = true');
}

/** @returns what is wrong with it, in words; null: it is one SELECT, which can only read */
export async function statementProblem(database: Database, sql: string): Promise<string | null> {
  const plain = sql.replaceAll(COMMENT, ' ');
  if (/^[\s;]*$/.test(plain)) return 'There is no statement in it; ask one SELECT.';
  const statements = await database.statements(sql);
  if (statements.count !== 1) return `This is ${statements.count} statements; ask one SELECT at a time.`;
  const isSelect = await statements.isSelect().catch((error: unknown) => {
    // What writes is told so before anything else that is wrong with it.
    if (WRITES.test(plain) || (error instanceof Error && WRITTEN.test(error.message))) return false;
    throw error;
  });
  return isSelect ? null : NO_SELECT;
}

const NO_SELECT = 'This is no SELECT; a query can only read.';
const COMMENT = /--[^\n]*|\/\*[\s\S]*?\*\//g;
const WRITES = /^[\s;]*(?:delete|update|insert|merge|truncate|drop|alter|create|copy|attach)\b/i;
/** DuckDB's words for the same behind a WITH. */
const WRITTEN = /Can only (?:delete|update|merge|insert)/i;

/** DuckDB's words, with the position that it names, and what there is to choose from. */
async function explained(database: Database, sql: string, message: string): Promise<string> {
  const lines = [message.replace(/^Failed to extract statements: /, '').trim()];
  if (/^Parser Error/.test(lines[0] ?? '') && /(?<!["\w.'])at(?!["\w'])/i.test(sql))
    lines.push('', 'The column at is a word of SQL too: write "at", in double quotes.');
  if (/^Catalog Error: Table/.test(message))
    lines.push(
      '',
      'There are the views decisions, shadows, calls (both), decision_rows (one row per row of a request) and outcomes.',
    );
  if (/^Binder Error/.test(message)) {
    for (const view of ['decisions', 'outcomes']) {
      const columns = await database.rows(`DESCRIBE ${view}`).catch(() => []);
      const names = columns.map(({ column_name }) => String(column_name));
      if (names.length > 0)
        lines.push(
          '',
          `${view} has ${names.slice(0, NAMED_MAX).join(', ')}${names.length > NAMED_MAX ? `, and ${names.length - NAMED_MAX} more` : ''}.`,
        );
    }
  }
  return lines.join('\n');
}

const NAMED_MAX = 200;
