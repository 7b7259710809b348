// What the store costs: `node benchmarks/store.ts [--rows N] [--body BYTES] [--keep]`. Segments of made-up decisions are written
// and compacted in turn by the process that the gate starts, so that the disk never holds them all; then decisions are looked up by
// id. Told at the end: time and CPU per record, the process's peak of memory, bytes against the same records as JSON, lookups.

import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { putRow, rowBytesAtMost } from '../src/capture/row.ts';
import { MAGIC } from '../src/capture/segments/frame.ts';
import { COLUMN_NAMES, COLUMNS } from '../src/capture/store/columns.ts';
import type { Compacted } from '../src/capture/store/compact.ts';
import { openDatabase } from '../src/capture/store/database.ts';
import { writeIndex } from '../src/capture/store/decision-index.ts';
import { dateOf, partitionPath, storePaths } from '../src/capture/store/layout.ts';
import { openManifest } from '../src/capture/store/manifest.ts';
import type { CompactJob, FromStoreProcess } from '../src/capture/store/messages.ts';
import { startStoreProcess } from '../src/capture/store/start-process.ts';
import { createStore } from '../src/capture/store/store.ts';
import { systemClock } from '../src/kernel/clock.ts';
import { createSeededRandom } from '../src/kernel/random.ts';

const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
};
const rows = option('rows', 1_000_000);
const bodyBytes = option('body', 1024);
const memoryBytes = option('memory', 512) * 1024 ** 2;

const SEGMENT_BYTES = 64 * 1024 ** 2;
/** Segments that are written before they are compacted. */
const SEGMENTS_MAX = 8;
const LOOKUPS = 200;
const START = Date.UTC(2026, 2, 1);
const FEATURES = 20;
const MODELS = 4;
const DAYS = 10;

const random = createSeededRandom(1);
const data = mkdtempSync(join(tmpdir(), 'headgate-store-'));
mkdirSync(join(data, 'captures'));

interface Sum {
  elapsedMs: number;
  cpuMs: number;
  peakBytes: number;
  bytesIn: number;
  jsonBytes: number;
}
const sum: Sum = { elapsedMs: 0, cpuMs: 0, peakBytes: 0, bytesIn: 0, jsonBytes: 0 };

const idOf = (row: number): string => `0190${String(row).padStart(28, '0')}`;

/** As capture writes them: columns as JSON, bodies as they came. */
function columnsAndBody(row: number): { readonly columns: string; readonly body: Buffer } {
  const features: Record<string, (number | string)[]> = {};
  for (let i = 0; i < FEATURES; i++)
    features[`x${i}`] = [i < 5 ? Math.floor(random() * 100) : Math.floor(random() * 1e6) / 100];
  features.country = [['US', 'DE', 'FR'][row % 3] ?? ''];
  const inputs = Object.entries(features).map(([name, value]) => ({ name, shape: [1], datatype: 'FP64', data: value }));
  const body = JSON.stringify({ inputs }).padEnd(bodyBytes).slice(0, bodyBytes);
  const trace = Math.floor(random() * 2 ** 48)
    .toString(16)
    .padStart(32, '0');
  const columns = `{"decision_id":"${idOf(row)}","replica":"bench-1-a","generation":"0123456789abcdef","at":${START + (row / rows) * DAYS * 86_400_000},"model":"model-${row % MODELS}","version":"champion","assigned":"champion","role":"champion","unit":"acct-${Math.floor(random() * 1e5)}","slot":${Math.floor(random() * 1e4)},"epoch":1,"propensity":0.9,"reason":"split","rule":null,"client":"10.0.0.1","method":"POST","path":"/v2/models/model/infer","status":200,"error":null,"error_source":null,"latency_ms":${random() * 10},"upstream_ms":${random() * 9},"attempts":1,"rows":1,"request_bytes":${body.length},"response_bytes":80,"truncated":false,"features":${JSON.stringify(features)},"predictions":{"score":[${random()}]},"sample_rate":1,"trace_id":"${trace}","request_headers":["content-type","application/json"],"response_headers":["content-type","application/json"],"bodies":"full","withheld":[]}`;
  return { columns, body: Buffer.from(body) };
}

function writeSegments(from: number): number {
  let row = from;
  for (let segment = 0; segment < SEGMENTS_MAX && row < rows; segment++) {
    const bytes = Buffer.allocUnsafe(SEGMENT_BYTES + 1024 ** 2);
    MAGIC.copy(bytes);
    let used = MAGIC.length;
    for (; used < SEGMENT_BYTES && row < rows; row++) {
      const { columns, body } = columnsAndBody(row);
      const response = Buffer.from(`{"outputs":[{"name":"score","datatype":"FP64","shape":[1],"data":[0.123456]}]}`);
      const kept = { request: [body], response: [response] };
      const none = {
        bodies: 'full',
        withheld: [],
        features: null,
        predictions: null,
        requestHeaders: [],
        responseHeaders: [],
      } as const;
      if (rowBytesAtMost(columns, { ...none, ...kept }) > bytes.length - used) break;
      used = putRow(bytes, used, row + 1, columns, { ...none, ...kept });
      sum.jsonBytes += columns.length + body.length + response.length + 30;
    }
    writeFileSync(
      join(data, 'captures', `bench-1-a.${String(from + segment + 1).padStart(9, '0')}.capture`),
      bytes.subarray(0, used),
    );
    sum.bytesIn += used;
  }
  return row;
}

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

async function lookUp(): Promise<{
  readonly firstMs: number;
  readonly sorted: readonly number[];
  readonly missMs: number;
}> {
  const plan = { everyMs: null, memoryBytes, retention: { bodiesMs: 1e15, recordsMs: 1e15, bytesMax: 1e15 } };
  const store = createStore({
    data,
    plan,
    clock: systemClock,
    env: process.env,
    roll: async () => undefined,
    report: () => undefined,
  });
  const times: number[] = [];
  for (let i = 0; i <= LOOKUPS; i++) {
    const id = idOf(Math.floor(random() * rows));
    const began = performance.now();
    const found = await store.find(id);
    times.push(performance.now() - began);
    if (found[0]?.decision_id !== id) throw new Error(`${id} was not found`);
  }
  const began = performance.now();
  await store.find('nobody');
  const missMs = performance.now() - began;
  await store.stop();
  const [firstMs = 0, ...others] = times;
  return { firstMs, sorted: others.sort((a, b) => a - b), missMs };
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
    const [model, date] = [`model-${part % MODELS}`, dateOf(START + Math.floor(part / MODELS) * 86_400_000)];
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
  let written = process.argv.includes('--lookups') ? rows : 0;
  if (written === rows) await makeBySql();
  let stored = written;
  while (written < rows) {
    written = writeSegments(written);
    const done = await compactOnce();
    stored += done?.rows ?? 0;
    process.stderr.write(`${written} of ${rows}, merged ${done?.merged ?? 0} files\n`);
  }
  const manifest = await openManifest(storePaths(data).manifest);
  const files = [...manifest.files.values()];
  const bytes = files.reduce((all, file) => all + file.bytes, 0);
  if (stored !== rows || files.reduce((all, file) => all + file.rows, 0) !== rows)
    throw new Error(`${stored} rows are in the store, not ${rows}`);
  const { firstMs, sorted, missMs } = await lookUp();
  const at = (part: number): string => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(1);
  const mb = (count: number): string => `${Math.round(count / 1e6)} MB`;
  process.stdout.write(
    [
      `records       ${rows} with bodies of ${bodyBytes} bytes, ${FEATURES + 1} features, ${MODELS} models, ${DAYS} days`,
      `compaction    ${(sum.elapsedMs / 1000).toFixed(1)} s, ${((sum.elapsedMs * 1000) / rows).toFixed(1)} us and ${((sum.cpuMs * 1000) / rows).toFixed(1)} us of CPU a record, merges included`,
      `memory        ${mb(sum.peakBytes)} at most (DuckDB may take ${mb(memoryBytes)})`,
      `size          ${mb(bytes)} in ${files.length} files; as JSON ${mb(sum.jsonBytes)}: ${((100 * bytes) / sum.jsonBytes).toFixed(1)} %`,
      `lookup        p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, the first ${firstMs.toFixed(0)} ms, one that is not there ${missMs.toFixed(1)} ms`,
      '',
    ].join('\n'),
  );
} finally {
  if (!process.argv.includes('--keep')) rmSync(data, { recursive: true, force: true });
}
