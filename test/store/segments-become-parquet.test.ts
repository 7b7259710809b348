// Closed segments become Parquet files by model and day, with every column of the record and typed columns for features and
// predictions; then the segments go.

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBTimestampTZValue } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { listSegments } from '../../src/capture/segments/segment-name.ts';
import { isHeldBySinks } from '../../src/capture/store/held-by-sinks.ts';
import { rowsUnder, text } from '../capture/open-capture.ts';
import { modelPlan } from '../capture/plans.ts';
import { bodies } from '../capture/records.ts';
import { capture, compactNow, DAY, NOON, parquetFiles, parquetRows, segmentsOf } from './filled.ts';

const other = modelPlan({ name: 'fraud-2.1' });

test('every record is in the store as it was in its segment, and the segment is gone', async () => {
  const data = await capture([
    { record: bodies('{"a":1}', '{"b":2}'), features: { a: [1] }, predictions: { b: [2] } },
    { record: { ...bodies('\u0000\u00ff', ''), role: 'shadow', unit: 'é"\\\n\u{1f600}' } },
    { record: { at: NOON - DAY + 0.125, rule: 3, failure: 0, status: 0 }, model: other },
  ]);
  const before = await rowsUnder(data);
  const done = await compactNow(data);
  expect(done).toMatchObject({ segments: 1, rows: 3 });
  expect(await segmentsOf(data)).toEqual([]);
  expect((await parquetFiles(data)).map((path) => path.replace(/[^/]+$/, ''))).toEqual([
    'model=credit-default/date=2026-03-02/',
    'model=fraud-2.1/date=2026-03-01/',
  ]);

  const after = await parquetRows(data);
  expect(after.length).toBe(3);
  before.forEach((row, i) => {
    const stored = after[i] ?? {};
    const { features: _, predictions: __, at, request, response, ...plain } = row;
    for (const [name, value] of Object.entries(plain)) {
      const shown = stored[name];
      expect(Array.isArray(value) ? listOf(shown) : numberOf(shown), name).toEqual(value);
    }
    expect(stored.at).toEqual(new DuckDBTimestampTZValue(BigInt(Math.round(at * 1000))));
    expect(bytesOf(stored.request), 'request').toEqual(request === null ? null : text(request));
    expect(bytesOf(stored.response), 'response').toEqual(response === null ? null : text(response));
  });
  expect(after.map(({ features, predictions }) => [features, predictions])).toEqual(Array(3).fill([null, null]));
  expect(listOf(after[0]?.f_a)).toEqual([1]);
  expect(listOf(after[0]?.p_b)).toEqual([2]);
});

test('a second run finds nothing to do, and changes nothing', async () => {
  const data = await capture([{}, {}]);
  await compactNow(data);
  const files = await parquetFiles(data);
  expect(await compactNow(data)).toMatchObject({ segments: 0, rows: 0, merged: 0, stripped: 0, removed: 0 });
  expect(await parquetFiles(data)).toEqual(files);
});

test('segments of several processes in one folder all go in', async () => {
  const data = await capture([{}, {}]);
  await capture([{}, {}, {}], data);
  expect(await compactNow(data)).toMatchObject({ segments: 2, rows: 5 });
  expect(
    (
      await parquetRows(
        data,
        'count(DISTINCT replica) AS n, any_value(replica) AS replica, any_value(sequence) AS sequence',
      )
    )[0]?.n,
  ).toBe(2n);
});

test('a segment that somebody still reads stays, and does not go in twice', async () => {
  const data = await capture([{}, {}]);
  await compactNow(data, { isHeld: async () => true });
  expect((await segmentsOf(data)).length).toBe(1);
  expect(await compactNow(data, { isHeld: async () => true })).toMatchObject({ segments: 0 });
  await compactNow(data);
  expect(await segmentsOf(data)).toEqual([]);
  expect((await parquetRows(data)).length).toBe(2);
});

test('a sink holds back what it has not read, unless it has been silent for a day', async () => {
  const data = await capture([{}]);
  const [entry] = await listSegments(join(data, 'captures'));
  if (entry === undefined) throw new Error('there is no segment');
  const held = (now = Date.now()) => isHeldBySinks(data, entry, now);
  expect(await held()).toBe(false);
  const cursor = join(data, 'sinks', 'kafka', `${entry.replica}.json`);
  await mkdir(join(data, 'sinks', 'kafka'), { recursive: true });
  expect(await held()).toBe(true);
  const reached = async (serial: number, done = false) =>
    writeFile(cursor, JSON.stringify({ position: { serial }, done }));
  await reached(entry.serial);
  expect(await held()).toBe(true);
  expect(await held(Date.now() + 2 * DAY)).toBe(false);
  await reached(entry.serial, true);
  expect(await held()).toBe(false);
  await reached(entry.serial + 1);
  expect(await held()).toBe(false);
  // A cursor that is damaged says nothing: its sink begins again. One that the disk does not give is no cursor that is not there.
  await writeFile(cursor, '{"position":');
  expect(await held(Date.now() + DAY / 2)).toBe(true);
  await rm(cursor);
  await mkdir(cursor);
  await expect(held()).rejects.toThrow(/EISDIR/);
});

test('of a damaged segment all undamaged records go in, and the damage is told', async () => {
  const data = await capture([{}, {}, {}]);
  const path = join(data, 'captures', (await segmentsOf(data))[0] ?? '');
  const bytes = await readFile(path);
  bytes[bytes.indexOf('decision-1')] = 0x58;
  await writeFile(path, bytes);
  const reports: string[] = [];
  await compactNow(data, { report: (message) => reports.push(message) });
  expect((await parquetRows(data)).map((row) => row.sequence)).toEqual([1n, 3n]);
  expect(reports).toEqual([expect.stringMatching(/bytes are damaged; the 2 records around them are in the store/)]);
});

function listOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'items' in value ? value.items : value;
}

function numberOf(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

function bytesOf(value: unknown): string | null {
  return typeof value === 'object' && value !== null && 'bytes' in value
    ? Buffer.from(value.bytes as Uint8Array).toString('utf8')
    : null;
}
