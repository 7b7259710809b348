// A file that the manifest names and that lies nowhere is no file in place: nothing is deleted in its name, in this run and the next.

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commit } from '../../src/capture/store/commit.ts';
import { storePaths, syncFolder } from '../../src/capture/store/layout.ts';
import { openManifest } from '../../src/capture/store/manifest.ts';
import { temporaryFolder } from '../capture/open-capture.ts';
import { capture, compactNow, NOON, parquetFiles, segmentsOf } from './filled.ts';

const LOST =
  /the manifest names it, but it is neither here nor in staging; put it back from a copy, or set .*manifest.ndjson aside/;

test('a staged file that is gone is an error, and so is the next run until somebody has looked', async () => {
  const data = await capture([{}]);
  const paths = storePaths(data);
  const segments = await segmentsOf(data);
  await compactNow(await capture([{}], await temporaryFolder()));
  const manifest = await openManifest(paths.manifest);
  const file = { path: 'model=m/date=2026-03-02/a.parquet', model: 'm', date: '2026-03-02', rows: 1, bytes: 1 };
  const add = [{ ...file, from: NOON, to: NOON, kept: 'all' as const, index: 'a.ids' }];
  const named = { op: 'compact' as const, id: 'a', at: '', segments, remove: [], types: {}, add };
  await expect(commit(paths, manifest, named)).rejects.toThrow(LOST);
  await expect(compactNow(data)).rejects.toThrow(LOST);
  expect(await segmentsOf(data)).toEqual(segments);
});

test('a file of the last operation that is deleted by hand is told, and so is a folder that cannot be synchronised', async () => {
  const data = await capture([{}]);
  await compactNow(data, { isHeld: async () => true });
  const segments = await segmentsOf(data);
  const [path = ''] = await parquetFiles(data);
  rmSync(join(storePaths(data).root, path));
  await expect(compactNow(data)).rejects.toThrow(LOST);
  expect(await segmentsOf(data)).toEqual(segments);
  expect(segments.length).toBe(1);
  await expect(syncFolder(join(data, 'nowhere'))).rejects.toThrow(/ENOENT/);
  expect(readdirSync(join(data, 'captures'))).toEqual(segments);
});
