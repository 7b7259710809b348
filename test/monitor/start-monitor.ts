// The monitor on its real thread, with gateways that are nothing but slab writers on real ports, and its admin side over HTTP.

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { ConfigStatus } from '../../src/admin/view.ts';
import { createSlabWriter, type SlabReturn, type SlabWriter } from '../../src/capture/handover/slab.ts';
import type { ModelPlan, Plan } from '../../src/config/plan.ts';
import type { FromMonitor, MonitorSetup, ToMonitor } from '../../src/monitor/messages.ts';
import { allocate } from '../../src/split/allocate.ts';
import { NO_HISTORY } from '../../src/split/tables.ts';
import { createMeters, type Meters } from '../../src/telemetry/meters.ts';

export interface FakeGateway {
  readonly writer: SlabWriter;
  readonly meters: Meters;
  /** Hand over what is packed and wait until every slab has come back. */
  drained(): Promise<void>;
  hangUp(): void;
}

export interface RunningMonitor {
  readonly url: string;
  say(message: ToMonitor, transfer?: readonly MessagePort[]): void;
  gateway(slabsMax?: number): FakeGateway;
  /** The next message of a kind. */
  heard<Kind extends FromMonitor['kind']>(kind: Kind): Promise<Extract<FromMonitor, { kind: Kind }>>;
  /** JSON of an admin answer; throws where its status is not 200. */
  get<T>(path: string): Promise<T>;
  /** Hang up all gateways, stop, and wait for the end. */
  stop(): Promise<void>;
}

export function plan(models: readonly ModelPlan[], data: string, changes: Partial<Plan> = {}): Plan {
  return {
    generation: 'aaaabbbbccccdddd',
    serial: 1,
    listen: {
      host: '127.0.0.1',
      port: 0,
      threads: 1,
      fastLane: true,
      bodyBytesMax: 8 * 1024 ** 2,
      bodyBytesHeld: 256 * 1024,
      headBytesMax: 32 * 1024,
      drainMs: 5000,
      inflightMax: 2048,
      connectionsMax: 10_000,
      timeout: { headMs: 10_000, requestMs: 60_000, idleMs: 75_000, stallMs: 30_000 },
      tls: null,
    },
    admin: { host: '127.0.0.1', port: 0, token: null },
    data,
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
    ...changes,
  };
}

export function setupOf(plan: Plan): MonitorSetup {
  const allocations = plan.models.map((model) => {
    const names = model.versions.map(({ name }) => name);
    return [model.split, ...model.rules.map(({ split }) => split)].map((shares) => ({
      owners: allocate(names, shares),
      epoch: 0,
    }));
  });
  const histories = plan.models.map(() => NO_HISTORY);
  return { plan, allocations, histories, config: statusOf(plan) };
}

function statusOf({ generation, serial }: Plan): ConfigStatus {
  return {
    generation,
    serial,
    files: ['headgate.yaml'],
    lastReload: { at: '2026-01-01T00:00:00.000Z', ok: true, problems: [] },
    reloads: { succeeded: serial - 1, failed: 0 },
  };
}

const ENTRY = new URL('../../src/monitor/worker.ts', import.meta.url);

/** @throws the problem in words where the monitor says that it failed */
export async function startMonitor(first: Plan): Promise<RunningMonitor> {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(ENTRY, { workerData: port2, transferList: [port2] });
  port1.postMessage(setupOf(first));
  const gateways: FakeGateway[] = [];
  const heard = <Kind extends FromMonitor['kind']>(kind: Kind): Promise<Extract<FromMonitor, { kind: Kind }>> =>
    new Promise((resolve, reject) => {
      const take = (message: FromMonitor): void => {
        if (message.kind === kind) resolve(message as Extract<FromMonitor, { kind: Kind }>);
        else if (message.kind === 'failed') reject(new Error(message.problem));
        else return;
        worker.off('message', take);
      };
      worker.on('message', take);
      worker.once('error', reject);
    });

  const listening = await heard('listening').catch(async (error: unknown) => {
    await worker.terminate();
    throw error;
  });
  const url = `http://127.0.0.1:${listening.port}`;
  const say: RunningMonitor['say'] = (message, transfer = []) => worker.postMessage(message, [...transfer]);

  return {
    url,
    say,
    heard,
    gateway(slabsMax = 64) {
      const made = fakeGateway(gateways.length, slabsMax, (port) =>
        say({ kind: 'gateway', thread: gateways.length, port }, [port]),
      );
      gateways.push(made);
      return made;
    },
    async get<T>(path: string) {
      const answer = await fetch(url + path);
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      const type = answer.headers.get('content-type') ?? '';
      return (type.includes('json') ? await answer.json() : await answer.text()) as T;
    },
    async stop() {
      for (const gateway of gateways) gateway.hangUp();
      const stopped = heard('stopped');
      say({ kind: 'stop' });
      await stopped;
      await worker.terminate();
    },
  };
}

function fakeGateway(thread: number, slabsMax: number, give: (port: MessagePort) => void): FakeGateway {
  const { port1, port2 } = new MessageChannel();
  give(port2);
  const writer = createSlabWriter({ post: (message, transfer) => port1.postMessage(message, transfer), slabsMax });
  let onReturn = (): void => undefined;
  port1.on('message', (message: SlabReturn) => {
    writer.recycle(message.buffer);
    onReturn();
  });
  return {
    writer,
    meters: createMeters(thread, (block) => port1.postMessage({ kind: 'meters', block })),
    async drained() {
      writer.flush();
      while (writer.out > 0) {
        await new Promise<void>((resolve) => {
          onReturn = resolve;
        });
      }
    },
    hangUp: () => port1.close(),
  };
}
