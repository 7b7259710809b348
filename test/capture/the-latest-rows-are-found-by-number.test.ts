// The ring of the latest rows: found by hash, never one that was overwritten, and it says where an older row may be missing.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createDecisionFinder } from '../../src/capture/segments/find.ts';
import { framesOf } from '../../src/capture/segments/frame.ts';
import { createRecentRows } from '../../src/capture/segments/recent-rows.ts';
import { textHash } from '../../src/kernel/text-hash.ts';
import { openCapture } from './open-capture.ts';
import { modelPlan } from './plans.ts';
import { exchange } from './records.ts';

test('the latest rows are found in the order written, in their segments, and no others', () => {
  const recent = createRecentRows(8);
  const segments = [{ path: 'a' }, { path: 'b' }, { path: 'c' }];
  // Hashes 0 to 4 and 8 to 12 share buckets.
  for (let row = 0; row < 40; row++) recent.add((row % 5) + (row % 2) * 8, segments[row % 3] ?? { path: '' }, row, 1);
  const offsets = (hash: number): number[] => recent.find(hash, 64).places.map(({ offset }) => offset);
  for (let hash = 0; hash < 16; hash++) {
    const expected = Array.from({ length: 8 }, (_, i) => 32 + i).filter((row) => (row % 5) + (row % 2) * 8 === hash);
    expect(offsets(hash)).toEqual(expected);
    for (const { segment, offset } of recent.find(hash, 64).places) expect(segment).toBe(segments[offset % 3]);
  }
});

test('rows of the older half may have had others before them, once rows were overwritten', () => {
  const recent = createRecentRows(8);
  const add = (hash: number): void => recent.add(hash, { path: 'a' }, 0, 1);
  for (let hash = 1; hash <= 8; hash++) add(hash);
  expect(recent.find(1, 64).isWhole).toBe(true);
  add(9);
  expect(recent.find(3, 64)).toMatchObject({ isWhole: false, places: [{}] });
  expect(recent.find(8, 64)).toMatchObject({ isWhole: true, places: [{}] });
});

test('a row of another decision with the same hash is not taken for it', async () => {
  const OF = { generation: 'g', model: modelPlan() };
  const { capture, data } = await openCapture();
  for (const id of ['one', 'other'])
    capture.append(exchange({ decisionId: id }), OF, { features: null, predictions: null });
  await capture.flush();
  const [whole] = (await capture.find('one')).rows;
  const folder = `${data}/captures`;
  expect(whole?.decision_id).toBe('one');
  await capture.close();
  const path = `${folder}/${readdirSync(folder).find((name) => name.endsWith('.capture'))}`;
  const rows = [...framesOf(readFileSync(path), () => undefined)];
  const finder = createDecisionFinder({ folder, indexMax: 2 });
  for (const { offset, length } of rows) finder.add(textHash('one'), { path }, offset, length);
  expect((await finder.find('one')).rows.map((row) => row.decision_id)).toEqual(['one']);
  // Not in the ring at all: by looking.
  expect((await finder.find('other')).rows.map((row) => row.decision_id)).toEqual(['other']);
});
