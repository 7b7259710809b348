// The tailing reader: every record once and in order, from any position, while segments are written, closed, cut and deleted.

import { appendFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capturesFolder } from '../../../src/capture/segments/folder.ts';
import { framesOf } from '../../../src/capture/segments/frame.ts';
import { createLogReader, LOG_START, type LogPosition, type LogReader } from '../../../src/capture/sinks/log-reader.ts';
import { idsOf, openLog, type WrittenLog } from './log-on-disk.ts';

function readerOf(log: WrittenLog, from: LogPosition = LOG_START, reports: string[] = []): LogReader {
  return createLogReader({
    folder: capturesFolder(log.data),
    replica: log.replica,
    from,
    report: (message) => reports.push(message),
  });
}

async function readAll(reader: LogReader, recordsMax = 1000, bytesMax = 1e9) {
  const ids: string[] = [];
  let cut = 0;
  for (;;) {
    const reading = await reader.read(recordsMax, bytesMax);
    cut += reading.cut;
    ids.push(...reading.records.map(({ row }) => row.decision_id));
    if (reading.records.length === 0) return { ids, cut, end: reading.end };
  }
}

const segmentsOf = (log: WrittenLog): string[] =>
  readdirSync(capturesFolder(log.data))
    .filter((name) => name.startsWith(log.replica))
    .sort();

describe('the log of a process', () => {
  it('is read over many segments while it is written, in small pieces, and each record once', async () => {
    const log = await openLog({ segmentBytes: 4000 });
    const reader = readerOf(log);
    const seen: string[] = [];
    for (let round = 0; round < 20; round++) {
      await log.write(idsOf(round * 25 + 1, round * 25 + 25));
      const { records } = await reader.read(17, 5000);
      expect(records.length).toBeGreaterThan(0);
      expect(records.length).toBeLessThanOrEqual(17);
      seen.push(...records.map(({ row }) => row.decision_id));
    }
    await log.close();
    const { ids, cut } = await readAll(reader, 17, 5000);
    expect([...seen, ...ids]).toEqual(idsOf(1, 500));
    expect(cut).toBe(0);
    expect(segmentsOf(log).length).toBeGreaterThan(5);
    await reader.close();
  });

  it('goes on from the place behind any record', async () => {
    const log = await openLog({ segmentBytes: 4000 });
    await log.write(idsOf(1, 200));
    await log.close();
    const first = readerOf(log);
    const whole = await first.read(1000, 1e9);
    await first.close();
    expect(whole.records.map(({ row }) => row.decision_id)).toEqual(idsOf(1, 200));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 199 }), async (index) => {
        const reader = readerOf(log, whole.records[index]?.end);
        const { ids, cut } = await readAll(reader);
        await reader.close();
        expect(ids).toEqual(idsOf(index + 2, 200));
        expect(cut).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('holds records longer than any piece that is read at once', async () => {
    const log = await openLog();
    const long = Buffer.alloc(3 * 1024 ** 2, 0x61);
    await log.write(['d-1']);
    await log.write(['d-2'], { request: [long], requestBytes: long.length });
    await log.write(['d-3']);
    const reader = readerOf(log);
    const first = await reader.read(10, 1024);
    expect(first.records.map(({ row }) => row.decision_id)).toEqual(['d-1']);
    const second = await reader.read(10, 1024);
    expect(second.records.map(({ row }) => row.request?.length)).toEqual([long.length]);
    expect((await readAll(reader)).ids).toEqual(['d-3']);
    await reader.close();
    await log.close();
  });

  it('waits for a record that is not whole yet, and takes it once it is', async () => {
    const log = await openLog();
    await log.write(idsOf(1, 3));
    await log.close();
    const path = join(capturesFolder(log.data), segmentsOf(log)[0] ?? '');
    const bytes = readFileSync(path);
    // Behind the last record, before the last word of the process.
    const last = [...framesOf(bytes, () => undefined)].at(-1);
    const whole = (last?.offset ?? 0) + (last?.length ?? 0);
    for (const left of [1, 11, 25, 200]) {
      writeFileSync(path, bytes.subarray(0, whole - left));
      const reader = readerOf(log);
      expect((await readAll(reader)).ids).toEqual(idsOf(1, 2));
      appendFileSync(path, bytes.subarray(whole - left));
      expect((await readAll(reader)).ids).toEqual(['d-000003']);
      await reader.close();
    }
  });

  it('reads on where a batch was written, taken back and written anew, with no record lost or twice', async () => {
    const log = await openLog();
    await log.write(idsOf(1, 10));
    const path = join(capturesFolder(log.data), segmentsOf(log)[0] ?? '');
    const kept = readFileSync(path).length;
    await log.write(idsOf(11, 20));
    const first = readFileSync(path);
    await log.write(idsOf(21, 40), { unit: 'a longer unit than before' });
    const later = readFileSync(path).subarray(first.length);
    await log.close();
    const closed = join(capturesFolder(log.data), segmentsOf(log)[0] ?? '');
    // The disk failed behind record 20, which the reader has seen; what follows stands where records 11 to 20 stood.
    writeFileSync(closed, first);
    const reader = readerOf(log);
    expect((await readAll(reader)).ids).toEqual(idsOf(1, 20));
    truncateSync(closed, kept);
    expect((await readAll(reader)).ids).toEqual([]);
    appendFileSync(closed, later);
    expect((await readAll(reader)).ids).toEqual(idsOf(21, 40));
    await reader.close();
  });

  it('steps over damage, and says so', async () => {
    const log = await openLog({ segmentBytes: 4000 });
    await log.write(idsOf(1, 60));
    await log.close();
    const path = join(capturesFolder(log.data), segmentsOf(log)[1] ?? '');
    const bytes = readFileSync(path);
    bytes.fill(0, 900, 1100);
    writeFileSync(path, bytes);
    const reports: string[] = [];
    const reader = readerOf(log, LOG_START, reports);
    const { ids } = await readAll(reader);
    await reader.close();
    const lost = idsOf(1, 60).filter((id) => !ids.includes(id));
    expect(lost.length).toBeGreaterThanOrEqual(1);
    expect(lost.length).toBeLessThanOrEqual(2);
    expect(ids).toEqual(idsOf(1, 60).filter((id) => !lost.includes(id)));
    expect(reports.join()).toMatch(/segment 2: \d+ bytes are no record/);
  });

  it('counts what was deleted before it was read', async () => {
    const log = await openLog({ segmentBytes: 4000 });
    await log.write(idsOf(1, 100));
    await log.close();
    const first = readerOf(log);
    const { records } = await first.read(5, 1e9);
    await first.close();
    const names = segmentsOf(log);
    for (const name of names.slice(0, 3)) rmSync(join(capturesFolder(log.data), name));
    const reader = readerOf(log, records.at(-1)?.end);
    const { ids, cut } = await readAll(reader);
    expect(ids.length).toBeGreaterThan(0);
    expect(cut).toBe(100 - 5 - ids.length);
    expect(ids).toEqual(idsOf(101 - ids.length, 100));
    await reader.close();
  });
});
