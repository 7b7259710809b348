// The real other sides of sinks: a topic of Apache Kafka and a bucket of MinIO, a fresh one for each beginning, on servers that
// are started when they are first needed, and again where a test has killed them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sinkPlan } from '../capture/sinks/log-on-disk.ts';
import type { OtherSide, SideKind } from '../capture/sinks/sink-contract.ts';
import { type Broker, createBroker } from './kafka-broker.ts';
import { createMinio, type Minio } from './minio.ts';

const TIMEOUT_MS = 3000;
/** Over the 1 MiB that a broker takes unless told otherwise. */
const TOO_LONG_BYTES = 2 * 1024 ** 2;
const folder = mkdtempSync(join(tmpdir(), 'headgate-sides-'));
let broker: Broker | undefined;
let minio: Minio | undefined;
let sides = 0;

export const REAL_SIDES: Readonly<Record<string, SideKind>> = {
  'kafka, Apache Kafka': { type: 'kafka', troubles: ['no topic', 'a broker that hangs'], start: startTopic },
  's3, MinIO': { type: 's3', troubles: ['no bucket', 'a server that hangs'], start: startBucket },
};

export async function endRealSides(): Promise<void> {
  await Promise.all([broker?.kill(), minio?.kill()]);
  rmSync(folder, { recursive: true, force: true });
}

async function startTopic(): Promise<OtherSide> {
  broker ??= await createBroker(process.env.HEADGATE_REAL_KAFKA ?? '', join(folder, 'kafka'));
  const there = broker;
  await there.start();
  sides += 1;
  const topic = `topic-${sides}`;
  await there.createTopic(topic, 3);
  return {
    plan: sinkPlan({
      type: 'kafka',
      brokers: [there.address],
      topic,
      key: 'model',
      compression: 'zstd',
      sasl: null,
      timeoutMs: TIMEOUT_MS,
    }),
    received: () => there.messages(topic).map(({ value }) => nameOf(value)),
    troubles: {
      'no topic': {
        begin: () => there.deleteTopic(topic),
        end: () => there.createTopic(topic, 3),
        fault: 'missing',
        told: new RegExp(topic),
      },
      'a broker that hangs': {
        begin: () => there.signal('SIGSTOP'),
        end: () => there.signal('SIGCONT'),
        fault: 'timeout',
        told: new RegExp(there.address),
      },
    },
    refuse: (record) => ({
      ...record,
      row: { ...record.row, request: longBody() },
    }),
    leave: there.kill,
  };
}

async function startBucket(): Promise<OtherSide> {
  minio ??= await createMinio(process.env.HEADGATE_REAL_MINIO ?? '', join(folder, 'minio'));
  const there = minio;
  await there.start();
  sides += 1;
  const bucket = `bucket-${sides}`;
  there.createBucket(bucket);
  const plan = sinkPlan({
    type: 's3',
    endpoint: there.endpoint,
    bucket,
    prefix: 'gate-1',
    region: 'us-east-1',
    addressing: 'path',
    credentials: { ...there.credentials, sessionToken: null },
    timeoutMs: TIMEOUT_MS,
  });
  return {
    plan,
    received: () => there.objects(bucket).flatMap(({ lines }) => lines.map(nameOf)),
    troubles: {
      'no bucket': {
        begin: () => there.deleteBucket(bucket),
        end: () => there.createBucket(bucket),
        fault: 'missing',
        told: /404 NoSuchBucket/,
      },
      'a server that hangs': {
        begin: () => there.signal('SIGSTOP'),
        end: () => there.signal('SIGCONT'),
        fault: 'timeout',
        told: new RegExp(there.endpoint),
      },
    },
    refuse: null,
    leave: there.kill,
  };
}

/** Random, so that no compression helps. */
function longBody(): Uint8Array {
  const bytes = new Uint8Array(TOO_LONG_BYTES);
  for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

function nameOf(json: string): string {
  const { model, decision_id: id } = JSON.parse(json) as { readonly model: string; readonly decision_id: string };
  return `${model} ${id}`;
}
