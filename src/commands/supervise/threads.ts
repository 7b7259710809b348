// The threads of a gate. Those that every gate has are started while its configuration is still being read.

import type { MessagePort } from 'node:worker_threads';
import { MessageChannel } from 'node:worker_threads';
import type { FromGateway, GatewaySetup, ToGateway } from '../../gateway/messages.ts';
import type { FromMonitor, MonitorSetup, ToMonitor } from '../../monitor/messages.ts';
import type { Configuration } from './configuration.ts';
import { startThread, type Thread } from './thread.ts';

export type GatewayThread = Thread<GatewaySetup & { readonly handover: MessagePort }, FromGateway, ToGateway>;
export type MonitorThread = Thread<MonitorSetup, FromMonitor, ToMonitor>;

export interface Threads {
  readonly monitor: MonitorThread;
  /** One until `beginThreads`, then as many as the Plan wants. */
  readonly gateways: readonly GatewayThread[];
}

/** Beside the sources a thread's file is TypeScript, in a build JavaScript. */
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const GATEWAY_ENTRY = new URL(`../../gateway/worker.${EXTENSION}`, import.meta.url);
const MONITOR_ENTRY = new URL(`../../monitor/worker.${EXTENSION}`, import.meta.url);

/** Threads that load their code, and then wait for their setup. */
export function startThreads(): Threads {
  return { monitor: startThread(MONITOR_ENTRY, 'monitor'), gateways: [startGateway(0)] };
}

/** Give the threads their work, and start those that are still missing. */
export function beginThreads({ monitor, gateways }: Threads, configuration: Configuration): Threads {
  const { plan, allocations, histories, status } = configuration;
  monitor.begin({ plan, allocations, histories, config: status });
  const all = Array.from({ length: plan.listen.threads }, (_, thread) => gateways[thread] ?? startGateway(thread));
  for (const [thread, gateway] of all.entries()) {
    const { port1, port2 } = new MessageChannel();
    monitor.say({ kind: 'gateway', thread, port: port2 }, [port2]);
    gateway.begin({ thread, plan, allocations, handover: port1 }, [port1]);
  }
  return { monitor, gateways: all };
}

export async function terminateThreads({ monitor, gateways }: Threads): Promise<void> {
  await Promise.all([monitor, ...gateways].map((thread) => thread.terminate()));
}

function startGateway(thread: number): GatewayThread {
  return startThread(GATEWAY_ENTRY, `gateway-${thread}`);
}
