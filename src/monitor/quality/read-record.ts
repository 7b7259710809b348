// Opens the record of decisions and the log of outcomes for one look at the quality of models: DuckDB over the files as they are at
// this moment, what is not compacted yet included. Nothing is written but what spills into a folder of its own. Used by the
// process that the monitor starts (quality-process.ts) and by the command.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, named, openDatabase } from '../../capture/store/database.ts';
import { type Snapshot, takeSnapshot } from '../../capture/store/snapshot.ts';
import type { QualityPlan } from '../../config/plan.ts';
import { outcomeFiles } from '../../outcomes/outcome-log.ts';
import { outcomesSelect } from '../../outcomes/outcomes-view.ts';
import { assess } from '../../quality/assess.ts';
import type { QualityView } from '../../quality/quality-view.ts';

export interface RecordOptions {
  /** Absolute path of the data folder. */
  readonly data: string;
  readonly model: string;
  readonly plan: QualityPlan;
  /** Unix ms. */
  readonly now: number;
  readonly memoryBytes: number;
}

/** A merge may take away a file that is about to be read. */
const TRIES = 3;
const FILE_GONE = /No files found|Cannot open file|No such file/;

/** @throws where the record cannot be read */
export async function assessRecord(options: RecordOptions): Promise<QualityView> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-quality-'));
  try {
    for (let tried = 1; ; tried++) {
      try {
        return await look(options, join(folder, String(tried)));
      } catch (error) {
        if (tried === TRIES || !(error instanceof Error && FILE_GONE.test(error.message))) throw error;
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function look({ data, model, plan, now, memoryBytes }: RecordOptions, folder: string): Promise<QualityView> {
  const database = await openDatabase(null, { threads: 1, memoryBytes, spillFolder: join(folder, 'spill') });
  try {
    const snapshot = await takeSnapshot({ data, folder, model });
    const columns = await database.rows(`DESCRIBE ${snapshot.select}`);
    const names = columns.map(({ column_name }) => String(column_name));
    await createCalls(database, snapshot, names, plan);
    await database.run(`CREATE VIEW outcomes AS ${outcomesSelect(await outcomeFiles(data))}`);
    return await assess({ model, plan, queries: database, columns: names, now });
  } finally {
    database.close();
  }
}

/** Of a call, what quality asks for, besides its predictions. */
const COLUMNS = ['decision_id', 'version', 'role', 'unit', 'at', 'rows', 'status', 'model'];

/**
 * The view `calls`: the store's files as they lie, and a table of what is not compacted yet, taken in piece by piece - a day's lines at a
 * time, since each reader of lines has buffers of its own, and several questions follow.
 */
async function createCalls(
  database: Database,
  { select, stored, unstored }: Snapshot,
  columns: readonly string[],
  { score }: QualityPlan,
): Promise<void> {
  const wanted = [...COLUMNS, ...columns.filter((name) => name.toLowerCase() === `p_${score}`.toLowerCase())];
  await database.run(
    `CREATE TEMP TABLE waiting AS SELECT ${wanted.map(named).join(', ')} FROM (${select}) WHERE false`,
  );
  for (const part of unstored) {
    const there = new Set((await database.rows(`DESCRIBE ${part}`)).map(({ column_name }) => String(column_name)));
    const taken = wanted.filter((name) => there.has(name)).map(named);
    await database.run(`INSERT INTO waiting BY NAME SELECT ${taken.join(', ')} FROM (${part})`);
  }
  const kept = new Set((await database.rows(`DESCRIBE ${stored}`)).map(({ column_name }) => String(column_name)));
  const files = `SELECT ${wanted
    .filter((name) => kept.has(name))
    .map(named)
    .join(', ')} FROM (${stored})`;
  await database.run(`CREATE VIEW calls AS SELECT * FROM waiting UNION ALL BY NAME ${files}`);
}
