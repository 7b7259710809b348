// Segments are closed at their size, the folder stays within its bound, and a folder that cannot be used is refused in words.

import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { createHousekeeping } from '../../src/capture/segments/housekeeping.ts';
import { retainSegments } from '../../src/capture/segments/retain.ts';
import { createSegmentFileIn } from '../../src/capture/segments/segment-file.ts';
import { storePaths } from '../../src/capture/store/layout.ts';
import { openCapture, rowsUnder, temporaryFolder } from './open-capture.ts';
import { modelPlan } from './plans.ts';
import { exchange } from './records.ts';

const OF = { generation: 'g', model: modelPlan() };
const NOTHING = { features: null, predictions: null };

test('a full segment is closed and the oldest are deleted, counted and reported', async () => {
  const { capture, data, reports } = await openCapture({ limits: { segmentBytes: 10_000, totalBytes: 50_000 } });
  for (let i = 0; i < 40; i++) {
    capture.append(exchange({ request: [new Uint8Array(5000)] }), OF, NOTHING);
    await capture.flush();
  }
  await capture.close();
  const folder = join(data, 'captures');
  let bytes = 0;
  for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size;
  expect(bytes).toBeLessThanOrEqual(50_000);
  const totals = capture.totals();
  expect(totals.captured).toBe(40);
  expect(totals.segmentsDeleted).toBeGreaterThan(10);
  const rows = await rowsUnder(data);
  expect(rows.map((row) => row.sequence)).toEqual(rows.map((_, i) => 41 - rows.length + i));
  // Nothing was compacted: what is deleted is gone, and counted to the last record.
  expect(totals.recordsDeleted).toEqual({ stored: 0, gone: 40 - rows.length });
  expect(reports[0]).toMatch(/1 oldest segments \(\d+ bytes\) with \d records, \d of them not in the store, deleted/);
});

test('a smaller bound is in force at once, and segments shrink so that most of what it allows is kept', async () => {
  const { capture, data } = await openCapture({ limits: { segmentBytes: 100_000, totalBytes: 1_000_000 } });
  const write = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      capture.append(exchange({ request: [new Uint8Array(5000)] }), OF, NOTHING);
      await capture.flush();
    }
  };
  const bytesUnder = async (): Promise<number> => {
    const folder = join(data, 'captures');
    const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  };
  await write(60);
  expect(capture.totals().segmentsDeleted).toBe(0);
  capture.configure({ keepBytes: 80_000, commit: { everyMs: 50, bytes: 1024 ** 2, timeoutMs: 2000 } });
  // A search waits for what is being deleted.
  await capture.find('none');
  expect(capture.totals().segmentsDeleted).toBeGreaterThan(0);
  await write(40);
  await capture.close();
  const bytes = await bytesUnder();
  expect(bytes).toBeLessThanOrEqual(80_000);
  expect(bytes).toBeGreaterThan(80_000 * 0.8);
});

test('a segment that cannot be read is kept, counted nowhere and named; those after it go', async () => {
  const { capture, data } = await openCapture({ limits: { segmentBytes: 1000 } });
  for (let i = 0; i < 3; i++) {
    capture.append(exchange({ request: [new Uint8Array(1000)] }), OF, NOTHING);
    await capture.flush();
  }
  await capture.close();
  const folder = join(data, 'captures');
  const names = (await readdir(folder)).sort();
  const [bad = ''] = names;
  const read = async (path: string): Promise<Buffer> => {
    if (path.endsWith(bad)) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    return readFile(path);
  };
  const found = await retainSegments(folder, 0, async () => new Set(), read);
  expect(found).toMatchObject({ deleted: names.length - 1, records: 2, gone: 2 });
  expect([...found.unreadable]).toEqual([[join(folder, bad), 'EIO: i/o error, read']]);
  expect(await readdir(folder)).toEqual([bad]);

  const reports: string[] = [];
  const housekeeping = createHousekeeping({
    ...{ data, folder, replica: 'test-host-1-a', isAlive: () => false, wall: () => 0, totalBytes: () => 0, read },
    report: (message) => reports.push(message),
  });
  housekeeping.tidy();
  await housekeeping.idle();
  expect(reports).toEqual([expect.stringMatching(/cannot be read, and is kept beyond captures.keep: EIO/)]);
  expect(await readdir(folder)).toEqual([bad]);
});

test('accounts and a manifest that cannot be read are told, once, and what is deleted meanwhile counts as gone', async () => {
  const { capture, data } = await openCapture({ limits: { segmentBytes: 1000 } });
  for (let i = 0; i < 2; i++) {
    capture.append(exchange({ request: [new Uint8Array(1000)] }), OF, NOTHING);
    await capture.flush();
  }
  await capture.close();
  await rm(join(data, 'accounts'), { recursive: true });
  await writeFile(join(data, 'accounts'), '');
  const { manifest } = storePaths(data);
  await mkdir(dirname(manifest), { recursive: true });
  await writeFile(manifest, '{"op":\n');
  const folder = join(data, 'captures');
  const reports: string[] = [];
  const housekeeping = createHousekeeping({
    ...{ data, folder, replica: 'test-host-1-a', isAlive: () => false, wall: () => 0, totalBytes: () => 0 },
    report: (message) => reports.push(message),
  });
  housekeeping.tidy();
  await housekeeping.idle();
  expect(reports).toEqual([
    expect.stringMatching(/recovery stopped: EEXIST/),
    expect.stringMatching(/the accounts of ended processes cannot be read: ENOTDIR/),
    expect.stringMatching(
      /which segments are in the store cannot be read.*count as not in the store: .*line 1 is damaged/,
    ),
    expect.stringMatching(/2 oldest segments .* 2 of them not in the store, deleted/),
  ]);
  expect(housekeeping.deleted.recordsDeleted).toEqual({ stored: 0, gone: 2 });
});

test('a segment that cannot be closed is told, and the next one is begun', async () => {
  const { capture, data, reports } = await openCapture({ limits: { segmentBytes: 1000 } });
  const folder = join(data, 'captures');
  await mkdir(join(folder, `${capture.replica}.000001.capture`, 'in the way'), { recursive: true });
  for (let i = 0; i < 2; i++) {
    capture.append(exchange({ request: [new Uint8Array(1000)] }), OF, NOTHING);
    await capture.flush();
  }
  expect(reports).toEqual([expect.stringMatching(/000001\.open: this segment is whole, but could not be closed: E/)]);
  await capture.close();
  expect(capture.totals()).toMatchObject({ captured: 2 });
  expect(await readdir(folder)).toContain(`${capture.replica}.000002.capture`);
});

test('where the folder cannot be synchronised no record counts as captured; where a system cannot do it, that is no fault', async () => {
  for (const [code, captured] of [
    ['EIO', 0],
    ['EINVAL', 1],
  ] as const) {
    const failing = async (): Promise<void> => {
      throw Object.assign(new Error(`${code}: fsync`), { code });
    };
    const createFile = (path: string) => createSegmentFileIn(path, failing);
    const { capture, data } = await openCapture({ createFile });
    const acked: boolean[] = [];
    capture.append(exchange(), OF, NOTHING, (isOnDisk) => acked.push(isOnDisk));
    await capture.flush();
    expect(acked).toEqual([captured === 1]);
    expect(capture.totals()).toMatchObject({ captured, dropped: { write_failed: 1 - captured } });
    await capture.close();
    expect((await readdir(join(data, 'captures'))).length).toBe(captured);
  }
});

test('files that are no segments are neither read nor deleted', async () => {
  const { capture, data } = await openCapture({ limits: { segmentBytes: 1000, totalBytes: 1 } });
  const notes = join(data, 'captures', 'notes.txt');
  await writeFile(notes, 'x'.repeat(100_000));
  for (let i = 0; i < 3; i++) {
    capture.append(exchange({ request: [new Uint8Array(1000)] }), OF, NOTHING);
    await capture.flush();
  }
  await capture.close();
  expect(await readdir(join(data, 'captures'))).toEqual(['notes.txt']);
});

test('a data folder that is a file, or may not be written, is refused with folder, reason and remedy', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'file');
  await writeFile(file, '');
  await expect(openCapture({ data: file })).rejects.toThrow(
    `${file}/captures: captures cannot be written there: ENOTDIR: not a directory, mkdir '${file}/captures'; let this user write to the folder, or name another one under "data"`,
  );
  if (process.getuid?.() === 0) return;
  await chmod(folder, 0o500);
  await expect(openCapture({ data: folder })).rejects.toThrow(/EACCES.*let this user write/);
});
