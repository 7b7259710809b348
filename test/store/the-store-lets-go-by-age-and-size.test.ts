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
  const at = { wall: () => NOON + 91 * DAY, report: (message: string) => reports.push(message) };
  expect(await compactNow(data, at)).toMatchObject({ stripped: 1, removed: 0 });
  expect(reports).toEqual([expect.stringMatching(/bodies and features of 2 decisions from 2026-03-02 to 2026-03-02/)]);
  const [after = {}] = await parquetRows(data);
  const { f_a: _, p_b: __, ...assignment } = before ?? {};
  expect(after).toEqual({ ...assignment, request: null, response: null, bodies: 'none' });
  expect(await compactNow(data, at)).toMatchObject({ stripped: 0, removed: 0 });

  expect(await compactNow(data, { wall: () => NOON + 451 * DAY })).toMatchObject({ stripped: 0, removed: 1 });
  expect(await parquetFiles(data)).toEqual([]);
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
