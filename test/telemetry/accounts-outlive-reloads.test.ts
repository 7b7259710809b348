// The gateways' part of a model's account over threads, reloads and names that come and go: no count is ever lost or seen twice.

import { expect, test } from 'vitest';
import { createMeters, type ModelMeter } from '../../src/telemetry/meters.ts';
import { createModelSums } from '../../src/telemetry/model-counts.ts';

test('threads are added up; what retires stays with its name while it lives, and with the process after', () => {
  const sums = createModelSums();
  const threads = [0, 1].map((thread) =>
    createMeters(thread, (block) => {
      if (block.kind === 'model') sums.add(block);
    }),
  );
  const each = (model: string): ModelMeter[] => threads.map((meters) => meters.model(model));
  for (const meter of each('m')) {
    meter.received();
    meter.received();
    meter.captureDropped('monitor_behind');
  }
  expect(sums.of('m')).toMatchObject({ received: 4, dropped: { monitor_behind: 2 } });
  expect(sums.of('other')).toBeUndefined();

  // One thread has let go, the other not yet: nothing goes back.
  each('m')[0]?.retire();
  expect([...sums.models()]).toEqual(['m']);
  expect(sums.of('m')?.received).toBe(4);
  // The name comes again before all had let go.
  each('m')[0]?.received();
  expect(sums.of('m')?.received).toBe(5);

  for (const meter of each('m')) meter.retire();
  expect([...sums.models()]).toEqual([]);
  expect(sums.of('m')).toBeUndefined();
  expect(sums.past()).toMatchObject({ received: 5, dropped: { monitor_behind: 2 } });
  each('m')[1]?.received();
  expect(sums.of('m')?.received).toBe(1);
});
