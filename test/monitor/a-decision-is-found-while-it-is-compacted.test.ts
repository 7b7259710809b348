// A segment goes into the store at any moment: whoever asks for a decision just then finds it, once. What was not searched is not
// said to be missing.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDecisionFinder } from '../../src/capture/segments/find.ts';
import { findStored } from '../../src/capture/store/find-once.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { findCalls, findDecision } from '../../src/monitor/find-decision.ts';
import { capture, compactNow, NOON } from '../store/filled.ts';

test('compacted between the look into the store and the look into segments', async () => {
  const data = await capture([{}, {}]);
  const segments = createDecisionFinder({ folder: join(data, 'captures'), indexMax: 1, scanBytesMax: 1e9 });
  const found = await findCalls('decision-1', {
    store: { find: (id) => findStored(data, id) },
    capture: {
      async find(id) {
        await compactNow(data);
        return segments.find(id);
      },
    },
    clock: createManualClock(NOON),
  });
  expect(found.rows.map(({ decision_id }) => decision_id)).toEqual(['decision-1']);
});

test('in a segment beyond the bound of the search: not missing, but busy, with the command that finds it', async () => {
  const data = await capture([{}]);
  await capture([{ record: { decisionId: 'later' } }], data);
  const segments = createDecisionFinder({ folder: join(data, 'captures'), scanBytesMax: 10 });
  const asked = {
    store: { find: (id: string) => findStored(data, id) },
    capture: segments,
    clock: createManualClock(NOON),
  };
  const outcomes = { find: async () => ({ outcomes: [], truncated: false }) };
  expect(await findDecision('decision-0', { ...asked, outcomes })).toEqual({
    busy: expect.stringContaining('`headgate explain --decision`'),
  });
  expect(await findDecision('later', { ...asked, outcomes })).toMatchObject({ decision: 'later', truncated: true });
  // Once it is in the store it is found there, whatever the segments hold.
  await compactNow(data);
  await capture([{ record: { decisionId: 'a' } }], data);
  await capture([{ record: { decisionId: 'b' } }], data);
  expect((await findCalls('decision-0', asked)).rows.length).toBe(1);
});
