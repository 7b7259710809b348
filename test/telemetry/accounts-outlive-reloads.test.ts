// The gateways' part of a model's account over threads, reloads and names that come and go: no count is ever lost or seen twice.

import { expect, test } from 'vitest';
import { createAccounts } from '../../src/capture/accounts.ts';
import { sumOf } from '../../src/capture/counters.ts';
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
  expect(sums.release('m')).toBe(false);
  expect(sums.of('m')?.received).toBe(4);
  // The name comes again before all had let go.
  each('m')[0]?.received();
  expect(sums.of('m')?.received).toBe(5);

  for (const meter of each('m')) meter.retire();
  expect(sums.of('m')?.received).toBe(5);
  expect(sums.release('m')).toBe(true);
  expect(sums.of('m')).toBeUndefined();
  expect([...sums.models()]).toEqual([]);
  expect(sums.past()).toMatchObject({ received: 5, dropped: { monitor_behind: 2 } });
  each('m')[1]?.received();
  expect(sums.of('m')?.received).toBe(1);
});

test('both parts of an account go at once, and the sum of all is never out', () => {
  const sums = createModelSums();
  const meters = createMeters(0, (block) => {
    if (block.kind === 'model') sums.add(block);
  });
  const accounts = createAccounts(sums);
  const total = () => sumOf(accounts.all().values());
  for (const model of ['a', 'b']) {
    for (let i = 0; i < 3; i++) meters.model(model).received();
    const account = accounts.of(model);
    account.received += 2;
    account.captured += 1;
    account.pending += 1;
  }
  expect(total()).toMatchObject({ received: 6, captured: 2, pending: 4 });
  meters.model('a').retire();
  // Something of it is on its way to the disk.
  accounts.retain(['b']);
  expect(total()).toMatchObject({ received: 6, captured: 2, pending: 4 });
  const account = accounts.of('a');
  account.captured += 2;
  account.received += 1;
  account.pending = 0;
  accounts.retain(['b']);
  expect([...accounts.all().keys()].sort()).toEqual(['', 'b']);
  expect(total()).toMatchObject({ received: 6, captured: 4, pending: 2 });
  // The name comes again.
  meters.model('a').received();
  expect(accounts.counts('a')).toMatchObject({ received: 1, captured: 0, pending: 1 });
  expect(total()).toMatchObject({ received: 7, captured: 4, pending: 3 });
});
