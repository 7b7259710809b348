// A data folder with captured decisions, and the store made of it, for the tests of the store.

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Decoded } from '../../src/capture/keep.ts';
import { putRow } from '../../src/capture/row.ts';
import { MAGIC } from '../../src/capture/segments/frame.ts';
import { type Compacted, type CompactOptions, compact } from '../../src/capture/store/compact.ts';
import { openDatabase, type Row } from '../../src/capture/store/database.ts';
import { storePaths } from '../../src/capture/store/layout.ts';
import type { ModelPlan } from '../../src/config/plan.ts';
import type { ExchangeRecord } from '../../src/model.ts';
import type { Column } from '../../src/protocols/protocol.ts';
import { openCapture, rowsUnder } from '../capture/open-capture.ts';
import { modelPlan } from '../capture/plans.ts';
import { exchange } from '../capture/records.ts';

export const DAY = 86_400_000;
/** 2026-03-02 12:00 UTC. */
export const NOON = Date.UTC(2026, 2, 2, 12);

export interface Call {
  readonly record?: Partial<ExchangeRecord>;
  readonly model?: ModelPlan;
  readonly features?: Readonly<Record<string, Column['values']>>;
  readonly predictions?: Readonly<Record<string, Column['values']>>;
}

/** Write calls as one closed segment of one process. @returns the data folder */
export async function capture(calls: readonly Call[], data?: string): Promise<string> {
  const opened = await openCapture(data === undefined ? {} : { data });
  calls.forEach(({ record = {}, model = modelPlan(), features, predictions }, i) => {
    const decoded: Decoded = { features: tableOf(features), predictions: tableOf(predictions) };
    const ids = { decisionId: `decision-${i}`, at: NOON + i };
    opened.capture.append(exchange({ ...ids, ...record }), { generation: 'g', model }, decoded);
  });
  await opened.capture.close();
  return opened.data;
}

function tableOf(cells: Call['features']): Decoded['features'] {
  if (cells === undefined) return null;
  const columns = Object.entries(cells).map(([name, values]) => ({ name, values }));
  return { rows: columns[0]?.values.length ?? 0, columns };
}

let runs = 0;

export async function compactNow(data: string, changes: Partial<CompactOptions> = {}): Promise<Compacted> {
  runs += 1;
  const done = await compact({
    data,
    unique: `test${runs}`,
    wall: () => NOON + DAY,
    memoryBytes: 256 * 1024 ** 2,
    retention: { bodiesMs: 90 * DAY, recordsMs: 450 * DAY, bytesMax: 1e12 },
    isHeld: async () => false,
    report: () => undefined,
    ...changes,
  });
  if (done === undefined) throw new Error('the lock is held');
  return done;
}

/** What any reader of the folder finds in it. */
export async function parquetRows(data: string, select = '*'): Promise<Row[]> {
  const database = await openDatabase(null, { threads: 1, memoryBytes: 256 * 1024 ** 2, spillFolder: null });
  const glob = join(storePaths(data).root, 'model=*/*/*.parquet');
  const rows = await database.rows(
    `SELECT ${select} FROM read_parquet('${glob}', union_by_name = true, hive_partitioning = true) ORDER BY replica, sequence`,
  );
  database.close();
  return rows;
}

export async function segmentsOf(data: string): Promise<string[]> {
  return (await readdir(join(data, 'captures'))).sort();
}

/** Paths of the Parquet files below the root of the store. */
export async function parquetFiles(data: string): Promise<string[]> {
  const names = await readdir(storePaths(data).root, { recursive: true });
  return names.filter((name) => name.endsWith('.parquet')).sort();
}

/** A segment whose row has these features, in these very digits. */
export async function withFeatures(data: string, serial: number, features: string): Promise<void> {
  const [row] = await rowsUnder(await capture([{}]));
  const { sequence: _, request: __, response: ___, ...columns } = row ?? {};
  const text = JSON.stringify({ ...columns, features: null }).replace('"features":null', `"features":${features}`);
  const kept = { bodies: 'none', withheld: [], features: null, predictions: null } as const;
  const bytes = Buffer.alloc(8192);
  MAGIC.copy(bytes);
  const rest = { requestHeaders: [], responseHeaders: [], request: [], response: [] };
  const end = putRow(bytes, MAGIC.length, serial, text, { ...kept, ...rest });
  await mkdir(join(data, 'captures'), { recursive: true });
  await writeFile(join(data, 'captures', `host-1-a.00000${serial}.capture`), bytes.subarray(0, end));
}
