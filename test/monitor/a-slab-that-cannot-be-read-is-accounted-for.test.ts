// What a fault of the hand-over costs is counted: the records of the damaged slab that nobody saw, and no others.

import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { createSlabWriter, type SlabMessage } from '../../src/capture/handover/slab.ts';
import { rowsUnder, temporaryFolder } from '../capture/open-capture.ts';
import { modelPlan } from '../capture/plans.ts';
import { plan, startMonitor } from './start-monitor.ts';
import { v2 } from './v2-exchanges.ts';

/** A slab of five records, of which the third is damaged. */
function damagedSlab(): SlabMessage {
  const slabs: SlabMessage[] = [];
  const writer = createSlabWriter({ post: (message) => slabs.push(message) });
  for (let i = 0; i < 5; i++) writer.write(v2({ amount: 1 }, 0.5, { decisionId: `decision-${i}` }));
  writer.flush();
  const [slab] = slabs;
  if (slab === undefined) throw new Error('no slab');
  const ints = new Int32Array(slab.buffer);
  // The first of a record's integers is its length, behind six float64.
  const lengthAt = (start: number): number => start / 4 + 12;
  const length = ints[lengthAt(0)] as number;
  ints[lengthAt(2 * length)] = 4;
  return slab;
}

test('the unread rest of a damaged slab is dropped as write_failed, and the slab comes back', async () => {
  const data = await temporaryFolder();
  const monitor = await startMonitor(plan([modelPlan()], data));
  const { port1, port2 } = new MessageChannel();
  try {
    monitor.say({ kind: 'gateway', thread: 0, port: port2 }, [port2]);
    const slab = damagedSlab();
    port1.postMessage(slab, [slab.buffer]);
    await once(port1, 'message');
    const metrics = await monitor.get<string>('/metrics');
    expect(metrics).toMatch(/^headgate_capture_dropped_total\{reason="write_failed"\} 3$/m);
  } finally {
    port1.close();
    await monitor.stop();
  }
  expect((await rowsUnder(data)).map((row) => row.decision_id)).toEqual(['decision-0', 'decision-1']);
});
