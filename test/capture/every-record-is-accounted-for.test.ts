// received = captured + sampledOut + dropped + pending, at every moment, with disks that work, are full, fail and hang.

import { open } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CaptureCounts } from '../../src/capture/counters.ts';
import { type CreateSegmentFile, createSegmentFile } from '../../src/capture/segments/segment-file.ts';
import { openCapture, rowsUnder } from './open-capture.ts';
import { capturePlan, modelPlan } from './plans.ts';
import { exchange } from './records.ts';

const NOTHING = { features: null, predictions: null };
const record = (i: number, bytes = 100) =>
  exchange({ decisionId: `decision-${i}`, request: [new Uint8Array(bytes).fill(65)] });

function balance(counts: CaptureCounts): number {
  const dropped = Object.values(counts.dropped).reduce((sum, count) => sum + count, 0);
  return counts.received - counts.captured - counts.sampledOut - dropped - counts.pending;
}

/** A disk on which every write fails while `broken` is set. */
interface Fallible {
  readonly create: CreateSegmentFile;
  broken: 'ENOSPC' | 'EIO' | null;
  /** Whether a half-written batch can be cut off. */
  cut: boolean;
}

function fallible(): Fallible {
  const disk: Fallible = {
    broken: null,
    cut: true,
    create: async (path) => {
      const file = await createSegmentFile(path);
      return {
        ...file,
        async write(bytes, position) {
          if (disk.broken === null) return file.write(bytes, position);
          await file.write(bytes.subarray(0, bytes.length / 2), position);
          throw Object.assign(new Error(`${disk.broken}: write`), { code: disk.broken });
        },
        truncate: (length) => (disk.cut ? file.truncate(length) : Promise.reject(new Error('EIO: ftruncate'))),
      };
    },
  };
  return disk;
}

test('the accounts balance and the rows are those that were counted, whatever the disk does', async () => {
  const step = fc.record({
    records: fc.nat({ max: 12 }),
    broken: fc.constantFrom(null, null, null, 'ENOSPC' as const, 'EIO' as const),
    cut: fc.boolean(),
    wait: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (steps, sample) => {
        const disk = fallible();
        const { capture, data } = await openCapture({
          createFile: disk.create,
          limits: { segmentBytes: 4000, batchBytes: 2048, pendingBytes: 8192 },
        });
        const model = capturePlan({ sample });
        let sent = 0;
        for (const { records, broken, cut, wait } of steps) {
          Object.assign(disk, { broken, cut });
          for (let i = 0; i < records; i++) {
            capture.append(record(sent++), { generation: 'g', model }, NOTHING);
            expect(balance(capture.totals())).toBe(0);
          }
          if (wait) await capture.flush();
          else void capture.flush();
        }
        disk.broken = null;
        await capture.close();
        const counts = capture.counts('credit-default');
        expect(counts.received).toBe(sent);
        expect(counts.pending).toBe(0);
        expect(balance(counts)).toBe(0);
        const rows = await rowsUnder(data);
        // Where a half-written batch could not be cut off, whole frames of it may remain; never fewer than were counted.
        const ids = new Set(rows.map((row) => row.decision_id));
        expect(ids.size).toBe(rows.length);
        if (steps.every((one) => one.cut)) expect(rows.length).toBe(counts.captured);
        else expect(rows.length).toBeGreaterThanOrEqual(counts.captured);
      },
    ),
    { numRuns: 30 },
  );
});

test('a full disk is told from a failing one, at a bearable pace, and writing goes on when it works again', async () => {
  const disk = fallible();
  let now = Date.now();
  const { capture, data, reports } = await openCapture({ createFile: disk.create, wall: () => now });
  const of = { generation: 'g', model: modelPlan() };
  for (const [i, broken] of ([null, 'ENOSPC', 'ENOSPC', 'EIO', null] as const).entries()) {
    disk.broken = broken;
    capture.append(record(i), of, NOTHING);
    await capture.flush();
    now += 11_000;
  }
  await capture.close();
  expect(capture.totals().dropped).toEqual({
    monitor_behind: 0,
    record_too_large: 0,
    disk_full: 2,
    write_failed: 1,
    draining: 0,
  });
  expect((await rowsUnder(data)).map((row) => [row.decision_id, row.sequence])).toEqual([
    ['decision-0', 1],
    ['decision-4', 5],
  ]);
  expect(reports.map((line) => line.replace(data, ''))).toEqual([
    expect.stringMatching(/1 records are dropped \(disk_full\): ENOSPC/),
    expect.stringMatching(/1 records are dropped \(disk_full\): ENOSPC/),
    expect.stringMatching(/1 records are dropped \(write_failed\): EIO/),
    expect.stringMatching(/written again/),
  ]);
});

test('a device that the kernel calls full counts as full and leaves no file behind', async () => {
  const full: CreateSegmentFile = async (path) => {
    const real = await createSegmentFile(path);
    const device = await open('/dev/full', 'r+');
    return {
      write: async (bytes) => void (await device.write(bytes)),
      sync: () => Promise.resolve(),
      truncate: (length) => real.truncate(length),
      isThere: () => real.isThere(),
      close: async () => {
        await device.close();
        await real.close();
      },
    };
  };
  const { capture, data } = await openCapture({ createFile: full });
  capture.append(record(0), { generation: 'g', model: modelPlan() }, NOTHING);
  await capture.close();
  expect(capture.totals()).toMatchObject({ received: 1, captured: 0, dropped: { disk_full: 1 } });
  expect(await rowsUnder(data)).toEqual([]);
});

test('while a write hangs, memory is bounded and what does not fit is dropped', async () => {
  const gate = Promise.withResolvers<void>();
  const hanging: CreateSegmentFile = async (path) => {
    const file = await createSegmentFile(path);
    return { ...file, sync: () => gate.promise };
  };
  const { capture, data } = await openCapture({
    createFile: hanging,
    limits: { batchBytes: 64 * 1024, pendingBytes: 512 * 1024 },
  });
  for (let i = 0; i < 2000; i++) capture.append(record(i, 1000), { generation: 'g', model: modelPlan() }, NOTHING);
  const during = capture.totals();
  expect(during.pendingBytes).toBeLessThanOrEqual(512 * 1024);
  expect(during.dropped.monitor_behind).toBeGreaterThan(1000);
  expect(balance(during)).toBe(0);
  gate.resolve();
  await capture.close();
  const after = capture.totals();
  expect(after.pending).toBe(0);
  expect(after.captured).toBe(during.pending);
  expect((await rowsUnder(data)).length).toBe(after.captured);
});

test('after close everything is dropped as draining', async () => {
  const { capture } = await openCapture();
  await capture.close();
  capture.append(record(0), { generation: 'g', model: modelPlan() }, NOTHING);
  expect(capture.totals()).toMatchObject({ received: 1, captured: 0, dropped: { draining: 1 } });
});

test('a sample is the same for one id everywhere, holds its rate, and is counted', async () => {
  const { capture, data } = await openCapture();
  const of = { generation: 'g', model: capturePlan({ sample: 0.25 }) };
  for (let i = 0; i < 4000; i++) {
    capture.append(record(i, 0), of, NOTHING);
    capture.append({ ...record(i, 0), role: 'shadow' }, of, NOTHING);
  }
  await capture.close();
  const rows = await rowsUnder(data);
  const roles = new Map<string, string[]>();
  for (const row of rows) roles.set(row.decision_id, [...(roles.get(row.decision_id) ?? []), row.role]);
  for (const pair of roles.values()) expect(pair).toEqual(['champion', 'shadow']);
  // Six standard deviations of a binomial of 4,000 at 1/4.
  expect(Math.abs(roles.size - 1000)).toBeLessThan(165);
  expect(rows[0]?.sample_rate).toBe(0.25);
  expect(capture.totals()).toMatchObject({ received: 8000, captured: rows.length, sampledOut: 8000 - rows.length });
});

test('a record on which capture itself fails is counted, and those before and after it are written', async () => {
  const { capture, data } = await openCapture();
  const of = { generation: 'g', model: modelPlan() };
  const broken = {
    get features(): null {
      throw new Error('injected');
    },
    predictions: null,
  };
  for (let i = 0; i < 6; i++) {
    if (i % 2 === 0) capture.append(record(i), of, NOTHING);
    else expect(() => capture.append(record(i), of, broken)).toThrow('injected');
    expect(balance(capture.totals())).toBe(0);
  }
  await capture.close();
  expect(capture.totals()).toMatchObject({ received: 6, captured: 3, dropped: { write_failed: 3 } });
  expect((await rowsUnder(data)).map((row) => row.decision_id)).toEqual(['decision-0', 'decision-2', 'decision-4']);
});

test('a record over all that may wait is told from one that came while much waited', async () => {
  const { capture } = await openCapture({ limits: { batchBytes: 1024, pendingBytes: 8192 } });
  const of = { generation: 'g', model: modelPlan() };
  for (const bytes of [100, 20_000, 4500]) capture.append(record(bytes, bytes), of, NOTHING);
  expect(capture.totals().dropped).toMatchObject({ record_too_large: 1, monitor_behind: 1 });
  await capture.close();
});

test('two thousand models that came and went leave their counts in the totals, and no accounts', async () => {
  const { capture } = await openCapture();
  for (let i = 0; i < 2000; i++) {
    const model = { ...modelPlan(), name: `model-${i}` };
    capture.append(record(i, 0), { generation: 'g', model }, NOTHING);
    if (i % 100 === 0) capture.retainModels(['other']);
  }
  expect(balance(capture.totals())).toBe(0);
  // What is pending is not forgotten before it is on disk.
  expect(capture.counts('model-1999')).toMatchObject({ received: 1, pending: 1 });
  await capture.flush();
  capture.retainModels(['model-7']);
  expect(capture.counts('model-7').captured).toBe(1);
  expect(capture.counts('model-8').received).toBe(0);
  expect(capture.totals()).toMatchObject({ received: 2000, captured: 2000, pending: 0 });
  await capture.close();
});
