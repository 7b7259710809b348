// Features and predictions become typed columns, a list with an element per row of the request; types only widen, nothing changes
// its value, and what gets no column stays as JSON.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createModelTypes } from '../../src/capture/store/feature-types.ts';
import { temporaryFolder } from '../capture/open-capture.ts';
import { capture, compactNow, parquetRows, withFeatures } from './filled.ts';

const lists = (rows: Awaited<ReturnType<typeof parquetRows>>, column: string) =>
  rows.map((row) => (row[column] as { items?: unknown } | null)?.items ?? null);

test('numbers, texts, flags and gaps, several rows a call', async () => {
  const data = await capture([
    { features: { amount: [1, 2.5, null], country: ['DE', null, undefined], new: [true, false, null] } },
    { features: { amount: [3], other: ['x'] }, predictions: { score: [0.25] } },
    {},
  ]);
  await compactNow(data);
  const rows = await parquetRows(data);
  expect(lists(rows, 'f_amount')).toEqual([[1, 2.5, null], [3], null]);
  expect(lists(rows, 'f_country')).toEqual([['DE', null, null], null, null]);
  expect(lists(rows, 'f_new')).toEqual([[true, false, null], null, null]);
  expect(lists(rows, 'f_other')).toEqual([null, ['x'], null]);
  expect(lists(rows, 'p_score')).toEqual([null, [0.25], null]);
  const [types] = await parquetRows(
    data,
    'typeof(any_value(f_amount)) AS f_amount, typeof(any_value(p_score)) AS p_score, typeof(any_value(f_new)) AS f_new, 1 AS replica, 1 AS sequence',
  );
  expect(types).toMatchObject({ f_amount: 'DOUBLE[]', p_score: 'DOUBLE[]', f_new: 'BOOLEAN[]' });
});

test('names that differ in case only, and names with any character, have a column each', async () => {
  const names = ['Amount', 'amount', 'AMOUNT', 'a"b', "a'b", 'a/b~c', 'é\u{1f600}', '', ' ', '$.x', '0'];
  const data = await capture([{ features: Object.fromEntries(names.map((name, i) => [name, [i]])) }]);
  await compactNow(data);
  const [row = {}] = await parquetRows(data);
  const columns = ['f_Amount', 'f_amount_2', 'f_AMOUNT_3', ...names.slice(3).map((name) => `f_${name}`)];
  expect(columns.map((column) => (row[column] as { items: unknown }).items)).toEqual(names.map((_, i) => [i]));
});

test('what gets no column is kept as JSON', async () => {
  const many = Object.fromEntries(Array.from({ length: 1003 }, (_, i) => [`x${i}`, [i]]));
  const data = await capture([{ features: { ...many, 'a\nb': [1] } }]);
  await compactNow(data);
  const [row = {}] = await parquetRows(data);
  expect(JSON.parse(String(row.features))).toEqual({ x1000: [1000], x1001: [1001], x1002: [1002], 'a\nb': [1] });
});

test('a column keeps its type from day to day, and widens only where a value asks for it', async () => {
  const data = await capture([{ features: { a: [1], b: [true], c: ['x'] } }]);
  await compactNow(data);
  await capture([{ features: { a: [2], b: [1], c: [3] } }], data);
  await compactNow(data, { wall: () => Date.UTC(2026, 2, 2, 13) });
  const rows = await parquetRows(data);
  expect(lists(rows, 'f_a')).toEqual([[1], [2]]);
  expect(lists(rows, 'f_b')).toEqual([['true'], ['1']]);
  expect(lists(rows, 'f_c')).toEqual([['x'], ['3']]);
});

test('whole numbers beyond 2^53 stay exact, up to 64 bits as numbers, beyond as text', async () => {
  const data = await temporaryFolder();
  await withFeatures(
    data,
    1,
    '{"id":[9007199254740993,-9223372036854775808,1,null],"huge":[18446744073709551616,1],"mix":[9007199254740993,0.5]}',
  );
  await compactNow(data);
  await withFeatures(data, 2, '{"id":[7],"huge":[2],"mix":[1.50]}');
  await compactNow(data, { wall: () => Date.UTC(2026, 2, 2, 13) });
  const rows = await parquetRows(data);
  expect(lists(rows, 'f_id')).toEqual([[9007199254740993n, -9223372036854775808n, 1n, null], [7n]]);
  expect(lists(rows, 'f_huge')).toEqual([['18446744073709551616', '1'], ['2']]);
  expect(lists(rows, 'f_mix')).toEqual([['9007199254740993', '0.5'], ['1.5']]);
});

test('types only widen, whatever comes in whatever order', () => {
  const value = fc.oneof(
    fc.integer(),
    fc.double({ noNaN: true }),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
    fc.bigInt({ min: 2n ** 64n, max: 2n ** 70n }),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
  );
  const width = { BOOLEAN: 0, DOUBLE: 0, BIGINT: 1, VARCHAR: 2 };
  fc.assert(
    fc.property(fc.array(value, { maxLength: 20 }), (values) => {
      const types = createModelTypes([]);
      let before = -1;
      for (const one of values) {
        types.see('features', { x: [one] });
        const [column] = types.columns;
        const now = column === undefined ? -1 : width[column.type];
        expect(now).toBeGreaterThanOrEqual(before);
        before = now;
      }
      const [{ type } = { type: null }] = types.columns;
      if (type === 'BIGINT')
        for (const one of values) expect(one === null || typeof one === 'bigint' || Number.isInteger(one)).toBe(true);
      if (type === 'DOUBLE') for (const one of values) expect(one === null || typeof one === 'number').toBe(true);
    }),
  );
});
