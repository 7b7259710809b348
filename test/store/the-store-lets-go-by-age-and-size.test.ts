// Bodies and features go after their time, records after theirs, and both where the store is too large: oldest first, and told.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planExpiry } from '../../src/capture/store/expire.ts';
import { storePaths } from '../../src/capture/store/layout.ts';
import type { StoredFile } from '../../src/capture/store/manifest.ts';
import { bodies } from '../capture/records.ts';
import { capture, compactNow, DAY, NOON, parquetFiles, parquetRows } from './filled.ts';

const KEEP = { bodiesMs: 90 * DAY, recordsMs: 450 * DAY, bytesMax: 1e12 };
const call = {
  record: { ...bodies('{"a":1}', '{"b":1}'), unit: 'acct-9' },
  features: { a: [1] },
  predictions: { b: [1] },
};

test('after their time bodies and features go, and the assignment stays', async () => {
  const data = await capture([call, call]);
  await compactNow(data);
  const [before] = await parquetRows(data);
  const reports: string[] = [];
  await live(data, 1, 90);
  const at = { wall: () => NOON + 91 * DAY, report: (message: string) => reports.push(message) };
  expect(await compactNow(data, at)).toMatchObject({ stripped: 1, removed: 0 });
  expect(reports).toEqual([expect.stringMatching(/bodies and features of 2 decisions from 2026-03-02 to 2026-03-02/)]);
  const [after = {}] = await parquetRows(data);
  const { f_a: _, p_b: __, ...assignment } = before ?? {};
  expect(after).toEqual({ ...assignment, request: null, response: null, bodies: 'none' });
  expect(await compactNow(data, at)).toMatchObject({ stripped: 0, removed: 0 });

  await live(data, 91, 450);
  expect(await compactNow(data, { wall: () => NOON + 451 * DAY })).toMatchObject({ stripped: 0, removed: 1 });
  expect(await parquetFiles(data)).toEqual([]);
});

/** Runs of a gate that goes on, from one day to another. */
async function live(data: string, from: number, to: number): Promise<void> {
  for (let day = from; day < to; day += 30) await compactNow(data, { wall: () => NOON + day * DAY });
  await compactNow(data, { wall: () => NOON + to * DAY });
}

test('while the clock stands far ahead nothing is let go for its age, also not by the runs after the first, and it is told once', async () => {
  const data = await capture([call, call]);
  await compactNow(data);
  const before = await parquetRows(data);
  const reports: string[] = [];
  const at = (days: number) => ({ wall: () => NOON + days * DAY, report: (message: string) => reports.push(message) });
  expect(await compactNow(data, at(1000))).toMatchObject({ stripped: 0, removed: 0 });
  // Records that came meanwhile carry the wrong time, too.
  await capture([{ ...call, record: { ...call.record, at: NOON + 1000 * DAY } }], data);
  expect(await compactNow(data, at(1000.01))).toMatchObject({ segments: 1, stripped: 0, removed: 0 });
  expect(await compactNow(data, at(1000.5))).toMatchObject({ stripped: 0, removed: 0 });
  expect(reports).toEqual([
    expect.stringMatching(/the clock says 2028-.*nothing is let go for its age.*set the clock right/),
  ]);
  // It is set right: nothing has happened, and after a day ages count again.
  expect(await compactNow(data, at(1.1))).toMatchObject({ stripped: 0, removed: 0 });
  expect(reports.length).toBe(2);
  expect((await parquetRows(data)).slice(0, 2)).toEqual(before);
  await live(data, 2, 90);
  expect(await compactNow(data, at(92))).toMatchObject({ stripped: 1, removed: 0 });
});

test('a step of the clock in the very run that takes records in is seen', async () => {
  const data = await capture([call]);
  await compactNow(data);
  await capture([{ ...call, record: { ...call.record, at: NOON + 1000 * DAY } }], data);
  expect(await compactNow(data, { wall: () => NOON + 1000 * DAY })).toMatchObject({
    segments: 1,
    stripped: 0,
    removed: 0,
  });
});

test('a gate that was off for long lets go a day after it is back; what is too large goes at once', async () => {
  const data = await capture([call]);
  await compactNow(data);
  const wall = (days: number) => ({ wall: () => NOON + days * DAY });
  expect(await compactNow(data, wall(500))).toMatchObject({ stripped: 0, removed: 0 });
  const small = { retention: { ...KEEP, bytesMax: 0 } };
  const other = await capture([call]);
  await compactNow(other);
  expect(await compactNow(other, { ...wall(500), ...small })).toMatchObject({ removed: 1 });
  expect(await compactNow(data, wall(501))).toMatchObject({ stripped: 0, removed: 1 });
});

test('a store that is too large loses the oldest bodies', async () => {
  const data = await capture([call, { ...call, record: { ...call.record, at: NOON - DAY } }]);
  await compactNow(data);
  const sizes = (await parquetFiles(data)).map((path) => statSync(join(storePaths(data).root, path)).size);
  const bytesMax = sizes.reduce((sum, size) => sum + size, -1);
  expect(await compactNow(data, { retention: { ...KEEP, bytesMax } })).toMatchObject({ stripped: 1, removed: 0 });
  const rows = await parquetRows(data, 'CAST(date AS VARCHAR) AS date, bodies, replica, sequence');
  expect(rows).toMatchObject([
    { date: '2026-03-02', bodies: 'full' },
    { date: '2026-03-01', bodies: 'none' },
  ]);
});

const file = (name: string, changes: Partial<StoredFile>): StoredFile => ({
  path: name,
  model: 'm',
  date: '2026-03-02',
  rows: 10,
  bytes: 1000,
  from: NOON,
  to: NOON,
  kept: 'all',
  index: 'i',
  ...changes,
});

test('by size the oldest bodies go first, and records only where that is not enough', () => {
  const files = [file('old', { to: NOON - 2 * DAY }), file('mid', { to: NOON - DAY }), file('new', {})];
  const plan = (bytesMax: number) => {
    const { strip, remove } = planExpiry(files, { ...KEEP, bytesMax }, NOON);
    return { strip: strip.map(({ path }) => path), remove: remove.map(({ path }) => path) };
  };
  expect(plan(3000)).toEqual({ strip: [], remove: [] });
  expect(plan(2500)).toEqual({ strip: ['old'], remove: [] });
  expect(plan(1000)).toEqual({ strip: ['old', 'mid', 'new'], remove: [] });
  expect(plan(700)).toEqual({ strip: ['mid', 'new'], remove: ['old'] });
  expect(plan(0)).toEqual({ strip: [], remove: ['old', 'mid', 'new'] });
});
