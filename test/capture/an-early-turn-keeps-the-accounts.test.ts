// A segment may be closed before it is full, so that its records go into the store: the accounts then stand at the head of the next
// one, which stays when the closed one goes.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { everyFrameOf } from '../../src/capture/segments/frame.ts';
import { openCapture } from './open-capture.ts';
import { modelPlan } from './plans.ts';
import { exchange } from './records.ts';

test('a roll closes what has records, and leaves an open segment with the accounts', async () => {
  const { capture, data } = await openCapture();
  const folder = join(data, 'captures');
  await capture.roll();
  capture.append(exchange(), { generation: 'g', model: modelPlan() }, { features: null, predictions: null });
  await capture.flush();
  await Promise.all([capture.roll(), capture.flush(), capture.roll()]);
  const names = (await readdir(folder)).sort();
  expect(names.map((name) => name.split('.').at(-1))).toEqual(['capture', 'open']);
  const frames = [...everyFrameOf(await readFile(join(folder, names[1] ?? '')), () => undefined)];
  expect(frames.map(({ isLedger }) => isLedger)).toEqual([true]);
  expect(frames[0]?.payload.toString('utf8', 4)).toContain('"credit-default":[1,1,');
  await capture.roll();
  expect((await readdir(folder)).sort()).toEqual(names);
  await capture.close();
});
