// The store as it stands, read by pandas and by pyarrow: folders as partitions, types, lists, bytes, 64-bit integers.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { storePaths } from '../../src/capture/store/layout.ts';
import { modelPlan } from '../capture/plans.ts';
import { bodies } from '../capture/records.ts';
import { capture, compactNow, DAY, NOON, withFeatures } from '../store/filled.ts';

const python = `${process.env.HEADGATE_REAL_PYTHON ?? ''}/python`;
const SCRIPT = fileURLToPath(new URL('python/read_store.py', import.meta.url));

test('pandas and pyarrow find every row, with its types', async () => {
  const fraud = modelPlan({ name: 'fraud' });
  const body = bodies('{"amount":"é"}', '{}');
  const data = await capture([
    { record: { ...body, unit: 'ünit' }, features: { amount: [1, 2.5] } },
    { record: { ...body, at: NOON + DAY }, features: { amount: [null] } },
    { record: body, features: { amount: [3] }, model: fraud },
  ]);
  await withFeatures(data, 1, '{"id":[9007199254740993,null]}');
  await compactNow(data);
  const text = execFileSync(python, [SCRIPT, storePaths(data).root], { encoding: 'utf8' });
  expect(JSON.parse(text)).toEqual({
    calls: 4,
    models: ['credit-default', 'fraud'],
    dates: ['2026-03-02', '2026-03-03'],
    rows: 5,
    amounts: [1, 2.5, 3],
    // 2^53 + 1, which a double would make 2^53.
    ids: ['9007199254740993', null],
    request: '{"amount":"é"}',
    at: '2026-03-02T12:00:00+00:00',
    types: {
      at: 'timestamp[us, tz=UTC]',
      f_amount: 'list<element: double>',
      f_id: 'list<element: int64>',
      request: 'binary',
      slot: 'int32',
    },
    of_one_model: 3,
  });
});
