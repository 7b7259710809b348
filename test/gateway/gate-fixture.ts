// A gate for tests of the data path: one gateway in this thread, on a free port, with a Plan written down in full. Finished
// exchanges are read back from the slabs, as the monitor would.

import type { Awaited } from '../../src/capture/handover/settling.ts';
import { readSlab } from '../../src/capture/handover/slab.ts';
import type { ListenPlan, ModelPlan, Plan, VersionPlan } from '../../src/config/plan.ts';
import type { FailureCode } from '../../src/errors.ts';
import { failureIndex } from '../../src/errors.ts';
import type { Gateway } from '../../src/gateway/gateway.ts';
import { createGateway } from '../../src/gateway/gateway.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import type { ExchangeRecord, Role, ShadowDrop } from '../../src/model.ts';
import { SHADOW_DROPS } from '../../src/model.ts';
import { allocate } from '../../src/split/allocate.ts';
import type { Allocations } from '../../src/split/tables.ts';
import { GATEWAY, MODEL, SERIES } from '../../src/telemetry/layout.ts';
import type { MeterBlock } from '../../src/telemetry/meters.ts';
import type { EndpointNews } from '../../src/upstream/endpoint-watch.ts';

export function version(name: string, urls: string | readonly string[], more: Partial<VersionPlan> = {}): VersionPlan {
  const endpoints = [urls].flat().map((url) => {
    const { origin, pathname, search } = new URL(url);
    return { origin, path: pathname === '/' ? null : pathname + search };
  });
  return {
    name,
    endpoints,
    balance: 'leastBusy',
    health: null,
    auth: null,
    tls: null,
    connectionsMax: 32,
    lineage: {},
    ...more,
  };
}

export function model(versions: readonly VersionPlan[], more: Partial<ModelPlan> = {}): ModelPlan {
  return {
    name: 'm',
    owner: null,
    description: null,
    protocol: 'raw',
    match: { paths: [''], methods: null, host: null, headers: {} },
    champion: 0,
    versions,
    sticky: { source: { kind: 'header', name: 'account-id' }, missing: 'random' },
    salt: 'm',
    split: versions.map((_, index) => (index === 0 ? 1 : 0)),
    overrides: new Map(),
    rules: [],
    eligible: 1,
    holdout: 0,
    layer: null,
    drain: null,
    mirrors: [],
    fallback: true,
    retry: { attempts: 2, on: ['connect'], budget: 0.2 },
    timeout: { connectMs: 250, firstByteMs: 2000, totalMs: 10_000 },
    breaker: { failures: 5, openMs: 10_000 },
    inflightMax: 1024,
    capture: {
      sample: 1,
      bodies: 'full',
      redact: [],
      redactHeaders: [],
      hash: null,
      headers: ['user-agent'],
      durability: 'async',
    },
    features: {},
    drift: { baseline: null, against: 'baseline', tickMs: 60_000, tolerance: 0.1, provisionalRows: 1000 },
    quality: null,
    ...more,
  };
}

/** The whole suite runs in both settings. */
export const FAST_LANE = process.env.HEADGATE_FAST_LANE !== 'off';

const LISTEN: ListenPlan = {
  host: '127.0.0.1',
  port: 0,
  threads: 1,
  bodyBytesMax: 8 * 1024 * 1024,
  bodyBytesHeld: 256 * 1024,
  headBytesMax: 32 * 1024,
  drainMs: 5000,
  inflightMax: 2048,
  connectionsMax: 10_000,
  timeout: { headMs: 10_000, requestMs: 60_000, idleMs: 75_000, stallMs: 30_000 },
  tls: null,
  fastLane: FAST_LANE,
};

let serial = 0;

export function plan(models: readonly ModelPlan[], listen: Partial<ListenPlan> = {}): Plan {
  serial++;
  return {
    generation: `test-${serial}`,
    serial,
    listen: { ...LISTEN, ...listen },
    admin: { host: '127.0.0.1', port: 0, token: null },
    data: '/nonexistent',
    captures: {
      keepBytes: 4 * 1024 ** 3,
      outcomeBytesMax: 4 * 1024 ** 3,
      commit: { everyMs: 50, bytes: 1024 ** 2, timeoutMs: 2000 },
      store: { everyMs: null, memoryBytes: 2 ** 28, retention: { bodiesMs: 1e9, recordsMs: 1e9, bytesMax: 1e9 } },
    },
    sinks: [],
    alarms: { groupMs: 0, cooldownMs: 0, remindMs: null, webhooks: [] },
    drift: { falseAlarmsPerWeek: 1 },
    telemetry: {
      logLevel: 'silent',
      accessLog: 0,
      traces: { endpoint: null, headers: {}, sample: 0, serviceName: 'headgate' },
    },
    models,
  };
}

export function allocations({ models }: Plan, epoch = 0): Allocations {
  return models.map((m) => {
    const names = m.versions.map((v) => v.name);
    const owners = [m.split, ...m.rules.map((rule) => rule.split)].map((shares) => allocate(names, shares));
    if (m.layer !== null) owners.push(allocate(m.layer.members, m.layer.shares));
    return owners.map((table) => ({ owners: table, epoch }));
  });
}

export type GateField = keyof typeof GATEWAY.at;
export type SeriesField = keyof typeof SERIES.at;

export interface TestGate {
  readonly port: number;
  readonly url: string;
  readonly gateway: Gateway;
  readonly blocks: readonly MeterBlock[];
  /** Records handed over so far; waits until there are `count`. */
  records(count: number): Promise<readonly ExchangeRecord[]>;
  /** @param epoch of all its allocations */
  swap(plan: Plan, epoch?: number): void;
  /** Decisions in flight, as counted. */
  inflight(): number;
  /** Counters of the gateway thread, and of one (version, role) of the first model. */
  gateCounter(field: GateField, offset?: number): number;
  /** Of the first model: what capture is due, and what could not be handed over, by reason. */
  received(): number;
  captureDrops(): readonly number[];
  refused(code: FailureCode): number;
  counter(version: string, role: Role, field: SeriesField, offset?: number): number;
  shadowDrops(version: string): Partial<Record<ShadowDrop, number>>;
  /** Wait until nothing is in flight, and check that nothing went wrong on the way. */
  settled(): Promise<void>;
  /** Problems reported off the request path. */
  readonly problems: readonly unknown[];
  /** Endpoints that went out of service or came back. */
  readonly tidings: readonly EndpointNews[];
  close(): Promise<void>;
}

export interface GateOptions {
  /** false: the monitor never returns a slab. */
  readonly returnSlabs?: boolean;
  /** Told of records that answers wait for; unless given, all are on disk at once. */
  readonly onAwaited?: (awaited: Awaited) => void;
}

export async function startGate(first: Plan, options: GateOptions = {}): Promise<TestGate> {
  const seen: ExchangeRecord[] = [];
  const blocks: MeterBlock[] = [];
  const problems: unknown[] = [];
  const tidings: EndpointNews[] = [];
  const gateway = createGateway({
    thread: 0,
    plan: first,
    allocations: allocations(first),
    clock: systemClock,
    random: createSeededRandom(7),
    post(message) {
      if (message.kind === 'meters') {
        blocks.push(message.block);
        return;
      }
      readSlab(message.buffer, message.used, (record) => {
        seen.push({
          ...record,
          request: record.request.map((piece) => Buffer.from(piece)),
          response: record.response.map((piece) => Buffer.from(piece)),
        });
      });
      const { awaited } = message;
      if (awaited !== null) {
        if (options.onAwaited !== undefined) options.onAwaited(awaited);
        else setImmediate(() => gateway.settle({ kind: 'settled', slab: awaited.slab, lost: [] }));
      }
      if (options.returnSlabs !== false) setImmediate(() => gateway.recycle(message.buffer));
    },
    tell: (news) => tidings.push(news),
    report: (problem) => problems.push(problem),
  });
  const cellsOf = (kind: MeterBlock['kind'], name: string, role: Role): Float64Array => {
    const block = blocks.find(
      (b) => b.kind === kind && (kind === 'gateway' || (b.version === name && b.role === role)),
    );
    if (block === undefined) throw new Error(`no counters of ${name} as ${role}`);
    return new Float64Array(block.memory);
  };
  const port = await gateway.listen(0);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    gateway,
    blocks,
    problems,
    tidings,
    async records(count) {
      await until(() => seen.length >= count, `${count} records (${seen.length} so far)`);
      return seen;
    },
    inflight() {
      const block = blocks.find(({ kind }) => kind === 'gateway');
      return block === undefined ? 0 : (new Float64Array(block.memory)[GATEWAY.at.inflight] ?? 0);
    },
    gateCounter: (field, offset = 0) => cellsOf('gateway', '', 'champion')[GATEWAY.at[field] + offset] ?? 0,
    received() {
      const block = blocks.find(({ kind }) => kind === 'model');
      return block === undefined ? 0 : (new Float64Array(block.memory)[MODEL.at.received] ?? 0);
    },
    captureDrops() {
      const block = blocks.find(({ kind }) => kind === 'model');
      const { captureDrops, received } = MODEL.at;
      return block === undefined ? [] : [...new Float64Array(block.memory).slice(captureDrops, received)];
    },
    refused: (code) => cellsOf('gateway', '', 'champion')[GATEWAY.at.refused + failureIndex(code)] ?? 0,
    counter: (name, role, field, offset = 0) => cellsOf('series', name, role)[SERIES.at[field] + offset] ?? 0,
    shadowDrops(name) {
      const cells = cellsOf('series', name, 'shadow');
      const counted = SHADOW_DROPS.map((drop, at) => [drop, cells[SERIES.at.shadowDrops + at] ?? 0] as const);
      return Object.fromEntries(counted.filter(([, count]) => count > 0));
    },
    async settled() {
      const open = (): string[] =>
        blocks.flatMap(({ kind, version: name, role, memory }) => {
          const cells = new Float64Array(memory);
          if (kind === 'model') return [];
          if (kind === 'series')
            return cells[SERIES.at.inflight] === 0 ? [] : [`${name} ${role}: ${cells[SERIES.at.inflight]} in flight`];
          const { inflight, shadowBytes } = GATEWAY.at;
          return cells[inflight] === 0 && cells[shadowBytes] === 0
            ? []
            : [`gate: ${cells[inflight]} in flight, ${cells[shadowBytes]} shadow bytes`];
        });
      await until(
        () => open().length === 0,
        () => `a quiet gate (${open().join('; ')})`,
      );
      if (problems.length > 0)
        throw new AggregateError(problems, `the gate reported ${problems.map(String).join('; ')}`);
    },
    swap: (next, epoch = 0) => gateway.swap(next, allocations(next, epoch)),
    close: () => gateway.drain(false),
  };
}

/** Wait for a condition; fails loudly after a deadline. */
export async function until(condition: () => boolean, what: string | (() => string), deadlineMs = 5000): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!condition()) {
    if (Date.now() > end)
      throw new Error(`waited ${deadlineMs} ms in vain for ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Wait until a number has not moved for a while. */
export async function standstill(read: () => number, ms = 100): Promise<void> {
  let last = read();
  let since = Date.now();
  await until(
    () => {
      const now = read();
      if (now !== last) since = Date.now();
      last = now;
      return Date.now() - since >= ms;
    },
    'a standstill',
    15_000,
  );
}
