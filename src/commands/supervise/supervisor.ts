// The whole gate as one object: it starts the monitor and the gateway threads on the first Plan, hands them new ones, and
// stops them in order. It decides nothing about a request; its thread is idle but for reloads.

import type { ReloadOutcome } from '../../admin/view.ts';
import type { Plan } from '../../config/plan.ts';
import { watchFiles } from '../../config/watch.ts';
import type { FromGateway } from '../../gateway/messages.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../telemetry/logs.ts';
import type { Configuration } from './configuration.ts';
import { adminOutcome, listenAll } from './listening.ts';
import { deliver, planDelivery } from './plan-delivery.ts';
import { beginThreads, type Threads, terminateThreads } from './threads.ts';

export interface SupervisorOptions {
  /** Started already, and waiting for their setup; the supervisor's from here on. */
  readonly threads: Threads;
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

/** @throws StartError where a port or folder cannot be had; then nothing is left running */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { configuration, log } = options;
  let stopping: Promise<void> | null = null;
  const onEnd = (problem: Error): void => {
    if (stopping === null) options.onFatal(problem);
  };

  const threads = beginThreads(options.threads, configuration);
  const { monitor, gateways } = threads;
  for (const thread of [monitor, ...gateways]) thread.onEnd(onEnd);
  let ports: { readonly admin: number; readonly data: number };
  try {
    ports = await listenAll(configuration.plan, adminOutcome(monitor), gateways);
  } catch (error) {
    stopping = terminateThreads(threads);
    await stopping;
    throw error;
  }
  monitor.say({ kind: 'phase', phase: 'ready' });

  /** What the gateways have. */
  let delivered = { plan: configuration.plan, allocations: configuration.allocations };
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
    const delivery = planDelivery(delivered, { plan, allocations });
    delivered = { plan, allocations };
    await Promise.all(gateways.map((gateway) => deliver(gateway, delivery)));
    log.info(
      { generation: plan.generation, before, models: plan.models.length, changed: delivery.changed.length },
      'configuration reloaded',
    );
    return { ok: true, generation: plan.generation };
  }

  // Reloads run one after the other, whoever asks for them.
  let turn: Promise<unknown> = Promise.resolve();
  /** @param seen a watcher saw a change: nothing is to be done where it was taken up meanwhile, because somebody asked for it */
  function reload(seen = false): Promise<ReloadOutcome> {
    const outcome = turn.then(async (): Promise<ReloadOutcome> => {
      if (stopping !== null) return { ok: false, problems: ['the process is stopping'] };
      if (seen && configuration.isAsRead()) return { ok: true, generation: configuration.plan.generation };
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
    () => void reload(true),
  );
  // What changed after it was read and before it was watched is no change to the watcher.
  void watcher.ready.then(() => {
    if (stopping === null && configuration.isStale()) void reload();
  });
  monitor.onMessage((message) => {
    if (message.kind !== 'reload') return;
    const { request } = message;
    void reload().then((outcome) => monitor.say({ kind: 'reloaded', request, outcome }));
  });

  const onBrokenStop = (error: unknown): void => log.error({ err: error }, 'a thread died while the gate was stopping');

  async function stop(graceful: boolean): Promise<void> {
    watcher.close();
    monitor.say({ kind: 'phase', phase: 'draining' });
    await Promise.all(
      gateways.map((gateway) => {
        const end = gateway.next(isDrainEnd);
        gateway.say({ kind: 'drain', graceful });
        return end.then((message) => {
          if (message.kind === 'failed') log.error({ problem: message.problem }, 'a gateway did not stop cleanly');
        }, onBrokenStop);
      }),
    );
    // Whatever became of the gateways: records that the monitor has are to be written.
    const stopped = monitor.next((message) => message.kind === 'stopped');
    monitor.say({ kind: 'stop' });
    await stopped.catch(onBrokenStop);
    await terminateThreads(threads);
  }

  return {
    port: ports.data,
    adminPort: ports.admin,
    get plan() {
      return configuration.plan;
    },
    reload: () => reload(),
    stop(graceful) {
      stopping ??= stop(graceful);
      return stopping;
    },
  };
}

function isDrainEnd(message: FromGateway): message is Extract<FromGateway, { readonly kind: 'drained' | 'failed' }> {
  return message.kind === 'drained' || message.kind === 'failed';
}
