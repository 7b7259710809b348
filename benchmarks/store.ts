// What the store costs: `node benchmarks/store.ts [--rows N] [--body BYTES] [--lookups] [--keep | --in FOLDER]`. Segments of made-up decisions are written
// and compacted in turn by the process that the gate starts, so that the disk never holds them all; then decisions are looked up by
// id. Told at the end: time and CPU per record, the process's peak of memory, bytes against the same records as JSON, lookups.

import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { COLUMN_NAMES, COLUMNS } from '../src/capture/store/columns.ts';
import type { Compacted } from '../src/capture/store/compact.ts';
import { openDatabase } from '../src/capture/store/database.ts';
import { writeIndex } from '../src/capture/store/decision-index.ts';
import { dateOf, partitionPath, storePaths } from '../src/capture/store/layout.ts';
import { openManifest } from '../src/capture/store/manifest.ts';
import type { CompactJob, FromStoreProcess } from '../src/capture/store/messages.ts';
import { startStoreProcess } from '../src/capture/store/start-process.ts';
import { createStore, type Store } from '../src/capture/store/store.ts';
import { systemClock } from '../src/kernel/clock.ts';
import { createMadeSegments, DAY_MS, DAYS, FEATURES, idOf, MODELS, START } from './made-segments.ts';

const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
};
const rows = option('rows', 1_000_000);
const bodyBytes = option('body', 1024);
const memoryBytes = option('memory', 512) * 1024 ** 2;

/** Segments that are written before they are compacted. */
const SEGMENTS_MAX = 8;
const LOOKUPS = 200;
/** First questions to a process that nobody has asked before. */
const FIRSTS = 5;

const segments = createMadeSegments(rows, bodyBytes);
const { random } = segments;
/** A store that an earlier run has kept: only lookups. */
const keptAt = process.argv.indexOf('--in');
const kept = keptAt === -1 ? null : (process.argv[keptAt + 1] ?? '');
const data = kept ?? mkdtempSync(join(tmpdir(), 'headgate-store-'));
mkdirSync(join(data, 'captures'), { recursive: true });

interface Sum {
  elapsedMs: number;
  cpuMs: number;
  peakBytes: number;
}
const sum: Sum = { elapsedMs: 0, cpuMs: 0, peakBytes: 0 };

async function compactOnce(): Promise<Compacted | undefined> {
  const began = performance.now();
  const child = startStoreProcess(process.env);
  const retention = { bodiesMs: 1e15, recordsMs: 1e15, bytesMax: 1e15 };
  const job: CompactJob = { kind: 'compact', data, memoryBytes, retention, operationBytes: null };
  let outcome: FromStoreProcess | undefined;
  child.on('message', (message: FromStoreProcess) => {
    outcome = message;
    if (message.kind === 'report') process.stderr.write(`${message.message}\n`);
  });
  const watch = setInterval(() => watchProcess(child.pid ?? 0), 50);
  let cpuMs = 0;
  function watchProcess(pid: number): void {
    const status = readOf(`/proc/${pid}/status`);
    const peak = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
    sum.peakBytes = Math.max(sum.peakBytes, peak);
    const fields = readOf(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
    cpuMs = Math.max(cpuMs, (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10);
  }
  child.send(job);
  await once(child, 'exit');
  clearInterval(watch);
  sum.elapsedMs += performance.now() - began;
  sum.cpuMs += cpuMs;
  if (outcome?.kind === 'failed') throw new Error(outcome.problem);
  return outcome?.kind === 'compacted' ? outcome.done : undefined;
}

function readOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

interface LookedUp {
  /** Before the process that reads is there, and once the gate has had time to start it. */
  readonly coldMs: number;
  readonly firstMs: readonly number[];
  readonly sorted: readonly number[];
  readonly missMs: number;
  /** Of the process that reads, its own pages: before any question, and after all. */
  readonly idleBytes: number;
  readonly usedBytes: number;
}

async function lookUp(): Promise<LookedUp> {
  const cold = storeAfter(0);
  const coldMs = await timed(cold);
  await cold.stop();
  const firstMs: number[] = [];
  for (let i = 0; i < FIRSTS; i++) {
    const store = await warmStore();
    firstMs.push(await timed(store));
    await store.stop();
  }
  const store = await warmStore();
  const idleBytes = readerBytes();
  const times: number[] = [];
  for (let i = 0; i < LOOKUPS; i++) times.push(await timed(store));
  const began = performance.now();
  await store.find('nobody');
  const missMs = performance.now() - began;
  const usedBytes = readerBytes();
  await store.stop();
  const sorted = times.sort((a, b) => a - b);
  return { coldMs, firstMs: firstMs.sort((a, b) => a - b), sorted, missMs, idleBytes, usedBytes };
}

async function timed(store: Store): Promise<number> {
  const id = idOf(Math.floor(random() * rows));
  const began = performance.now();
  const found = await store.find(id);
  const elapsedMs = performance.now() - began;
  if (found[0]?.decision_id !== id) throw new Error(`${id} was not found`);
  return elapsedMs;
}

/** @param aheadMs as if the gate had run for so long */
function storeAfter(aheadMs: number): Store {
  const began = performance.now();
  return createStore({
    data,
    plan: { everyMs: null, memoryBytes, retention: { bodiesMs: 1e15, recordsMs: 1e15, bytesMax: 1e15 } },
    clock: { ...systemClock, now: () => performance.now() + (performance.now() > began + 1 ? aheadMs : 0) },
    env: process.env,
    roll: async () => undefined,
    report: () => undefined,
  });
}

async function warmStore(): Promise<Store> {
  const store = storeAfter(60_000);
  await setTimeout(10);
  store.tick();
  // Long enough for the process to start and to read its first row.
  await setTimeout(3000);
  return store;
}

/** Anonymous memory of the process that reads: what is mapped from files, the machine can take back. */
function readerBytes(): number {
  const children = readOf(`/proc/self/task/${process.pid}/children`).trim().split(' ');
  const status = children.map((pid) => readOf(`/proc/${pid}/status`)).find((text) => text !== '') ?? '';
  return Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

/** The same store, without the way through segments: for lookups among very many. */
async function makeBySql(): Promise<void> {
  const paths = storePaths(data);
  mkdirSync(paths.staging, { recursive: true });
  mkdirSync(paths.indexes, { recursive: true });
  const database = await openDatabase(null, {
    threads: 2,
    memoryBytes: 2 * 1024 ** 3,
    spillFolder: join(data, 'spill'),
  });
  const partitions = MODELS * DAYS;
  const each = Math.ceil(rows / partitions);
  for (let part = 0; part < partitions; part++) {
    const [first, end] = [part * each, Math.min(rows, (part + 1) * each)];
    const [model, date] = [`model-${part % MODELS}`, dateOf(START + Math.floor(part / MODELS) * DAY_MS)];
    const file = partitionPath(model, date, `made-${part}.parquet`);
    const target = join(paths.root, file);
    mkdirSync(dirname(target), { recursive: true });
    const features = Array.from({ length: FEATURES }, (_, i) => `[random() * 100]::DOUBLE[] AS f_x${i}`).join(', ');
    const made = `'0190' || lpad(CAST(i AS VARCHAR), 28, '0') AS decision_id, i + 1 AS sequence, 'bench-1-a' AS replica, TIMESTAMPTZ '2026-03-01 00:00:00+00' AS "at", 'acct-' || (i % 100000) AS unit, 'champion' AS role, random() * 10 AS latency_ms, encode(rpad(CAST(random() AS VARCHAR), ${bodyBytes}, md5(CAST(i AS VARCHAR)))) AS request`;
    await database.run(
      `COPY (SELECT ${COLUMN_NAMES.filter((name) => !made.includes(` AS ${name}`) && name !== 'at')
        .map((name) => `CAST(NULL AS ${COLUMNS[name].type}) AS "${name}"`)
        .join(
          ', ',
        )}, ${made}, ${features} FROM range(${first}, ${end}) t(i)) TO '${target}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 16384)`,
    );
    const index = `made-${part}.ids`;
    await writeIndex(join(paths.indexes, index), [{ at: target, path: file }], database);
    const manifest = await openManifest(paths.manifest);
    const added = {
      path: file,
      model,
      date,
      rows: end - first,
      bytes: statSync(target).size,
      from: START,
      to: START,
      kept: 'all' as const,
      index,
    };
    await manifest.commit({
      op: 'compact',
      id: `made-${part}`,
      at: '',
      segments: [],
      add: [added],
      remove: [],
      types: {},
    });
  }
  database.close();
}

try {
  let written = process.argv.includes('--lookups') || kept !== null ? rows : 0;
  if (written === rows && kept === null) await makeBySql();
  let stored = written;
  while (written < rows) {
    written = segments.write(join(data, 'captures'), written, SEGMENTS_MAX);
    const done = await compactOnce();
    stored += done?.rows ?? 0;
    process.stderr.write(`${written} of ${rows}, merged ${done?.merged ?? 0} files\n`);
  }
  const manifest = await openManifest(storePaths(data).manifest);
  const files = [...manifest.files.values()];
  const bytes = files.reduce((all, file) => all + file.bytes, 0);
  if (stored !== rows || files.reduce((all, file) => all + file.rows, 0) !== rows)
    throw new Error(`${stored} rows are in the store, not ${rows}`);
  const { coldMs, firstMs, sorted, missMs, idleBytes, usedBytes } = await lookUp();
  const at = (part: number): string => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(1);
  const mb = (count: number): string => `${Math.round(count / 1e6)} MB`;
  process.stdout.write(
    [
      `records       ${rows} with bodies of ${bodyBytes} bytes, ${FEATURES + 1} features, ${MODELS} models, ${DAYS} days`,
      `compaction    ${(sum.elapsedMs / 1000).toFixed(1)} s, ${((sum.elapsedMs * 1000) / rows).toFixed(1)} us and ${((sum.cpuMs * 1000) / rows).toFixed(1)} us of CPU a record, merges included`,
      `memory        ${mb(sum.peakBytes)} at most (DuckDB may take ${mb(memoryBytes)})`,
      `size          ${mb(bytes)} in ${files.length} files; as JSON ${mb(segments.jsonBytes)}: ${((100 * bytes) / segments.jsonBytes).toFixed(1)} %`,
      `lookup        p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, one that is not there ${missMs.toFixed(1)} ms`,
      `the first     ${firstMs.map((ms) => ms.toFixed(0)).join(', ')} ms; ${coldMs.toFixed(0)} ms before the process that reads is there`,
      `its memory    ${mb(idleBytes)} of its own before it is asked, ${mb(usedBytes)} after ${LOOKUPS} questions`,
      '',
    ].join('\n'),
  );
} finally {
  if (process.argv.includes('--keep')) process.stderr.write(`kept: ${data}\n`);
  else if (kept === null) rmSync(data, { recursive: true, force: true });
}
