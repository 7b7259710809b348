// Files of a day that is over become one; files whose columns differ in type stay apart; nothing is lost or doubled on the way.

import { expect, test } from 'vitest';
import { capture, compactNow, DAY, NOON, parquetFiles, parquetRows } from './filled.ts';

const TODAY = { wall: () => NOON };

test('the files of a past day become one, those of today wait until they are many', async () => {
  const data = await capture([{ features: { a: [1] } }]);
  await compactNow(data, TODAY);
  for (let i = 0; i < 3; i++) {
    await capture([{ features: { a: [i], [`b${i}`]: ['x'] } }, {}], data);
    expect(await compactNow(data, TODAY)).toMatchObject({ merged: 0 });
  }
  expect((await parquetFiles(data)).length).toBe(4);
  const before = await parquetRows(data);
  expect(await compactNow(data, { wall: () => NOON + DAY })).toMatchObject({ merged: 4 });
  expect((await parquetFiles(data)).length).toBe(1);
  const after = await parquetRows(data);
  expect(after.length).toBe(7);
  expect(after).toEqual(before.map((row) => expect.objectContaining(row)));

  const many = await capture([{}]);
  await compactNow(many, TODAY);
  for (let i = 0; i < 12; i++) {
    await capture([{}], many);
    await compactNow(many, TODAY);
  }
  expect((await parquetFiles(many)).length).toBe(1);
  expect((await parquetRows(many)).length).toBe(13);
});

test('a column of two types is not made one of them', async () => {
  const data = await capture([{ features: { a: [0.5] } }]);
  await compactNow(data, TODAY);
  await capture([{ features: { a: [1.5] } }], data);
  await compactNow(data, TODAY);
  await capture([{ features: { a: ['1e3'] } }], data);
  await compactNow(data, TODAY);
  expect(await compactNow(data)).toMatchObject({ merged: 2 });
  expect((await parquetFiles(data)).length).toBe(2);
  expect((await parquetRows(data)).map((row) => (row.f_a as { items: unknown }).items)).toEqual([
    ['0.5'],
    ['1.5'],
    ['1e3'],
  ]);
});
