// One Apache Kafka broker in KRaft mode, from its jars: formatted, started, killed and started again on its ports.

import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Child, freePorts, runChild, startChild } from './child-process.ts';

export interface Broker {
  /** host:port */
  readonly address: string;
  start(): Promise<void>;
  /** SIGKILL, as a machine that fails. */
  kill(): Promise<void>;
}

const READY_MS = 60_000;

/** @param jars folder of the jars @param folder for its data and its log */
export async function createBroker(jars: string, folder: string): Promise<Broker> {
  mkdirSync(folder, { recursive: true });
  const [port = 0, controller = 0] = await freePorts(2);
  const properties = join(folder, 'server.properties');
  const log = join(folder, 'broker.log');
  writeFileSync(
    properties,
    `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}
controller.listener.names=CONTROLLER
log.dirs=${join(folder, 'data')}
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
auto.create.topics.enable=false
log.flush.interval.messages=1
# The records of tests are years old, and age counts from their own time.
log.retention.ms=-1
`,
  );
  const java = (...args: string[]) => ({
    name: 'kafka',
    command: 'java',
    args: ['-Xmx384m', '-cp', join(jars, '*'), ...args],
    cwd: folder,
    log,
  });
  const cluster = 'AAAAAAAAAAAAAAAAAAAAAQ';
  await runChild(java('kafka.tools.StorageTool', 'format', '-t', cluster, '-c', properties));
  let child: Child | null = null;
  return {
    address: `127.0.0.1:${port}`,
    async start() {
      child = startChild(java('kafka.Kafka', properties));
      const deadline = performance.now() + READY_MS;
      while (!(await listens(port))) {
        if (performance.now() > deadline) throw new Error(`the broker did not listen:\n${child.log().slice(-3000)}`);
        await pause(200);
      }
    },
    async kill() {
      await child?.stop(0);
      child = null;
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
