// Starts and stops the worker thread with the demo's model servers, and says where each version listens.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ModelServersSetup, PortOf } from './model-server.ts';

export interface ModelServers {
  readonly ports: readonly PortOf[];
  stop(): Promise<void>;
}

const STOP_MS_MAX = 2000;

export async function startModelServers(setup: ModelServersSetup): Promise<ModelServers> {
  // A Worker's URL is not rewritten when sources are built to .js.
  const entry = import.meta.url.endsWith('.ts') ? './model-servers-thread.ts' : './model-servers-thread.js';
  const worker = new Worker(new URL(entry, import.meta.url), { workerData: setup });
  const [ports] = (await once(worker, 'message')) as [readonly PortOf[]];
  return {
    ports,
    async stop() {
      const ended = once(worker, 'exit');
      worker.postMessage('stop');
      const late = setTimeout(() => worker.terminate(), STOP_MS_MAX);
      await ended;
      clearTimeout(late);
    },
  };
}
