// kill -9 at random moments of compaction and merging: whatever the moment, a reader finds each record once, and when the work has
// been finished by a later process, so does everybody who reads the folder. HEADGATE_KILLS sets how many times.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/capture/store/database.ts';
import { storePaths } from '../../src/capture/store/layout.ts';
import { openManifest } from '../../src/capture/store/manifest.ts';
import { takeSnapshot } from '../../src/capture/store/snapshot.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { temporaryFolder } from '../capture/open-capture.ts';
import { modelPlan } from '../capture/plans.ts';
import { bodies } from '../capture/records.ts';
import { type Call, capture, NOON, parquetFiles, parquetRows, segmentsOf } from './filled.ts';

const CHILD = new URL('compact-until-killed.ts', import.meta.url).pathname;
const KILLS = Number(process.env.HEADGATE_KILLS ?? 12);
const ROWS = 40;

const calls: Call[] = Array.from({ length: ROWS }, (_, i) => ({
  record: { ...bodies(`{"n":${i}}`, '{}'), at: NOON + (i % 2) * 86_400_000 },
  model: modelPlan({ name: i % 3 === 0 ? 'a' : 'b' }),
  features: { n: [i], [`only${i % 5}`]: ['x'] },
}));

/** What a reader of the record finds now: how often each row, by process and sequence. */
async function seen(data: string): Promise<Map<string, number>> {
  const folder = await temporaryFolder();
  const database = await openDatabase(null, { threads: 1, memoryBytes: 256 * 1024 ** 2, spillFolder: null });
  try {
    const { select } = await takeSnapshot({ data, folder, model: null });
    const rows = await database.rows(
      `SELECT replica || '/' || sequence AS id, count(*) AS n FROM (${select}) GROUP BY ALL`,
    );
    return new Map(rows.map(({ id, n }) => [String(id), Number(n)]));
  } finally {
    database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function compactUntil(data: string, killAfterMs: number | null): Promise<boolean> {
  const child = spawn(process.execPath, [CHILD, data], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  if (killAfterMs === null) child.stdout.resume();
  else {
    // Counted from its start: the first part goes to loading, so the dice are thrown over what comes after it.
    const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    child.stdout.resume();
    await ended;
    clearTimeout(timer);
    return child.signalCode === null;
  }
  await ended;
  expect(child.exitCode).toBe(0);
  return true;
}

test(`${KILLS} kills at random moments`, async () => {
  const random = createSeededRandom(Date.now());
  const data = await temporaryFolder();
  let expected = 0;
  let killed = 0;
  for (let i = 0; i < KILLS; i++) {
    await capture(calls, data);
    await capture(calls, data);
    expected += 2 * ROWS;
    const wasWhole = await compactUntil(data, 150 + random() * 900);
    if (!wasWhole) killed += 1;
    const found = await seen(data);
    expect(found.size).toBe(expected);
    expect([...found.values()].filter((n) => n !== 1)).toEqual([]);
  }
  await compactUntil(data, null);
  expect(killed).toBeGreaterThan(0);
  expect(await segmentsOf(data)).toEqual([]);
  const rows = await parquetRows(data);
  expect(rows.length).toBe(expected);
  expect(new Set(rows.map(({ replica, sequence }) => `${replica}/${sequence}`)).size).toBe(expected);
  // Two models, two days, all merged.
  expect((await parquetFiles(data)).length).toBe(4);
}, 600_000);

test('killed between the line and the renames: files in staging and files in place are read side by side', async () => {
  const data = await capture(calls);
  await compactUntil(data, null);
  const before = new Set(await parquetFiles(data));
  await capture(calls, data);
  await compactUntil(data, null);
  // As they lay before the renames.
  const { root, staging, indexes, manifest } = storePaths(data);
  const { last } = await openManifest(manifest);
  const added = last?.add.map(({ path }) => path) ?? [];
  expect(added.length).toBeGreaterThan(0);
  expect(before.size).toBeGreaterThan(0);
  const folder = join(staging, last?.id ?? '');
  await mkdir(folder, { recursive: true });
  for (const path of added.slice(1)) await rename(join(root, path), join(folder, basename(path)));
  for (const name of await readdir(indexes))
    if (last?.add[0]?.index === name) await rename(join(indexes, name), join(folder, name));
  const found = await seen(data);
  expect([found.size, [...found.values()].filter((n) => n !== 1)]).toEqual([2 * ROWS, []]);
  await compactUntil(data, null);
  expect((await parquetRows(data)).length).toBe(2 * ROWS);
});

test('two compactors on one folder: one works, the other leaves it alone', async () => {
  const data = await temporaryFolder();
  for (let i = 0; i < 8; i++) await capture(calls, data);
  const [first, second] = [0, 1].map(() => {
    const child = spawn(process.execPath, [CHILD, data], { stdio: ['ignore', 'pipe', 'inherit'] });
    return text(child.stdout);
  });
  const said = [await first, await second].map((line) =>
    line?.trim() === 'undefined' ? 0 : (JSON.parse(line ?? '') as { rows: number }).rows,
  );
  expect(said.reduce((sum, rows) => sum + rows, 0)).toBe(8 * ROWS);
  expect((await parquetRows(data)).length).toBe(8 * ROWS);
}, 60_000);
