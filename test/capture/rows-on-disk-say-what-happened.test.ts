// The row of a decision holds every column of the record and the bodies as held; `bodies` decides how much of them.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Decoded } from '../../src/capture/keep.ts';
import { failureIndex } from '../../src/errors.ts';
import { openCapture, rowsUnder, text } from './open-capture.ts';
import { capturePlan, modelPlan } from './plans.ts';
import { bodies, exchange } from './records.ts';

const DECODED: Decoded = {
  features: {
    rows: 2,
    columns: [
      { name: 'amount', values: [1.5, null] },
      { name: '__proto__', values: ['a', 'b'] },
    ],
  },
  predictions: { rows: 2, columns: [{ name: 'output-0', values: [0.25, 0.75] }] },
};

test('a row holds the columns, the features and both bodies', async () => {
  const { capture, data } = await openCapture();
  const record = exchange({
    ...bodies('{"inputs":[]}', '{"outputs":[]}'),
    unit: 'Zoë ☕',
    version: 1,
    role: 'challenger',
    status: 0,
    failure: failureIndex('upstream_timeout'),
  });
  capture.append(record, { generation: 'aaaabbbbccccdddd', model: modelPlan() }, DECODED);
  await capture.close();
  const [row] = await rowsUnder(data);
  expect(row).toMatchObject({
    decision_id: record.decisionId,
    sequence: 1,
    replica: capture.replica,
    generation: 'aaaabbbbccccdddd',
    at: record.at,
    model: 'credit-default',
    version: 'boosted',
    assigned: 'logistic',
    role: 'challenger',
    unit: 'Zoë ☕',
    slot: 4711,
    propensity: 0.9,
    reason: 'split',
    error: 'upstream_timeout',
    error_source: 'upstream',
    rows: 2,
    request_bytes: 13,
    response_bytes: 14,
    predictions: { 'output-0': [0.25, 0.75] },
    sample_rate: 1,
    trace_id: record.traceId,
    request_headers: ['content-type', 'application/json'],
    withheld: [],
  });
  expect(Object.entries(row?.features ?? {})).toEqual([
    ['amount', [1.5, null]],
    ['__proto__', ['a', 'b']],
  ]);
  expect(text(row?.request)).toBe('{"inputs":[]}');
  expect(text(row?.response)).toBe('{"outputs":[]}');
  expect(await readdir(join(data, 'captures'))).toEqual([`${capture.replica}.000001.capture`]);
});

test.each([
  ['features', { amount: [1.5, null] }],
  ['none', null],
] as const)('bodies: %s', async (kept, features) => {
  const { capture, data } = await openCapture();
  const model = capturePlan({ bodies: kept });
  capture.append(exchange(bodies('{"secret":1}', '{}')), { generation: 'g', model }, DECODED);
  await capture.close();
  const [row] = await rowsUnder(data);
  expect([row?.request, row?.response]).toEqual([null, null]);
  if (features === null) expect(row?.features).toBeNull();
  else expect(row?.features).toMatchObject(features);
  expect(row?.request_bytes).toBe(12);
});

test('bodies in pieces, empty bodies and bytes that are no text come back as they were', async () => {
  const { capture, data } = await openCapture();
  const every = Uint8Array.from({ length: 256 }, (_, i) => i);
  const pieces = { request: [every.subarray(0, 100), every.subarray(100)], response: [] };
  capture.append(exchange(pieces), { generation: 'g', model: modelPlan() }, { features: null, predictions: null });
  await capture.close();
  const [row] = await rowsUnder(data);
  expect(Buffer.from(row?.request ?? []).equals(every)).toBe(true);
  expect(row?.response?.length).toBe(0);
  expect(row?.rows).toBeNull();
});
