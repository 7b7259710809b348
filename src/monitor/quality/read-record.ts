// Opens the record of decisions and the log of outcomes for one look at the quality of models: DuckDB over the files as they are at
// this moment, what is not compacted yet included. Nothing is written but what spills into a folder of its own. Used by the
// process that the monitor starts (quality-process.ts) and by the command.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../capture/store/database.ts';
import { takeSnapshot, viewsOf } from '../../capture/store/snapshot.ts';
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
    const types = new Map(columns.map(({ column_name, column_type }) => [String(column_name), String(column_type)]));
    for (const view of viewsOf(snapshot, types)) await database.run(view);
    await database.run(`CREATE VIEW outcomes AS ${outcomesSelect(await outcomeFiles(data))}`);
    return await assess({ model, plan, queries: database, columns: [...types.keys()], now });
  } finally {
    database.close();
  }
}
