// Worker thread of the demo: the three model servers, apart from the gate and from the callers so that neither slows them.
// Says where they listen, then serves until told to stop.

import { parentPort, workerData } from 'node:worker_threads';
import { createSeededRandom } from '../../kernel/random.ts';
import { DEMO_VERSIONS } from './fraud-model.ts';
import { type ModelServersSetup, type PortOf, startModelServer } from './model-server.ts';

const { seed } = workerData as ModelServersSetup;

const servers = await Promise.all(
  DEMO_VERSIONS.map((version, index) => startModelServer(version, createSeededRandom(seed + index))),
);

parentPort?.once('message', async () => {
  await Promise.all(servers.map((server) => server.stop()));
  parentPort?.close();
});

const ports: readonly PortOf[] = servers.map(({ version, port }) => ({ version, port }));
parentPort?.postMessage(ports);
