// A decision is found by its id in whatever file it lies, with all of its calls, as it was captured; what is not there costs no
// reading of Parquet.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/capture/store/database.ts';
import { hashOf, searchIndex, writeIndex } from '../../src/capture/store/decision-index.ts';
import { createStoredFinder } from '../../src/capture/store/find-stored.ts';
import { readRows } from '../../src/capture/store/read-rows.ts';
import { temporaryFolder } from '../capture/open-capture.ts';
import { bodies } from '../capture/records.ts';
import { capture, compactNow, DAY, NOON, parquetFiles } from './filled.ts';

const database = await openDatabase(null, { threads: 1, memoryBytes: 256 * 1024 ** 2, spillFolder: null });
afterAll(() => database.close());

test('with its shadows and every column, before and after a merge', async () => {
  const call = { ...bodies('{"a":1}', '\u00ff'), unit: 'acct-9', decisionId: "it's" };
  const data = await capture([
    {
      record: call,
      features: { Amount: [1, null], amount: ['x', 'y'], 'a\nb': [1, 2] },
      predictions: { p: [true, false] },
    },
    {},
    { record: { ...call, role: 'shadow', version: 1 } },
  ]);
  let reads = 0;
  const finder = createStoredFinder(data, (id, wanted) => {
    reads += 1;
    return readRows(database, id, wanted);
  });
  expect(await finder.find("it's")).toEqual([]);
  await compactNow(data, { wall: () => NOON });
  await capture([{ record: { ...call, unit: 'acct-10', at: NOON + 1000 } }, {}], data);
  await compactNow(data, { wall: () => NOON });

  const found = await finder.find("it's");
  expect(found.map(({ role, unit, sequence }) => [role, unit, sequence])).toEqual(
    expect.arrayContaining([
      ['champion', 'acct-9', 1],
      ['shadow', 'acct-9', 3],
      ['champion', 'acct-10', 1],
    ]),
  );
  const [first] = found.filter(({ unit, role }) => unit === 'acct-9' && role === 'champion');
  expect(first).toMatchObject({
    model: 'credit-default',
    at: NOON,
    request_headers: ['content-type', 'application/json'],
  });
  expect(first?.features).toEqual({ Amount: [1, null], amount: ['x', 'y'], 'a\nb': [1, 2] });
  expect(first?.predictions).toEqual({ p: [true, false] });
  expect(Buffer.from(first?.request ?? []).toString()).toBe('{"a":1}');
  reads = 0;
  expect(await finder.find('nobody')).toEqual([]);
  expect(reads).toBe(0);

  await compactNow(data, { wall: () => NOON + DAY });
  expect((await parquetFiles(data)).length).toBe(1);
  expect(new Set(await finder.find("it's"))).toEqual(new Set(found));
});

test('an index of many finds each, wherever it lies', async () => {
  const folder = await temporaryFolder();
  const many = join(folder, 'many.parquet');
  const count = 20_000;
  await database.run(
    `COPY (SELECT 'id-' || (i // 2) AS decision_id FROM range(${count}) t(i)) TO '${many}' (FORMAT parquet)`,
  );
  const path = join(folder, 'index');
  await writeIndex(path, [{ at: many, path: 'many' }], database);
  for (let i = 0; i < count / 2; i += 37) {
    const found = await searchIndex(path, hashOf(`id-${i}`));
    expect(found).toEqual([
      { path: 'many', row: 2 * i },
      { path: 'many', row: 2 * i + 1 },
    ]);
  }
  for (let i = 0; i < 200; i++) expect(await searchIndex(path, hashOf(`no-${i}`))).toEqual([]);
  for (const edge of [0, 2 ** 48 - 1]) expect(await searchIndex(path, edge)).toEqual([]);

  // All of one id, which no caller should do: as many as an answer takes.
  await database.run(`COPY (SELECT 'one' AS decision_id FROM range(5000)) TO '${many}' (FORMAT parquet)`);
  await writeIndex(path, [{ at: many, path: 'many' }], database);
  expect((await searchIndex(path, hashOf('one'))).length).toBe(64);
  await writeFile(path, 'something else that is long enough');
  await expect(searchIndex(path, 1)).rejects.toThrow(/this is no index of decisions/);
});
