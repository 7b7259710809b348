// A decision is found with all its calls: while it is still in memory, from the index, and after a restart by looking.

import { expect, test } from 'vitest';
import { createDecisionFinder } from '../../src/capture/segments/find.ts';
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
  const found = await capture.find('decision-"299');
  expect(found.map((row) => [row.role, row.version, text(row.request)])).toEqual([
    ['champion', 'logistic', '{"i":299}'],
    ['shadow', 'boosted', ''],
  ]);
  await capture.close();
  const after = await openCapture({ data });
  for (const i of [0, 56, 57, 150, 299]) {
    const rows = await after.capture.find(`decision-"${i}`);
    expect(rows.map((row) => row.role)).toEqual(['champion', 'shadow']);
    expect(text(rows[0]?.request)).toBe(`{"i":${i}}`);
  }
  expect(await after.capture.find('decision-"300')).toEqual([]);
  await after.capture.close();
});

test('one id sent for ever does not fill the memory, and searches do not pile up', async () => {
  const { capture, data } = await openCapture();
  for (let i = 0; i < 500; i++) capture.append(exchange({ decisionId: 'same' }), OF, NOTHING);
  expect((await capture.find('same')).length).toBe(64);
  await capture.close();
  const finder = createDecisionFinder({ folder: `${data}/captures` });
  expect((await finder.find('same')).length).toBe(64);
  const searches = await Promise.allSettled(Array.from({ length: 20 }, () => finder.find('other')));
  expect(searches.filter((one) => one.status === 'rejected').length).toBe(4);
});

test('looking stops at its bound of bytes, but never before the newest segment', async () => {
  const { capture, data } = await openCapture({ limits: { segmentBytes: 1000 } });
  for (let i = 0; i < 5; i++) {
    capture.append(exchange({ decisionId: `d${i}`, request: [new Uint8Array(1000)] }), OF, NOTHING);
    await capture.flush();
  }
  await capture.close();
  const finder = createDecisionFinder({ folder: `${data}/captures`, scanBytesMax: 10 });
  expect((await finder.find('d4')).length).toBe(1);
  expect((await finder.find('d0')).length).toBe(0);
});
