// Sinks against what they are for: Apache Kafka, killed in the middle of a stream, and a server that speaks S3. What arrived is
// read back with clients of other makers (kafka-python, boto3).

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { isAlive } from '../../src/capture/segments/process-life.ts';
import { type SinkRunner, startSinkRunner } from '../../src/capture/sinks/runner.ts';
import { openSink } from '../../src/capture/sinks/sinks.ts';
import type { SinkPlan } from '../../src/config/plan.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { idsOf, openLog, sinkPlan, type WrittenLog } from '../capture/sinks/log-on-disk.ts';
import { waitFor } from '../serve/served-gate.ts';
import { createBroker } from './kafka-broker.ts';
import { createMinio } from './minio.ts';

const JARS = process.env.HEADGATE_REAL_KAFKA ?? '';
const MINIO = process.env.HEADGATE_REAL_MINIO ?? '';
const MODELS = ['churn', 'credit-default', 'fraud'];
const folder = mkdtempSync(join(tmpdir(), 'headgate-sinks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(log: WrittenLog, plan: SinkPlan, told: string[] = []): SinkRunner {
  return startSinkRunner({
    plan,
    data: log.data,
    process: { replica: log.replica, isAlive },
    clock: systemClock,
    random: Math.random,
    open: openSink,
    tell: { info: (text) => told.push(text), warn: (text) => told.push(text) },
  });
}

const until = (holds: () => boolean, what: string) => waitFor(async () => (holds() ? true : undefined), what, 120_000);
const modelOf = (id: string): string => MODELS[Number(id.slice(2)) % MODELS.length] ?? '';

/** Bytes that no compression makes smaller. */
function noise(length: number, seed: number): Buffer {
  const random = createSeededRandom(seed);
  return Buffer.from(Array.from({ length }, () => random() * 256));
}

async function write(log: WrittenLog, ids: readonly string[]): Promise<void> {
  for (const id of ids) await log.write([id], { unit: `acct-${Number(id.slice(2)) % 7}` }, modelOf(id));
}

describe('Apache Kafka', () => {
  test('the broker is killed in mid-stream: nothing is lost, the order of a model holds, what is twice is one batch', async () => {
    const broker = await createBroker(JARS, join(folder, 'kafka'));
    await broker.start();
    await broker.createTopic('decisions', 3);
    const log = await openLog({ segmentBytes: 200_000 });
    const told: string[] = [];
    const plan = sinkPlan({
      type: 'kafka',
      brokers: [broker.address],
      topic: 'decisions',
      key: 'model',
      compression: 'gzip',
      sasl: null,
      timeoutMs: 5000,
    });
    const runner = start(log, plan, told);
    await write(log, idsOf(1, 500));
    await until(() => runner.state().delivered > 200, 'the stream to flow');
    await broker.kill();
    await write(log, idsOf(501, 1000));
    await until(() => runner.state().state === 'failing', 'the sink to notice');
    expect(runner.state().lastFailure?.message).toContain(broker.address);
    await broker.start();
    await write(log, idsOf(1001, 1500));
    // What no broker takes: over its message.max.bytes of 1 MiB.
    const long = noise(2 * 1024 ** 2, 7);
    await log.write(['d-999999'], { request: [long], requestBytes: long.length }, 'churn');
    await write(log, idsOf(1501, 1600));
    await until(() => runner.state().delivered === 1600, 'every record to be confirmed');
    expect(runner.state().refused).toEqual({ too_large: 1 });
    expect(told.join()).toContain('records are delivered again');
    await runner.stop(5000);
    await log.close();

    const messages = broker.messages('decisions');
    const partitions = new Map<string, number>();
    const arrived = new Map<string, string[]>();
    for (const { key, partition, headers, value } of messages) {
      const row = JSON.parse(value) as Readonly<Record<string, unknown>>;
      expect(row).toMatchObject({
        model: key,
        decision_id: headers['headgate-decision'],
        role: 'champion',
        status: 200,
      });
      expect(row.request).toBe(`{"id":"${row.decision_id}"}`);
      expect(partitions.get(key) ?? partition).toBe(partition);
      partitions.set(key, partition);
      arrived.set(key, [...(arrived.get(key) ?? []), String(row.decision_id)]);
    }
    // From the first on, without a gap: what is missing below was never there.
    for (const ofPartition of Map.groupBy(messages, ({ partition }) => partition).values())
      expect(ofPartition.map(({ offset }) => offset)).toEqual(ofPartition.map((_, place) => place));
    for (const model of MODELS) {
      const wanted = idsOf(1, 1600).filter((id) => modelOf(id) === model);
      expect([...new Set(arrived.get(model))]).toEqual(wanted);
    }
    // One batch of 50 was under way when the broker died: it was sent again, perhaps more than once, and no other was.
    const all = [...arrived.values()].flat();
    expect(new Set(all.filter((id, place) => all.indexOf(id) !== place)).size).toBeLessThanOrEqual(50);

    const lost = start(log, { ...plan, name: 'nowhere', ...({ topic: 'nowhere' } as object) });
    await until(() => lost.state().state === 'failing', 'a topic that is not there');
    expect(lost.state()).toMatchObject({ delivered: 0, lastFailure: { fault: 'missing' } });
    await lost.stop(1000);
    await broker.kill();
  });
});

describe('a server that speaks S3', () => {
  test('objects of rows, whole and in parts, with checksums; a batch that is repeated takes its own place', async () => {
    const minio = await createMinio(MINIO, join(folder, 'minio'));
    await minio.start();
    minio.createBucket('decisions');
    const log = await openLog();
    await write(log, idsOf(1, 300));
    // Bytes that no compression makes smaller, so that an object is large.
    for (const id of idsOf(301, 330)) {
      const body = noise(1024 ** 2, Number(id.slice(2)));
      await log.write([id], { request: [body], requestBytes: body.length }, 'fraud');
    }
    const plan = sinkPlan({
      type: 's3',
      endpoint: minio.endpoint,
      bucket: 'decisions',
      prefix: 'gate-1',
      region: 'us-east-1',
      addressing: 'path',
      credentials: { ...minio.credentials, sessionToken: null },
      batch: { recordsMax: 100_000, bytesMax: 28 * 1024 ** 2, lingerMs: 500 },
      timeoutMs: 20_000,
    });
    const wrong = start(log, {
      ...plan,
      name: 'wrong',
      ...({ credentials: { ...minio.credentials, secretAccessKey: 'x', sessionToken: null } } as object),
    });
    const runner = start(log, plan);
    await until(() => runner.state().delivered === 330, 'every record to be confirmed');
    await until(() => wrong.state().state === 'failing', 'the wrong secret');
    expect(wrong.state()).toMatchObject({ delivered: 0, lastFailure: { fault: 'credentials' } });
    await wrong.stop(1000);
    await runner.stop(5000);
    // As after a kill -9 before the cursor was written: everything once more.
    rmSync(join(log.data, 'sinks', 'out'), { recursive: true });
    const again = start(log, plan);
    await until(() => again.state().delivered === 330, 'every record once more');
    await again.stop(5000);
    await log.close();

    const objects = minio.objects('decisions');
    expect(objects.every(({ name }) => /^gate-1\/date=\d{4}-\d\d-\d\d\/.+-\d{12}\.ndjson\.zst$/.test(name))).toBe(true);
    expect(Math.max(...objects.map(({ bytes }) => bytes))).toBeGreaterThan(16 * 1024 ** 2);
    const rows = objects.flatMap(({ lines }) => lines.map((line) => JSON.parse(line) as Record<string, string>));
    expect(rows.map((row) => row.decision_id).sort()).toEqual(idsOf(1, 330));
    expect(rows.filter((row) => row.request_base64 !== null).length).toBe(30);
    await minio.kill();
  });
});
