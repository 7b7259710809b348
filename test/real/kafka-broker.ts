// One Apache Kafka broker in KRaft mode, from its jars: formatted, started, killed and started again on its ports; its topics
// read with another maker's client.

import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import { type Child, freePorts, runChild, startChild } from './child-process.ts';
import { readBack } from './read-back.ts';

export interface Broker {
  /** host:port */
  readonly address: string;
  /** Unless it runs. */
  start(): Promise<void>;
  /** SIGKILL, as a machine that fails. */
  kill(): Promise<void>;
  /** SIGSTOP, as a machine that hangs; SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  createTopic(name: string, partitions: number): Promise<void>;
  deleteTopic(name: string): Promise<void>;
  /** Everything in a topic, partition by partition, read with kafka-python. */
  messages(topic: string): readonly Message[];
  /** The same without the values. */
  headers(topic: string): readonly Message[];
}

export interface Message {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}

const READY_MS = 120_000;

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
# A topic of tests is gone at once, and a broker that was killed is itself again at once.
log.segment.delete.delay.ms=100
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
  const address = `127.0.0.1:${port}`;
  async function asAdmin(work: (admin: Admin) => Promise<void>): Promise<void> {
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: [address], retries: 20, retryDelay: 500 });
    await work(admin);
    await admin.close();
  }
  return {
    address,
    async start() {
      if (child !== null) return;
      child = startChild(java('kafka.Kafka', properties));
      const deadline = performance.now() + READY_MS;
      while (!(await listens(port))) {
        if (performance.now() > deadline) throw new Error(`the broker did not listen:\n${child.log().slice(-3000)}`);
        await pause(200);
      }
    },
    async kill() {
      await child?.kill();
      child = null;
    },
    signal: (signal) => child?.signal(signal),
    createTopic: (name, partitions) =>
      asAdmin(async (admin) => void (await admin.createTopics({ topics: [name], partitions, replicas: 1 }))),
    deleteTopic: (name) => asAdmin((admin) => admin.deleteTopics({ topics: [name] })),
    messages: (topic) => readBack('read_topic.py', address, topic).map((line) => JSON.parse(line) as Message),
    headers: (topic) => readBack('read_topic.py', address, topic, 'HEADERS').map((line) => JSON.parse(line) as Message),
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
