// What every sink promises, each against another side that can fail.

import { afterAll, describe, expect, test } from 'vitest';
import type { CaptureRow } from '../../../src/capture/row.ts';
import { capturesFolder } from '../../../src/capture/segments/folder.ts';
import { createLogReader, LOG_START } from '../../../src/capture/sinks/log-reader.ts';
import { SINK_FAULTS, SinkFailure, type SinkRecord } from '../../../src/capture/sinks/sink.ts';
import { openSink, SINKS } from '../../../src/capture/sinks/sinks.ts';
import { idsOf, openLog } from './log-on-disk.ts';
import { OTHER_SIDES, type OtherSide } from './other-sides.ts';

const MODELS = ['churn', 'credit-default', 'fraud'];
const NEVER = new AbortController().signal;

/** 60 records of three models, as they come from disk. */
async function records(): Promise<readonly SinkRecord[]> {
  const log = await openLog();
  for (const id of idsOf(1, 60)) await log.write([id], {}, MODELS[Number(id.slice(2)) % 3]);
  await log.close();
  const reader = createLogReader({
    folder: capturesFolder(log.data),
    replica: log.replica,
    from: LOG_START,
    report: () => undefined,
  });
  const read = await reader.read(1000, 1e9);
  await reader.close();
  return read.records;
}

const all = await records();
const nameOf = ({ model, decision_id }: CaptureRow): string => `${model} ${decision_id}`;

async function deliver(side: OtherSide, given: readonly SinkRecord[], signal = NEVER) {
  const sink = await openSink(side.plan, Date.now);
  const settled = new Map<SinkRecord, string | undefined>();
  const outcome = await sink
    .deliver(given, (record, refused) => settled.set(record, refused), signal)
    .then(
      () => null,
      (error: unknown) => error,
    );
  await sink.close();
  return { settled, outcome };
}

const started: OtherSide[] = [];
afterAll(async () => {
  for (const side of started) await side.close();
});

test('every sink of the list has another side here, or a real one', () => {
  const here = Object.values(OTHER_SIDES).map(({ type }) => type);
  // A broker is not made in a few lines: test/real/kafka.real.test.ts holds the same promises against Apache Kafka.
  expect(new Set([...here, 'kafka'])).toEqual(new Set(Object.keys(SINKS)));
});

test.each(Object.entries(SINKS))('%s is listed under its own name', async (name, load) => {
  expect((await load()).type).toBe(name);
});

describe.each(Object.entries(OTHER_SIDES))('%s', (_name, { start }) => {
  const begin = async (): Promise<OtherSide> => {
    const side = await start();
    started.push(side);
    return side;
  };

  test('delivers every record, those of one model in their order, and settles each', async () => {
    const side = await begin();
    const { settled, outcome } = await deliver(side, all);
    expect(outcome).toBeNull();
    expect([...settled.values()].filter((refused) => refused !== undefined)).toEqual([]);
    expect(settled.size).toBe(all.length);
    for (const model of MODELS) {
      const wanted = all.filter(({ row }) => row.model === model).map(({ row }) => nameOf(row));
      expect(side.received.filter((name) => name.startsWith(`${model} `))).toEqual(wanted);
    }
  });

  test.each([500, 503, 429, 401, 404])('takes %i for a failure that passes, and settles nothing', async (status) => {
    const side = await begin();
    side.fail(status);
    const { settled, outcome } = await deliver(side, all);
    expect(outcome).toBeInstanceOf(SinkFailure);
    expect(SINK_FAULTS).toContain((outcome as SinkFailure).fault);
    expect((outcome as SinkFailure).message).toContain(String(status));
    expect(settled.size).toBe(0);
    side.fail(0);
    expect((await deliver(side, all)).settled.size).toBe(all.length);
  });

  test('says that nobody is there, and settles nothing', async () => {
    const side = await begin();
    await side.close();
    const { settled, outcome } = await deliver(side, all.slice(0, 3));
    expect(outcome).toBeInstanceOf(SinkFailure);
    expect((outcome as SinkFailure).fault).toMatch(/connect|timeout/);
    expect(settled.size).toBe(0);
  });

  test('passes over what is refused for good, and only that', async () => {
    const side = await begin();
    // What holds rows of any kind refuses none.
    if (side.refuse === null) return;
    const bad = all[17];
    if (bad === undefined) throw new Error('there are 60 records');
    side.refuse(bad.row.decision_id);
    const { settled, outcome } = await deliver(side, all);
    expect(outcome).toBeNull();
    expect(settled.size).toBe(all.length);
    expect([...settled].filter(([, refused]) => refused !== undefined).map(([record]) => record)).toEqual([bad]);
    expect(new Set(side.received)).toEqual(new Set(all.filter((one) => one !== bad).map(({ row }) => nameOf(row))));
  });

  test('gives up at once when it is told to', async () => {
    const side = await begin();
    const { settled, outcome } = await deliver(side, all, AbortSignal.abort());
    expect(outcome).not.toBeNull();
    expect(settled.size).toBe(0);
  });

  test('takes no records for no work', async () => {
    const side = await begin();
    expect(await deliver(side, [])).toEqual({ settled: new Map(), outcome: null });
  });
});
