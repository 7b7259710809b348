// The gate's budget of false alarms a week decides how much evidence an alarm takes, from the next tick on.

import { expect, test } from 'vitest';
import { createDriftEngine } from '../../src/drift/engine.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { modelPlan, tableOf } from './plans.ts';

/** @param budgets by the tick from which each holds @returns ticks until the alarm, of the same shifted rows */
function ticksUntilAlarm(budgets: Readonly<Record<number, number>>): number {
  const clock = createManualClock(1_700_000_000_000);
  let isDrifting = false;
  const engine = createDriftEngine({ clock, onChange: ({ to }) => (isDrifting ||= to === 'drifting') });
  engine.configure(modelPlan(), null);
  const random = createSeededRandom(5);
  const step = (rows: number, shift: number): void => {
    const amount = Array.from({ length: rows }, () => random() + shift);
    const key = { model: 'credit', version: 'old', role: 'champion', at: clock.wall(), caller: '' } as const;
    engine.observe({ ...key, request: tableOf({ amount }), response: null });
    clock.advance(1000);
    engine.tick();
  };
  for (let i = 0; i < 10; i++) step(200, 0);
  for (let i = 0; i < 400; i++) {
    const budget = budgets[i];
    if (budget !== undefined) engine.allow(budget);
    step(20, 0.15);
    if (isDrifting) return i + 1;
  }
  return Number.POSITIVE_INFINITY;
}

test('fewer false alarms allowed take more rows for an alarm', () => {
  const [strict, usual, lax] = [{ 0: 1e-9 }, { 0: 1 }, { 0: 100 }].map(ticksUntilAlarm) as [number, number, number];
  expect(lax).toBeLessThan(usual);
  expect(usual).toBeLessThan(strict);
  expect(strict).toBeLessThan(400);
});

test('a budget that a reload brings holds from the next tick on', () => {
  const usual = ticksUntilAlarm({ 0: 1 });
  const lax = ticksUntilAlarm({ 0: 100 });
  expect(ticksUntilAlarm({ 0: 1e-9, [usual]: 1 })).toBe(usual + 1);
  expect(ticksUntilAlarm({ 0: 100, [lax - 1]: 1 })).toBe(usual);
});
