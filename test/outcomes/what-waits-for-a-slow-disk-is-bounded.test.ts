// Outcomes that wait for a disk are bounded in number: the rest is refused at once, and can be sent again.

import { expect, test } from 'vitest';
import { Busy } from '../../src/kernel/busy.ts';
import { readOutcome } from '../../src/outcomes/outcome.ts';
import { createOutcomeLog } from '../../src/outcomes/outcome-log.ts';
import { temporaryFolder } from '../capture/open-capture.ts';

function outcome(number: number) {
  const read = readOutcome({ decision_id: `d-${number}`, name: 'x', value: 1 }, Date.now());
  if (!read.ok) throw new Error(read.problem);
  return read.outcome;
}

test('sixty-four lots wait, more are refused, and afterwards there is room again', async () => {
  const log = createOutcomeLog({ data: await temporaryFolder(), replica: 'h-1-a', bytesMax: 1024 ** 2 });
  const all = await Promise.allSettled(Array.from({ length: 100 }, (_, number) => log.append([outcome(number)])));
  const refused = all.filter((one) => one.status === 'rejected');
  expect(refused).toHaveLength(36);
  for (const { reason } of refused) expect(reason).toBeInstanceOf(Busy);
  expect(await log.append([outcome(1000)])).toEqual({ written: 1, known: 0 });
  expect(log.counts.written).toBe(65);
  await log.close();
});
