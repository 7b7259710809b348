// One run of the compactor, as a story: it takes the lock, finishes what a crash left, turns closed segments into Parquet, merges
// small files, and lets go what is too old or too much. Each step is an operation of the manifest (commit.ts).

import { mkdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { RetentionPlan } from '../../config/plan.ts';
import { capturesFolder } from '../segments/folder.ts';
import { listSegments, type SegmentEntry } from '../segments/segment-name.ts';
import { commit, type IsHeld, recover, releaseSegments, stagedPath } from './commit.ts';
import { type Database, openDatabase } from './database.ts';
import { writeIndex } from './decision-index.ts';
import { planExpiry } from './expire.ts';
import { createModelTypes, type ModelTypes, type TypedColumn } from './feature-types.ts';
import { dateOf, partitionPath, type StorePaths, storePaths } from './layout.ts';
import { takeLock } from './lock.ts';
import { type ManifestLog, type Operation, openManifest, type StoredFile } from './manifest.ts';
import { alike, type Merge, planMerges } from './merge.ts';
import { columnsOf, type Made, makeFromFiles, makeFromLines, makeWithoutBodies } from './parquet.ts';
import { createStaging } from './stage.ts';
import { isLookDue, isTrusted } from './trusted-time.ts';

export interface CompactOptions {
  /** Absolute path of the data folder. */
  readonly data: string;
  /** Of this process: part of the names of its files. */
  readonly unique: string;
  readonly wall: () => number;
  readonly memoryBytes: number;
  readonly retention: RetentionPlan;
  readonly isHeld: IsHeld;
  /** Something a person should know, in words. */
  readonly report: (message: string) => void;
  /** Bytes of segments that one operation takes. */
  readonly operationBytes?: number;
}

export interface Compacted {
  readonly segments: number;
  readonly rows: number;
  /** Bytes of those segments, and of the files made of them. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly merged: number;
  readonly stripped: number;
  readonly removed: number;
}

const OPERATION_BYTES = 512 * 1024 ** 2;
/** A merge or an expiry takes so many files at most: more wait for the next operation. */
const OPERATION_FILES = 512;

/** @returns what was done; undefined where another process is at it */
export async function compact(options: CompactOptions): Promise<Compacted | undefined> {
  const paths = storePaths(options.data);
  await mkdir(paths.own, { recursive: true, mode: 0o750 });
  const lock = await takeLock(paths.lock, options.unique);
  if (lock === undefined) return undefined;
  try {
    const manifest = await openManifest(paths.manifest);
    await recover(paths, manifest);
    const database = await openDatabase(null, {
      threads: 1,
      memoryBytes: options.memoryBytes,
      spillFolder: join(paths.staging, 'spill'),
    });
    try {
      return await run({ ...options, paths, manifest, database, captures: capturesFolder(options.data) });
    } finally {
      database.close();
      await rm(join(paths.staging, 'spill'), { recursive: true, force: true });
    }
  } finally {
    lock.release();
  }
}

interface Run extends CompactOptions {
  readonly paths: StorePaths;
  readonly manifest: ManifestLog;
  readonly database: Database;
  readonly captures: string;
}

async function run(of: Run): Promise<Compacted> {
  const done = { segments: 0, rows: 0, bytesIn: 0, bytesOut: 0, merged: 0, stripped: 0, removed: 0 };
  const { steadySince: before } = of.manifest;
  await releaseSegments(of.captures, of.manifest, of.isHeld);
  for (let serial = 1; ; serial++) {
    const segments = await nextSegments(of);
    if (segments.length === 0) break;
    const operation = await compactSegments(of, segments, idOf(of, serial));
    done.segments += segments.length;
    done.bytesIn += segments.reduce((sum, { bytes }) => sum + bytes, 0);
    done.bytesOut += operation.add.reduce((sum, { bytes }) => sum + bytes, 0);
    done.rows += operation.add.reduce((sum, { rows }) => sum + rows, 0);
    await releaseSegments(of.captures, of.manifest, of.isHeld);
  }
  done.merged = await mergeFiles(of);
  const { last } = of.manifest;
  if (last !== null && isLookDue(last.at, atOf(of)))
    await operate(of, { op: 'look', id: `${idOf(of, 0)}-l`, segments: [], made: [], remove: [], types: {} });
  const mayAge = isTrusted(of.manifest.steadySince, of.wall());
  if (of.manifest.steadySince !== before) tellStep(of);
  const { stripped, removed } = await expireFiles(of, mayAge);
  const there = new Set((await listSegments(of.captures)).map(({ path }) => basename(path)));
  // A step of the clock is forgotten with the lines that show it: not while it counts.
  if (mayAge) await of.manifest.shorten((segment) => there.has(segment), atOf(of));
  return { ...done, stripped, removed };
}

async function nextSegments({ captures, manifest, operationBytes = OPERATION_BYTES }: Run): Promise<SegmentEntry[]> {
  const segments: SegmentEntry[] = [];
  let bytes = 0;
  for (const entry of await listSegments(captures).catch(() => [])) {
    if (entry.state !== 'capture' || manifest.segments.has(basename(entry.path))) continue;
    bytes += entry.bytes;
    if (bytes > operationBytes && segments.length > 0) break;
    segments.push(entry);
  }
  return segments;
}

async function compactSegments(of: Run, segments: readonly SegmentEntry[], id: string): Promise<Operation> {
  const { paths, manifest, database, report } = of;
  const folder = join(paths.staging, id);
  const types = new Map<string, ModelTypes>();
  const staging = createStaging(folder, (model) => {
    const known = types.get(model) ?? createModelTypes(manifest.types.get(model) ?? []);
    types.set(model, known);
    return known;
  });
  for (const { path } of segments) {
    const read = staging.add(path);
    if (read === undefined) report(`${path}: the segment was gone before it could be compacted`);
    else if (read.damagedBytes > 0)
      report(`${path}: ${read.damagedBytes} bytes are damaged; the ${read.rows} records around them are in the store`);
  }
  const made: NewFile[] = [];
  for (const staged of staging.finish()) {
    const path = partitionPath(staged.model, staged.date, `${id}-${made.length}.parquet`);
    const columns: readonly TypedColumn[] = types.get(staged.model)?.columns ?? [];
    const { bytes } = await makeFromLines(database, stagedPath(paths, id, path), staged, columns);
    const { model, date, rows, from, to } = staged;
    made.push({ path, model, date, rows, bytes, from, to, kept: 'all' });
    await rm(staged.path);
  }
  const changed = [...types].filter(([, { isChanged }]) => isChanged).map(([model, { columns }]) => [model, columns]);
  return operate(of, {
    op: 'compact',
    id,
    segments: segments.map(({ path }) => basename(path)),
    made,
    remove: [],
    types: Object.fromEntries(changed),
  });
}

type NewFile = Omit<StoredFile, 'index'>;

interface Planned extends Pick<Operation, 'op' | 'id' | 'segments' | 'remove' | 'types'> {
  readonly made: readonly NewFile[];
}

/** The files are made; index them and commit. */
async function operate(of: Run, { made, ...planned }: Planned): Promise<Operation> {
  const { paths, manifest, database } = of;
  const index = `${planned.id}.ids`;
  if (made.length > 0) {
    const files = made.map(({ path }) => ({ at: stagedPath(paths, planned.id, path), path }));
    await writeIndex(stagedPath(paths, planned.id, index), files, database);
  }
  const operation: Operation = { ...planned, at: atOf(of), add: made.map((file) => ({ ...file, index })) };
  await commit(paths, manifest, operation);
  return operation;
}

/** @returns how many files went into others */
async function mergeFiles(of: Run): Promise<number> {
  let [merged, serial] = [0, 0];
  for (const [, merges] of Map.groupBy(planMerges(of.manifest.files.values(), dateOf(of.wall())), ({ date }) => date)) {
    const planned: Merge[] = [];
    for (const merge of merges) planned.push(...(await split(of, merge)));
    for (let at = 0; at < planned.length; at += OPERATION_FILES) {
      serial += 1;
      const part = planned.slice(at, at + OPERATION_FILES);
      const id = `${idOf(of, serial)}-m`;
      const made: NewFile[] = [];
      for (const { model, date, files } of part) {
        const path = partitionPath(model, date, `${id}-${made.length}.parquet`);
        made.push(
          await remake(of, id, path, files, (target, from, rows) => makeFromFiles(of.database, target, from, rows)),
        );
      }
      const remove = part.flatMap(({ files }) => files.map(({ path }) => path));
      await operate(of, { op: 'merge', id, segments: [], made, remove, types: {} });
      merged += remove.length;
    }
  }
  return merged;
}

/** Only what has the same types becomes one file. */
async function split({ database, paths }: Run, { model, date, files }: Merge): Promise<Merge[]> {
  const columns = new Map<StoredFile, ReadonlyMap<string, string>>();
  for (const file of files) columns.set(file, await columnsOf(database, join(paths.root, file.path)));
  return alike(files, (file) => columns.get(file) ?? new Map())
    .filter((group) => group.length > 1)
    .map((group) => ({ model, date, files: group }));
}

function tellStep(of: Run): void {
  of.report(
    `${of.paths.root}: the clock says ${atOf(of)}, more than a month from what it said when the store was last looked at; nothing is let go for its age until it has gone on for a day: set the clock right if it is wrong`,
  );
}

/** @param mayAge false: only what is too much goes, the oldest first */
async function expireFiles(of: Run, mayAge: boolean): Promise<{ readonly stripped: number; readonly removed: number }> {
  const now = mayAge ? of.wall() : Number.NEGATIVE_INFINITY;
  const { strip, remove } = planExpiry(of.manifest.files.values(), of.retention, now);
  for (let at = 0; at < strip.length; at += OPERATION_FILES) {
    const part = strip.slice(at, at + OPERATION_FILES);
    const id = `${idOf(of, at)}-s`;
    const made: NewFile[] = [];
    for (const file of part) {
      const path = partitionPath(file.model, file.date, `${id}-${made.length}.parquet`);
      const without = await remake(of, id, path, [file], (target, [from = ''], rows) =>
        makeWithoutBodies(of.database, target, from, rows, scoresOf(of, file.model)),
      );
      made.push({ ...without, kept: 'records' });
    }
    await operate(of, { op: 'expire', id, segments: [], made, remove: part.map(({ path }) => path), types: {} });
  }
  if (remove.length > 0) {
    const id = `${idOf(of, 0)}-r`;
    await operate(of, { op: 'expire', id, segments: [], made: [], remove: remove.map(({ path }) => path), types: {} });
  }
  if (strip.length > 0)
    of.report(`${of.paths.root}: bodies and features of ${spanOf(strip)} are no longer kept (captures.retain)`);
  if (remove.length > 0)
    of.report(`${of.paths.root}: records of ${spanOf(remove)} are no longer kept (captures.retain)`);
  return { stripped: strip.length, removed: remove.length };
}

/** Columns of predictions that labels are still to come for. */
function scoresOf({ retention, manifest }: Run, model: string): readonly string[] {
  const score = retention.scores?.[model];
  const types = manifest.types.get(model) ?? [];
  return types.filter(({ side, name }) => side === 'predictions' && name === score).map(({ column }) => column);
}

function spanOf(files: readonly StoredFile[]): string {
  const dates = files.map(({ date }) => date).sort();
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  return `${rows} decisions from ${dates[0]} to ${dates.at(-1)}`;
}

/** One new file of one model and day in the place of others. */
async function remake(
  { paths }: Run,
  id: string,
  path: string,
  files: readonly StoredFile[],
  make: (target: string, from: readonly string[], rows: number) => Promise<Made>,
): Promise<NewFile> {
  mkdirSync(join(paths.staging, id), { recursive: true });
  const [{ model = '', date = '', kept = 'all' } = {}] = files;
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const from = files.map((file) => join(paths.root, file.path));
  const { bytes } = await make(stagedPath(paths, id, path), from, rows);
  const [first, last] = [Math.min(...files.map((file) => file.from)), Math.max(...files.map((file) => file.to))];
  return { path, model, date, rows, bytes, from: first, to: last, kept };
}

function idOf({ wall, unique }: CompactOptions, serial: number): string {
  return `${Math.floor(wall()).toString(36)}-${unique}-${serial}`;
}

function atOf({ wall }: CompactOptions): string {
  return new Date(wall()).toISOString();
}
