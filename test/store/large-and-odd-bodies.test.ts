// Bodies of 8 MiB, empty ones, bytes that are no text, and ids with any character an id may have go through the store unchanged, in
// little memory.

import { expect, test } from 'vitest';
import { openDatabase } from '../../src/capture/store/database.ts';
import { createStoredFinder } from '../../src/capture/store/find-stored.ts';
import { readRows } from '../../src/capture/store/read-rows.ts';
import { capture, compactNow, parquetRows } from './filled.ts';

const MIB = 1024 ** 2;

test('calls with bodies of 8 MiB each way, within 256 MiB', async () => {
  const large = new Uint8Array(8 * MIB).map((_, i) => (i * 31) & 255);
  const sized = { request: [large], response: [large], requestBytes: large.length, responseBytes: large.length };
  const data = await capture(Array.from({ length: 3 }, () => ({ record: sized })));
  expect(await compactNow(data, { memoryBytes: 256 * MIB })).toMatchObject({ rows: 3 });
  const rows = await parquetRows(
    data,
    'replica, sequence, md5(request) AS a, md5(response) AS b, octet_length(request) AS n',
  );
  expect(rows.map(({ n }) => n)).toEqual(Array(3).fill(BigInt(large.length)));
  expect(new Set(rows.flatMap(({ a, b }) => [a, b])).size).toBe(1);
}, 120_000);

test('every byte, nothing at all, and ids of odd characters', async () => {
  const every = Uint8Array.from({ length: 256 }, (_, i) => i);
  const decisionId = `!"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~`;
  const data = await capture([
    {
      record: {
        decisionId,
        request: [every],
        requestBytes: 256,
        response: [],
        responseBytes: 0,
        path: '/a?b=\u0000"\\',
      },
    },
  ]);
  await compactNow(data);
  const database = await openDatabase(null, { threads: 1, memoryBytes: 256 * MIB, spillFolder: null });
  const finder = createStoredFinder(data, (id, wanted) => readRows(database, id, wanted));
  const [found] = await finder.find(decisionId);
  database.close();
  expect(found?.path).toBe('/a?b=\u0000"\\');
  expect(Buffer.from(found?.request ?? []).equals(every)).toBe(true);
  expect(found?.response?.length).toBe(0);
});
