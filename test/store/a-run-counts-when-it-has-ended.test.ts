// A run of the compactor is neither a success nor a failure while it lasts, and one that is killed is a failure.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { createCompactor } from '../../src/capture/store/compactor.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { capture, DAY } from './filled.ts';

const plan = {
  everyMs: 1000,
  memoryBytes: 1e8,
  retention: { bodiesMs: 90 * DAY, recordsMs: 450 * DAY, bytesMax: 1e12 },
};

test('a run under way is counted nowhere', async () => {
  const data = await capture([{}]);
  const clock = createManualClock();
  const begun = Promise.withResolvers<ReturnType<typeof spawn>>();
  const reported = Promise.withResolvers<string>();
  const compactor = createCompactor({
    data,
    plan,
    clock,
    start() {
      // It takes the job, and never ends.
      const child = spawn(process.execPath, ['-e', 'process.on("message", () => process.send({}))'], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      begun.resolve(child);
      return child;
    },
    roll: async () => undefined,
    report: reported.resolve,
  });
  clock.advance(1000);
  compactor.tick();
  const child = await begun.promise;
  await once(child, 'message');
  expect(compactor.counts).toMatchObject({ successes: 0, failures: 0 });
  child.kill('SIGKILL');
  expect(await reported.promise).toMatch(/segments could not be compacted/);
  expect(compactor.counts).toMatchObject({ successes: 0, failures: 1, lastSuccessAt: null });
  await compactor.stop();
});
