// A decision is found with all its calls: while it is still in memory, from the index, and after a restart by looking.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDecisionFinder } from '../../src/capture/segments/find.ts';
import { frameLengthAt, MAGIC } from '../../src/capture/segments/frame.ts';
import { textHash } from '../../src/kernel/text-hash.ts';
import { openCapture, text } from './open-capture.ts';
import { modelPlan } from './plans.ts';
import { bodies, exchange } from './records.ts';

const OF = { generation: 'g', model: modelPlan() };
const NOTHING = { features: null, predictions: null };

test('a decision and its shadow are found at once, and by the next process', async () => {
  const { capture, data } = await openCapture({ limits: { segmentBytes: 20_000 } });
  for (let i = 0; i < 300; i++) {
    const id = `decision-"${i}`;
    capture.append(exchange({ decisionId: id, ...bodies(`{"i":${i}}`, '{}') }), OF, NOTHING);
    capture.append(exchange({ decisionId: id, role: 'shadow', version: 1 }), OF, NOTHING);
    if (i % 7 === 0) await capture.flush();
  }
  const { rows: found } = await capture.find('decision-"299');
  expect(found.map((row) => [row.role, row.version, text(row.request)])).toEqual([
    ['champion', 'logistic', '{"i":299}'],
    ['shadow', 'boosted', ''],
  ]);
  await capture.close();
  const after = await openCapture({ data });
  for (const i of [0, 56, 57, 150, 299]) {
    const { rows } = await after.capture.find(`decision-"${i}`);
    expect(rows.map((row) => row.role)).toEqual(['champion', 'shadow']);
    expect(text(rows[0]?.request)).toBe(`{"i":${i}}`);
  }
  expect(await after.capture.find('decision-"300')).toEqual({ rows: [], isWhole: true });
  await after.capture.close();
});

test('one id sent for ever does not fill the memory, and searches do not pile up', async () => {
  const { capture, data } = await openCapture();
  for (let i = 0; i < 500; i++) capture.append(exchange({ decisionId: 'same' }), OF, NOTHING);
  const indexed = await capture.find('same');
  expect([indexed.rows.length, indexed.isWhole]).toEqual([64, false]);
  await capture.close();
  const finder = createDecisionFinder({ folder: `${data}/captures` });
  const scanned = await finder.find('same');
  expect([scanned.rows.length, scanned.isWhole]).toEqual([64, false]);
  const searches = await Promise.allSettled(Array.from({ length: 20 }, () => finder.find('other')));
  expect(searches.filter((one) => one.status === 'rejected').length).toBe(4);
});

test('the rows of an answer are bounded in bytes, in the index and in segments, and the answer says so', async () => {
  const { capture, data } = await openCapture();
  for (let i = 0; i < 5; i++)
    capture.append(exchange({ decisionId: 'large', ...bodies('x'.repeat(1e5), '{}') }), OF, NOTHING);
  for (const id of ['one', 'other'])
    capture.append(exchange({ decisionId: id, ...bodies('x'.repeat(1e5), '{}') }), OF, NOTHING);
  expect((await capture.find('large')).isWhole).toBe(true);
  await capture.close();
  const folder = `${data}/captures`;
  const finder = createDecisionFinder({ folder, rowBytesMax: 250_000 });
  const few = await finder.find('large');
  expect([few.rows.length, few.isWhole]).toEqual([2, false]);
  const [path = ''] = (await readdir(folder)).map((name) => join(folder, name));
  let offset = MAGIC.length;
  const bytes = await readFile(path);
  for (let length = frameLengthAt(bytes, offset); length !== undefined; length = frameLengthAt(bytes, offset)) {
    finder.add(textHash('large'), { path }, offset, length);
    offset += length;
  }
  const fewOfIndex = await finder.find('large');
  expect([fewOfIndex.rows.length, fewOfIndex.isWhole]).toEqual([2, false]);
  // One row is found whatever its size.
  const narrow = await createDecisionFinder({ folder, rowBytesMax: 10 }).find('one');
  expect([narrow.rows.length, narrow.isWhole]).toEqual([1, true]);
});

test('looking stops at its bound of bytes, but never before the newest segment, and says that it stopped', async () => {
  const { capture, data } = await openCapture({ limits: { segmentBytes: 1000 } });
  for (let i = 0; i < 5; i++) {
    capture.append(exchange({ decisionId: `d${i}`, request: [new Uint8Array(1000)] }), OF, NOTHING);
    await capture.flush();
  }
  await capture.close();
  const finder = createDecisionFinder({ folder: `${data}/captures`, scanBytesMax: 10 });
  expect((await finder.find('d4')).rows.length).toBe(1);
  expect(await finder.find('d0')).toEqual({ rows: [], isWhole: false });
  const whole = createDecisionFinder({ folder: `${data}/captures` });
  expect((await whole.find('d0')).rows.length).toBe(1);
  expect(await whole.find('d5')).toEqual({ rows: [], isWhole: true });
});
