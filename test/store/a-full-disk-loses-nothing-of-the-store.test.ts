// A disk without room for Parquet, a small tmpfs: the compactor fails, leaves nothing behind and deletes nothing; with room again all
// goes in, once. Mounting needs root: where it is not permitted the test is skipped, and says so, save in CI.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storePaths } from '../../src/capture/store/layout.ts';
import { temporaryFolder } from '../capture/open-capture.ts';
import { bodies } from '../capture/records.ts';
import { capture, compactNow, parquetRows, segmentsOf } from './filled.ts';

const small = join(await temporaryFolder(), 'small');
const canMount = mounted();
if (!canMount) process.stderr.write('SKIPPED: mounting a tmpfs is not permitted here; a full disk is not tested\n');

beforeAll(() => {
  if (process.env.CI === 'true' && !canMount) throw new Error('CI must be able to mount a tmpfs');
});
afterAll(() => {
  if (canMount) execFileSync('umount', ['-l', small]);
});

function mounted(): boolean {
  mkdirSync(small, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Until not a byte is free. */
function fill(path: string): void {
  const piece = Buffer.alloc(4096);
  try {
    for (;;) writeFileSync(path, piece, { flag: 'a' });
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  }
}

test.skipIf(!canMount).each(['before the first run', 'after one'])('full %s', async (when) => {
  const data = join(small, when.replaceAll(' ', '-'));
  const filler = join(small, 'filler');
  const paths = storePaths(data);
  mkdirSync(data);
  let expected = 0;
  const write = async (): Promise<void> => {
    await capture(
      Array.from({ length: 50 }, (_, i) => ({ record: bodies(`{"n":${i}}`, 'x'.repeat(500)) })),
      data,
    );
    expected += 50;
  };
  if (when === 'after one') {
    await write();
    await compactNow(data);
  }
  await write();
  const segments = await segmentsOf(data);
  mkdirSync(paths.own, { recursive: true });
  fill(filler);
  const before = readdirSync(paths.own).filter((name) => name.startsWith('compactor.lock'));
  for (let tried = 0; tried < 3; tried++) await expect(compactNow(data)).rejects.toThrow();
  expect(readdirSync(paths.own).filter((name) => name.startsWith('compactor.lock'))).toEqual(before);
  expect(await segmentsOf(data)).toEqual(segments);

  rmSync(filler);
  // Of a process that was killed while it made one.
  writeFileSync(join(paths.own, 'compactor.lock.dead'), 'x');
  await compactNow(data);
  expect(await segmentsOf(data)).toEqual([]);
  expect(readdirSync(paths.own).filter((name) => name.startsWith('compactor.lock'))).toEqual(['compactor.lock']);
  const rows = await parquetRows(data, 'replica, sequence');
  expect(new Set(rows.map(({ replica, sequence }) => `${replica}/${sequence}`)).size).toBe(expected);
  expect(rows.length).toBe(expected);
});
