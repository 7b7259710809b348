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
  const column = () => engine.report('credit')?.features[0];
  tick(2000, 1);
  for (let i = 0; i < 4; i++) tick(400, 1);
  const calm = column();
  expect(calm).toMatchObject({ status: 'steady', changedSince: null, unsure: null });
  expect(calm?.threshold).toBeCloseTo(Math.log(7 * 86_400), 9);
  expect(calm?.evidence).toBeLessThan(calm?.threshold ?? 0);
  expect(calm?.detectable).toBeLessThan(0.8);
  for (let i = 0; i < 4; i++) tick(400, 100);
  const path = changes.map(({ from, to }) => `${from} -> ${to}`);
  expect(path).toEqual(['warming -> steady', 'steady -> drifting']);
  expect(changes.every(({ at, since }) => since < at && at <= clock.wall() && at % 1000 === 0)).toBe(true);
  expect(changes[1]).toMatchObject({ ...key, side: 'request', feature: 'amount', hint: 'looks like x100' });
  const drifted = column();
  expect(drifted?.evidence).toBeGreaterThanOrEqual(drifted?.threshold ?? Number.POSITIVE_INFINITY);
  expect(drifted?.anyChange).toBeGreaterThanOrEqual(drifted?.threshold ?? Number.POSITIVE_INFINITY);
  expect(Date.parse(drifted?.changedSince ?? '')).toBe(changes[1]?.since);
  // Calls that stop hide the alarm: nothing is known, and the answer says why.
  for (let i = 0; i < 40; i++) {
    clock.advance(1000);
    engine.tick();
  }
  expect(column()).toMatchObject({ status: 'unknown', unsure: 'gap', changedSince: drifted?.changedSince });
});

test('before the first row there is no evidence, and JSON has no infinity', () => {
  const engine = createDriftEngine({ clock: createManualClock(1_700_000_000_000) });
  engine.configure(modelPlan(), null);
  const request = tableOf({ amount: [1, 2, 3] });
  const key = { model: 'credit', version: 'old', role: 'champion', at: 1_700_000_000_000, caller: '' } as const;
  engine.observe({ ...key, request, response: null });
  const [column] = engine.report('credit')?.features ?? [];
  const nothing = { evidence: null, anyChange: null, detectable: null, changedSince: null, unsure: null };
  expect(JSON.parse(JSON.stringify(column))).toMatchObject({ status: 'warming', ...nothing });
});
