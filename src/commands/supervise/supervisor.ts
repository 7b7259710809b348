// The whole gate as one object: it loads the Plan, starts the monitor and the gateway threads, hands them new Plans, and
// stops them in order. It decides nothing about a request; its thread is idle but for reloads.

import type { Server } from 'node:net';
import { createServer } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import type { ConfigStatus, ReloadOutcome } from '../../admin/view.ts';
import { loadPlan } from '../../config/load.ts';
import type { Plan } from '../../config/plan.ts';
import { formatProblem } from '../../config/problem.ts';
import { watchFiles } from '../../config/watch.ts';
import type { FromGateway, GatewaySetup, ToGateway } from '../../gateway/messages.ts';
import type { FromMonitor, MonitorSetup, ToMonitor } from '../../monitor/messages.ts';
import type { Logger } from '../../telemetry/logs.ts';
import { createAllocator } from './allocations.ts';
import { restartProblems } from './restart-keys.ts';
import type { Thread } from './thread.ts';
import { startThread } from './thread.ts';

export interface SupervisorOptions {
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Made once the Plan is known, since that says how much to log. */
  readonly logger: (plan: Plan) => Logger;
  /** A thread died: the process cannot go on. */
  readonly onFatal: (problem: Error) => void;
}

export interface Supervisor {
  readonly port: number;
  readonly adminPort: number;
  readonly plan: Plan;
  reload(): Promise<ReloadOutcome>;
  /** @param graceful false: balancers get no time to look away, idle connections are closed at once */
  stop(graceful: boolean): Promise<void>;
}

/** Why the gate did not start: what to print, and which way of failing it was. */
export class StartProblem extends Error {
  readonly kind: 'config' | 'unavailable';

  constructor(kind: 'config' | 'unavailable', message: string) {
    super(message);
    this.kind = kind;
  }
}

type GatewayThread = Thread<FromGateway, ToGateway>;
type MonitorThread = Thread<FromMonitor, ToMonitor>;

const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const GATEWAY_ENTRY = new URL(`../../gateway/worker.${EXTENSION}`, import.meta.url);
const MONITOR_ENTRY = new URL(`../../monitor/worker.${EXTENSION}`, import.meta.url);

export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const first = await loadPlan(options.file, { env: options.env, serial: 1 });
  if (first.kind === 'problems') throw new StartProblem('config', first.problems.map(formatProblem).join('\n'));

  let { plan, files } = first;
  let stopping: Promise<void> | null = null;
  const log = options.logger(plan);
  const allocator = createAllocator();
  let allocations = allocator.allocate(plan);
  let status: ConfigStatus = {
    generation: plan.generation,
    serial: plan.serial,
    files,
    lastReload: { at: new Date().toISOString(), ok: true, problems: [] },
    reloads: { succeeded: 0, failed: 0 },
  };

  const ended = (problem: Error): void => {
    if (stopping === null) options.onFatal(problem);
  };
  const monitorSetup: MonitorSetup = { plan, allocations, config: status };
  const monitor: MonitorThread = startThread(MONITOR_ENTRY, 'monitor', { data: monitorSetup, transfer: [] }, ended);
  const gateways = Array.from({ length: plan.listen.threads }, (_, thread): GatewayThread => {
    const { port1, port2 } = new MessageChannel();
    const setup: GatewaySetup & { handover: typeof port1 } = { thread, plan, allocations, handover: port1 };
    const gateway: GatewayThread = startThread(
      GATEWAY_ENTRY,
      `gateway-${thread}`,
      { data: setup, transfer: [port1] },
      ended,
    );
    monitor.say({ kind: 'gateway', thread, port: port2 }, [port2]);
    return gateway;
  });

  const stopThreads = async (): Promise<void> => {
    await Promise.all([monitor, ...gateways].map((thread) => thread.terminate()));
  };
  let ports: { readonly admin: number; readonly data: number };
  try {
    ports = await listenAll(plan, monitor, gateways);
  } catch (error) {
    stopping = stopThreads();
    await stopping;
    throw error;
  }
  monitor.say({ kind: 'phase', phase: 'ready' });

  async function load(): Promise<ReloadOutcome> {
    const result = await loadPlan(options.file, { env: options.env, serial: plan.serial + 1 });
    files = result.files;
    const problems =
      result.kind === 'problems' ? result.problems.map(formatProblem) : restartProblems(plan, result.plan);
    if (result.kind === 'problems' || problems.length > 0) {
      status = {
        ...status,
        files,
        lastReload: { at: new Date().toISOString(), ok: false, problems },
        reloads: { ...status.reloads, failed: status.reloads.failed + 1 },
      };
      monitor.say({ kind: 'config', config: status });
      log.error({ problems, generation: plan.generation }, 'reload failed: the last good configuration stays in force');
      return { ok: false, problems };
    }
    const before = plan.generation;
    plan = result.plan;
    allocations = allocator.allocate(plan);
    status = {
      generation: plan.generation,
      serial: plan.serial,
      files,
      lastReload: { at: new Date().toISOString(), ok: true, problems: [] },
      reloads: { ...status.reloads, succeeded: status.reloads.succeeded + 1 },
    };
    // The monitor first: it must know a Plan before records of it arrive.
    monitor.say({ kind: 'swap', plan, allocations, config: status });
    const { serial } = plan;
    await Promise.all(
      gateways.map((gateway) => {
        const swapped = gateway.next(
          (message): message is Extract<FromGateway, { kind: 'swapped' }> =>
            message.kind === 'swapped' && message.serial === serial,
        );
        gateway.say({ kind: 'swap', plan, allocations });
        return swapped;
      }),
    );
    log.info({ generation: plan.generation, before, models: plan.models.length }, 'configuration reloaded');
    return { ok: true, generation: plan.generation };
  }

  // Reloads run one after the other, whoever asks for them.
  let turn: Promise<unknown> = Promise.resolve();
  function reload(): Promise<ReloadOutcome> {
    const outcome = turn.then(() =>
      stopping === null ? load() : { ok: false as const, problems: ['the process is stopping'] },
    );
    turn = outcome.catch((error: unknown) => log.error({ err: error }, 'reload failed unexpectedly'));
    return outcome;
  }

  const watcher = watchFiles(
    () => files,
    () => void reload().catch(() => undefined),
  );
  monitor.onMessage((message) => {
    if (message.kind !== 'reload') return;
    reload().then(
      (outcome) => monitor.say({ kind: 'reloaded', request: message.request, outcome }),
      (error: Error) =>
        monitor.say({ kind: 'reloaded', request: message.request, outcome: { ok: false, problems: [error.message] } }),
    );
  });

  async function stop(graceful: boolean): Promise<void> {
    watcher.close();
    monitor.say({ kind: 'phase', phase: 'draining' });
    await Promise.all(
      gateways.map((gateway) => {
        const drained = gateway.next(
          (message): message is Extract<FromGateway, { kind: 'drained' }> => message.kind === 'drained',
        );
        gateway.say({ kind: 'drain', graceful });
        return drained;
      }),
    );
    const stopped = monitor.next(
      (message): message is Extract<FromMonitor, { kind: 'stopped' }> => message.kind === 'stopped',
    );
    monitor.say({ kind: 'stop' });
    await stopped;
    await stopThreads();
  }

  return {
    port: ports.data,
    adminPort: ports.admin,
    get plan() {
      return plan;
    },
    reload,
    stop(graceful) {
      stopping ??= stop(graceful);
      return stopping;
    },
  };
}

async function listenAll(
  plan: Plan,
  monitor: MonitorThread,
  gateways: readonly GatewayThread[],
): Promise<{ admin: number; data: number }> {
  const admin = monitor.next(
    (message): message is Extract<FromMonitor, { kind: 'listening' | 'failed' }> =>
      message.kind === 'listening' || message.kind === 'failed',
  );
  // A failure of the data port is reported first; the admin port's then has no other reader.
  const adminOutcome = admin.then(
    (message) => message,
    (error: Error) => ({ kind: 'failed' as const, problem: error.message }),
  );
  let { port } = plan.listen;
  if (gateways.length > 1 && port !== 0) await probe(plan.listen.host, port);
  for (const gateway of gateways) {
    const answer = gateway.next(
      (message): message is Extract<FromGateway, { kind: 'listening' | 'failed' }> =>
        message.kind === 'listening' || message.kind === 'failed',
    );
    gateway.say({ kind: 'listen', port });
    const outcome = await answer;
    if (outcome.kind === 'failed')
      throw new StartProblem(
        'unavailable',
        listenProblem('listen', plan.listen.host, port, outcome.code, outcome.problem),
      );
    // With port 0 the first thread finds a free one, and the others share it.
    port = outcome.port;
  }
  const outcome = await adminOutcome;
  if (outcome.kind === 'failed') throw new StartProblem('unavailable', outcome.problem);
  return { admin: outcome.port, data: port };
}

/** With SO_REUSEPORT a second process would share the port in silence: ask for it alone first. */
async function probe(host: string, port: number): Promise<void> {
  const server: Server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new StartProblem('unavailable', listenProblem('listen', host, port, error.code ?? '', error.message)));
    });
    server.listen({ host, port }, () => server.close(() => resolve()));
  });
}

function listenProblem(key: string, host: string, port: number, code: string, text: string): string {
  if (code === 'EADDRINUSE')
    return `${key}: ${host}:${port} is in use; stop the process that listens there, or change ${key}.port`;
  if (code === 'EACCES')
    return `${key}: ${host}:${port} may not be bound by this user; use a port above 1023, or grant CAP_NET_BIND_SERVICE`;
  if (code === 'EADDRNOTAVAIL') return `${key}: ${host} is no address of this machine; change ${key}.host`;
  return `${key}: ${host}:${port} cannot be bound (${text})`;
}
