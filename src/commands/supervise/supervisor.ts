// The whole gate as one object: it starts the monitor and the gateway threads on the first Plan, hands them new ones, and
// stops them in order. It decides nothing about a request; its thread is idle but for reloads.

import { MessageChannel } from 'node:worker_threads';
import type { ReloadOutcome } from '../../admin/view.ts';
import type { Plan } from '../../config/plan.ts';
import { watchFiles } from '../../config/watch.ts';
import type { FromGateway } from '../../gateway/messages.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { FromMonitor, MonitorSetup } from '../../monitor/messages.ts';
import type { Logger } from '../../telemetry/logs.ts';
import type { Configuration } from './configuration.ts';
import { adminOutcome, type GatewayThread, listenAll, type MonitorThread } from './listening.ts';
import { startThread } from './thread.ts';

export interface SupervisorOptions {
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly log: Logger;
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

/** Beside the sources a thread's file is TypeScript, in a build JavaScript. */
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const GATEWAY_ENTRY = new URL(`../../gateway/worker.${EXTENSION}`, import.meta.url);
const MONITOR_ENTRY = new URL(`../../monitor/worker.${EXTENSION}`, import.meta.url);

/** @throws StartError where a port or folder cannot be had; then nothing is left running */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { configuration, log } = options;
  let stopping: Promise<void> | null = null;
  const onEnd = (problem: Error): void => {
    if (stopping === null) options.onFatal(problem);
  };

  const { monitor, gateways } = startThreads(configuration, onEnd);
  const terminate = async (): Promise<void> => {
    await Promise.all([monitor, ...gateways].map((thread) => thread.terminate()));
  };
  let ports: { readonly admin: number; readonly data: number };
  try {
    ports = await listenAll(configuration.plan, adminOutcome(monitor), gateways);
  } catch (error) {
    stopping = terminate();
    await stopping;
    throw error;
  }
  monitor.say({ kind: 'phase', phase: 'ready' });

  async function load(): Promise<ReloadOutcome> {
    const before = configuration.plan.generation;
    const problems = configuration.reload();
    const { plan, allocations, histories, status } = configuration;
    if (problems.length > 0) {
      monitor.say({ kind: 'config', config: status });
      log.error({ problems, generation: before }, 'reload failed: the last good configuration stays in force');
      return { ok: false, problems };
    }
    // The monitor first: it must know a Plan before records of it arrive.
    monitor.say({ kind: 'swap', plan, allocations, histories, config: status });
    await Promise.all(
      gateways.map((gateway) => {
        const swapped = gateway.next((message) => isSwapped(message, plan.serial));
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
    const outcome = turn.then(async (): Promise<ReloadOutcome> => {
      if (stopping !== null) return { ok: false, problems: ['the process is stopping'] };
      return load();
    });
    const settled = outcome.catch((error: unknown) => {
      log.error({ err: error }, 'reload failed unexpectedly');
      return { ok: false as const, problems: [`reload failed unexpectedly: ${String(error)}`] };
    });
    turn = settled;
    return settled;
  }

  const watcher = watchFiles(
    () => configuration.files(),
    () => void reload(),
  );
  monitor.onMessage((message) => {
    if (message.kind !== 'reload') return;
    const { request } = message;
    void reload().then((outcome) => monitor.say({ kind: 'reloaded', request, outcome }));
  });

  async function stop(graceful: boolean): Promise<void> {
    watcher.close();
    monitor.say({ kind: 'phase', phase: 'draining' });
    await Promise.all(
      gateways.map((gateway) => {
        const drained = gateway.next((message) => message.kind === 'drained');
        gateway.say({ kind: 'drain', graceful });
        return drained;
      }),
    );
    const stopped = monitor.next((message) => message.kind === 'stopped');
    monitor.say({ kind: 'stop' });
    await stopped;
    await terminate();
  }

  return {
    port: ports.data,
    adminPort: ports.admin,
    get plan() {
      return configuration.plan;
    },
    reload,
    stop(graceful) {
      stopping ??= stop(graceful);
      return stopping;
    },
  };
}

function isSwapped(message: FromGateway, serial: number): boolean {
  return message.kind === 'swapped' && message.serial === serial;
}

function startThreads(
  configuration: Configuration,
  onEnd: (problem: Error) => void,
): { readonly monitor: MonitorThread; readonly gateways: readonly GatewayThread[] } {
  const { plan, allocations, histories, status } = configuration;
  const setup: MonitorSetup = { plan, allocations, histories, config: status };
  const monitor: MonitorThread = startThread<FromMonitor, Parameters<MonitorThread['say']>[0]>(
    MONITOR_ENTRY,
    'monitor',
    { data: setup, transfer: [] },
    onEnd,
  );
  const gateways = Array.from({ length: plan.listen.threads }, (_, thread): GatewayThread => {
    const { port1, port2 } = new MessageChannel();
    monitor.say({ kind: 'gateway', thread, port: port2 }, [port2]);
    return startThread(
      GATEWAY_ENTRY,
      `gateway-${thread}`,
      { data: { thread, plan, allocations, handover: port1 }, transfer: [port1] },
      onEnd,
    );
  });
  return { monitor, gateways };
}
