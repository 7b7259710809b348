// A segment goes into the store at any moment: whoever asks for a decision just then finds it, once.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDecisionFinder } from '../../src/capture/segments/find.ts';
import { findStored } from '../../src/capture/store/find-once.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { findCalls } from '../../src/monitor/find-decision.ts';
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
  expect(found.map(({ decision_id }) => decision_id)).toEqual(['decision-1']);
});
