import { expect, test } from 'vitest';
import { createDriftEngine } from '../../src/drift/engine.ts';
import type { DriftChange } from '../../src/drift/verdict/drift-change.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { modelPlan, tableOf } from './plans.ts';

test('each change of status is told once, with the column, the time and the likely cause', () => {
  const clock = createManualClock(1_700_000_000_000);
  const changes: DriftChange[] = [];
  const engine = createDriftEngine({ clock, onChange: (change) => changes.push(change) });
  engine.configure(modelPlan(), null);
  const random = createSeededRandom(3);
  const key = { model: 'credit', version: 'old', role: 'champion' } as const;
  const tick = (rows: number, factor: number) => {
    const amount = Array.from({ length: rows }, () => (1 + random()) * factor);
    engine.observe({ ...key, at: clock.wall(), caller: '', request: tableOf({ amount }), response: null });
    clock.advance(1000);
    engine.tick();
  };
  tick(2000, 1);
  for (let i = 0; i < 4; i++) tick(400, 1);
  for (let i = 0; i < 4; i++) tick(400, 100);
  const path = changes.map(({ from, to }) => `${from} -> ${to}`);
  expect(path).toEqual(['warming -> steady', 'steady -> drifting']);
  expect(changes.every(({ at, since }) => since < at && at <= clock.wall() && at % 1000 === 0)).toBe(true);
  expect(changes[1]).toMatchObject({ ...key, side: 'request', feature: 'amount', hint: 'looks like x100' });
});
