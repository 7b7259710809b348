// captures.keep deletes segments whether or not the store has them; the count of records says which. A segment that is in the
// store stays for a sink that has not read it, until the bound takes it: its records are deleted, and not gone.

import { expect, test } from 'vitest';
import { openCapture } from '../capture/open-capture.ts';
import { modelPlan } from '../capture/plans.ts';
import { exchange } from '../capture/records.ts';
import { capture, compactNow, NOON, parquetRows, segmentsOf } from './filled.ts';

const OF = { generation: 'g', model: modelPlan() };
const NOTHING = { features: null, predictions: null };

test('records of a deleted segment count as stored where the store has them, else as gone', async () => {
  const data = await capture(Array.from({ length: 7 }, () => ({})));
  // A sink holds it.
  expect(await compactNow(data, { isHeld: async () => true })).toMatchObject({ rows: 7, segments: 1 });
  expect((await segmentsOf(data)).length).toBe(1);
  const opened = await openCapture({ data, limits: { segmentBytes: 10_000, totalBytes: 30_000 } });
  for (let i = 0; i < 20; i++) {
    opened.capture.append(
      exchange({ decisionId: `later-${i}`, at: NOON, request: [new Uint8Array(5000)] }),
      OF,
      NOTHING,
    );
    await opened.capture.flush();
  }
  await opened.capture.close();
  const { recordsDeleted, captured } = opened.capture.totals();
  expect(recordsDeleted.stored).toBe(7);
  expect(recordsDeleted.gone).toBeGreaterThan(5);
  expect(recordsDeleted.gone).toBeLessThan(captured);
  // Both in the store, once each: what was stored, and what was not deleted before.
  await compactNow(data);
  expect((await parquetRows(data, 'replica, sequence')).length).toBe(7 + captured - recordsDeleted.gone);
});
