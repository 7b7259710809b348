// A gate with Kafka, S3 and CloudEvents sinks open, and kill -9 of each side in turn while records flow: of the gate, of the
// broker, of the object store. Nothing is lost, a model keeps its order, a sink goes on where it stopped; one that is down
// takes no memory, is loud in the metrics, and holds up no other.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CaptureRow } from '../../src/capture/row.ts';
import { readCursors } from '../../src/capture/sinks/cursor.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { startEventsConsumer, type ToldSide } from '../capture/sinks/other-sides.ts';
import { type Ask, createCaller } from '../serve/caller.ts';
import { captured } from '../serve/captured.ts';
import { type Numbers, scrape, settled } from '../serve/scrape.ts';
import {
  inferenceUpstream,
  type ReadyGate,
  startServe,
  temporaryFolder,
  type Upstream,
  waitFor,
} from '../serve/served-gate.ts';
import { type Broker, createBroker } from './kafka-broker.ts';
import { createMinio, type Minio } from './minio.ts';

const MODELS = ['churn', 'fraud'];
const ROUNDS = 3;
/** Disks that others keep busy have taken a second for each object and its cursor. */
const DEADLINE_MS = 240_000;
const LOOK_MS = 150;
const OUTAGE_ASKS = 1000;
/** So many wait on disk before the memory is looked at: their bodies alone are more than it may have grown by. */
const WAITING_MIN = 900;
/** 9 MiB: less than what capture holds on the way to disk. */
const LOT = 50;
const BODY_BYTES = 192 * 1024;
/**
 * Bodies that were waiting in memory would take more than the bodies themselves (188 MiB), beside what garbage V8 is in no hurry
 * to collect (up to 100 MiB on a machine that is busy).
 */
const GROWTH_MAX_BYTES = 0.8 * OUTAGE_ASKS * BODY_BYTES;

const folder = temporaryFolder();
let broker: Broker;
let minio: Minio;
let upstream: Upstream;
let events: ToldSide;

beforeAll(async () => {
  [broker, minio, upstream, events] = await Promise.all([
    createBroker(process.env.HEADGATE_REAL_KAFKA ?? '', join(folder, 'kafka')),
    createMinio(process.env.HEADGATE_REAL_MINIO ?? '', join(folder, 'minio')),
    inferenceUpstream(),
    startEventsConsumer('batched'),
  ]);
  await Promise.all([broker.start(), minio.start()]);
});
/** Also where a test fails half way. */
const gates: ReadyGate[] = [];
async function start(yaml: string): Promise<ReadyGate> {
  const gate = await startServe(yaml, { folder });
  gates.push(gate);
  return gate;
}
afterAll(async () => {
  for (const gate of gates) gate.process.kill('SIGKILL');
  await Promise.all([broker?.kill(), minio?.kill(), upstream?.close(), events?.leave()]);
  rmSync(folder, { recursive: true, force: true });
});

async function yamlOf(name: string, more = ''): Promise<string> {
  await broker.createTopic(name, 3);
  minio.createBucket(name);
  const { accessKeyId, secretAccessKey } = minio.credentials;
  return `listen: { host: 127.0.0.1, port: 0, drain: 1s }
admin: { port: 0 }
data: ${join(folder, name)}
captures:
  # The test reads the segments themselves, in the end.
  compact: { every: none }
  sinks:
    stream: { type: kafka, brokers: ["${broker.address}"], topic: ${name}, compression: zstd, timeout: 3s, batch: { records: 20, bytes: 2MiB } }
    lake:
      type: s3
      endpoint: "${minio.endpoint}"
      bucket: ${name}
      credentials: { accessKeyId: "${accessKeyId}", secretAccessKey: "${secretAccessKey}" }
      object: { bytes: 16MiB, every: 300ms }
      timeout: 3s
${more}defaults: { timeout: { connect: 5s, firstByte: 20s, total: 30s } }
models:
${MODELS.map((model) => `  ${model}: { versions: { one: { url: "${upstream.url}" } } }`).join('\n')}
`;
}

interface SinkAnswer {
  readonly name: string;
  readonly state: string;
  readonly delivered: number;
  readonly lastFailure: { readonly fault: string; readonly message: string } | null;
}

async function sinkOf(gate: ReadyGate, name: string): Promise<SinkAnswer> {
  const answer = await fetch(`${gate.adminUrl}/api/v1/sinks`);
  const { sinks } = (await answer.json()) as { readonly sinks: readonly SinkAnswer[] };
  const found = sinks.find((sink) => sink.name === name);
  if (found === undefined) throw new Error(`the gate knows no sink called ${name}`);
  return found;
}

/** Not more often than needed: the gate that is asked has two cores at most. */
const until = (holds: () => Promise<boolean>, what: string) =>
  waitFor(
    async () => {
      if (await holds()) return true;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      return undefined;
    },
    what,
    DEADLINE_MS,
  );
const delivered = (gate: ReadyGate, name: string, count: number) =>
  until(async () => (await sinkOf(gate, name)).delivered >= count, `${count} records at ${name}`);
const asksOf = (count: number, body?: string): Ask[] =>
  Array.from({ length: count }, (_, at) => ({
    model: MODELS[at % MODELS.length] ?? '',
    ...(body === undefined ? {} : { body }),
  }));

/** Model -> decision ids: processes in the order of their start, records of each in the order written. */
function byModel(rows: readonly Place[]): Map<string, string[]> {
  const startOf = (replica: string): number => Number.parseInt(replica.split('-').at(-1) ?? '', 36);
  const sorted = [...rows].sort((a, b) => startOf(a.replica) - startOf(b.replica) || a.sequence - b.sequence);
  return grouped(sorted);
}

type Named = Pick<CaptureRow, 'model' | 'decision_id'>;
type Place = Named & Pick<CaptureRow, 'replica' | 'sequence'>;

/** Of a row as JSON; its bodies are let go. */
function placeOf(line: string): Place {
  const { model, decision_id, replica, sequence } = JSON.parse(line) as CaptureRow;
  return { model, decision_id, replica, sequence };
}

function grouped(rows: readonly Named[]): Map<string, string[]> {
  return new Map(
    [...Map.groupBy(rows, ({ model }) => model)].map(([model, own]) => [model, own.map((row) => row.decision_id)]),
  );
}

const inTopic = (topic: string): Map<string, string[]> =>
  grouped(
    broker.headers(topic).map(({ headers }) => ({
      model: headers['headgate-model'] ?? '',
      decision_id: headers['headgate-decision'] ?? '',
    })),
  );
const inBucket = (bucket: string): Map<string, string[]> => {
  const rows = minio.objects(bucket).flatMap(({ lines }) => lines.map(placeOf));
  return byModel(rows);
};
const inEvents = (): Map<string, string[]> =>
  grouped(
    events.received().map((name) => {
      const [model = '', id = ''] = name.split(' ');
      return { model, decision_id: id };
    }),
  );

/** Every record at least once, those of a model in their order: what comes again comes behind its first time. */
function expectAll(arrived: ReadonlyMap<string, readonly string[]>, wanted: ReadonlyMap<string, readonly string[]>) {
  for (const [model, ids] of wanted) expect([...new Set(arrived.get(model))], model).toEqual(ids);
}

/** How often each decision came. */
function timesOf(all: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const id of [...all.values()].flat()) times.set(id, (times.get(id) ?? 0) + 1);
  return times;
}

/** Decisions that the cursor of a sink has passed, as it is on disk. */
async function behindCursor(data: string, sink: string): Promise<string[]> {
  const reached = new Map((await readCursors(data, sink)).map(({ replica, position }) => [replica, position.sequence]));
  const { rows } = await captured(data);
  const isBehind = ({ replica, sequence }: CaptureRow): boolean => sequence <= (reached.get(replica) ?? 0);
  return rows.filter(isBehind).map((row) => row.decision_id);
}

const countOf = (all: ReadonlyMap<string, readonly string[]>): number =>
  [...all.values()].reduce((sum, ids) => sum + ids.length, 0);

test('the gate is killed, and killed again: broker and bucket have every record, in order', async () => {
  const name = 'gate-killed';
  const url = events.plan.type === 'cloudevents' ? events.plan.url : '';
  const yaml = await yamlOf(name, `    events: { type: cloudevents, mode: batched, url: "${url}" }\n`);
  const random = createSeededRandom(5);
  const passed: { readonly ids: readonly string[]; readonly times: ReadonlyMap<string, number> }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const gate = await start(yaml);
    const caller = createCaller(4);
    const asking = caller.askAll(gate.dataUrl, asksOf(5000)).catch(() => []);
    // What is left of the round before comes first.
    await Promise.all([delivered(gate, 'stream', 100 + round * 100), delivered(gate, 'lake', 100 + round * 100)]);
    await new Promise((resolve) => setTimeout(resolve, random() * 300));
    gate.process.kill('SIGKILL');
    await gate.exited;
    await asking;
    caller.close();
    passed.push({ ids: await behindCursor(join(folder, name), 'stream'), times: timesOf(inTopic(name)) });
  }
  const last = await start(yaml);
  const caller = createCaller(1);
  const final = await Promise.all(MODELS.map((model) => caller.ask(last.dataUrl, { model })));
  caller.close();
  await settled(last, final.length);
  // Records of this process come after all that was left behind.
  const isThere = (all: ReadonlyMap<string, readonly string[]>): boolean =>
    final.every(({ decision }, at) => all.get(MODELS[at] ?? '')?.includes(decision) === true);
  await until(async () => isThere(inTopic(name)), 'the last records at the broker');
  await until(async () => isThere(inBucket(name)), 'the last records in the bucket');
  expect(await last.stop()).toBe(0);

  const { rows } = await captured(join(folder, name));
  const wanted = byModel(rows);
  expect(new Set(rows.map(({ replica }) => replica)).size).toBe(ROUNDS + 1);
  const [topic, bucket] = [inTopic(name), inBucket(name)];
  expectAll(topic, wanted);
  // It went on where it had stopped: what its cursor had passed at a kill never came again.
  const times = timesOf(topic);
  for (const then of passed) {
    expect(then.ids.length).toBeGreaterThan(0);
    expect(then.ids.filter((id) => times.get(id) !== then.times.get(id))).toEqual([]);
  }
  // An object that is written again takes the place of the first one: here nothing is twice.
  expect(bucket).toEqual(wanted);
  expectAll(inEvents(), wanted);
});

interface Outage {
  readonly sink: string;
  readonly other: string;
  kill(): Promise<void>;
  start(): Promise<void>;
}

test('the broker is killed while records flow, then the object store: nothing is lost, nobody waits, memory is flat', async () => {
  const name = 'side-killed';
  const gate = await start(await yamlOf(name));
  const caller = createCaller(8);
  const body = JSON.stringify({
    inputs: [{ name: 'amount', shape: [1, 1], datatype: 'FP64', data: [12.5] }],
    parameters: { padding: 'x'.repeat(BODY_BYTES) },
  });
  let asked = 0;
  /** A few at a time, each lot on its way to disk before the next: what capture would drop in a rush is not this test's business. */
  const run = async (count: number): Promise<void> => {
    for (const end = asked + count; asked < end; asked += LOT) {
      const answers = await caller.askAll(gate.dataUrl, asksOf(LOT, body));
      expect(answers.filter(({ status }) => status !== 200).length).toBe(0);
      await settled(gate, asked + LOT);
    }
  };
  const captures = async (): Promise<number> => (await settled(gate, asked))('headgate_capture_captured_total');
  const reach = async (sinks: readonly string[]) => {
    const count = await captures();
    await Promise.all(sinks.map((sink) => delivered(gate, sink, count)));
  };
  await run(600);
  await reach(['stream', 'lake']);
  const outages: readonly Outage[] = [
    { sink: 'stream', other: 'lake', kill: broker.kill, start: broker.start },
    { sink: 'lake', other: 'stream', kill: minio.kill, start: minio.start },
  ];
  for (const { sink, other, kill, start } of outages) {
    const before = (await sinkOf(gate, sink)).delivered;
    const resident = residentBytes(gate);
    const flowing = run(OUTAGE_ASKS);
    await until(async () => (await sinkOf(gate, sink)).delivered > before, 'records to flow');
    await kill();
    await until(async () => (await sinkOf(gate, sink)).state === 'failing', `${sink} to be seen as failing`);
    await flowing;
    // What was delivered before the kill does not wait: others do in its place.
    while ((await captures()) - (await sinkOf(gate, sink)).delivered < WAITING_MIN) await run(LOT);
    // It is down: the other has everything that came meanwhile.
    await reach([other]);
    const { delivered: got, lastFailure } = await sinkOf(gate, sink);
    const waiting = (await captures()) - got;
    expect(waiting).toBeGreaterThanOrEqual(WAITING_MIN);
    expect(lastFailure?.fault).toMatch(/connect|timeout/);
    const numbers = await loud(gate, sink, waiting);
    expect(numbers('headgate_sink_up', { sink })).toBe(0);
    expect(numbers('headgate_sink_up', { sink: other })).toBe(1);
    const growth = residentBytes(gate) - resident;
    console.log(
      `real: ${sink} down: ${waiting} records wait on disk, the gate grew by ${Math.round(growth / 1024 ** 2)} MiB`,
    );
    expect(growth, `grew by ${growth} bytes`).toBeLessThan(GROWTH_MAX_BYTES);
    await start();
    await reach([sink]);
    expect((await scrape(gate))('headgate_sink_up', { sink })).toBe(1);
  }
  caller.close();
  const count = await captures();
  expect(await gate.stop()).toBe(0);

  const wanted = byModel((await captured(join(folder, name))).rows);
  expect(countOf(wanted)).toBe(count);
  expectAll(inTopic(name), wanted);
  expect(inBucket(name)).toEqual(wanted);
});

/** The metrics, once the lag has been measured. */
function loud(gate: ReadyGate, sink: string, lag: number): Promise<Numbers> {
  return waitFor(
    async () => {
      const numbers = await scrape(gate);
      const isLoud =
        numbers('headgate_sink_lag_records', { sink }) >= lag &&
        numbers('headgate_sink_lag_bytes', { sink }) > lag * BODY_BYTES &&
        numbers('headgate_sink_failures_total', { sink }) > 0;
      return isLoud ? numbers : undefined;
    },
    `${sink} to be loud`,
    DEADLINE_MS,
  );
}

function residentBytes({ process: { pid } }: ReadyGate): number {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
