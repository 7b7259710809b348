// Columns together are learned anew after a restart, from rows that may already have changed: that they are steady by those rows ends
// no alarm from before. A change that is seen to end, does.

import { expect, test } from 'vitest';
import { createAlarmBook } from '../../src/alarms/alarm-book.ts';
import { createDriftEngine, type DriftEngine } from '../../src/drift/engine.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { sightingsOf } from '../../src/monitor/sightings.ts';
import { modelPlan, tableOf } from '../drift/plans.ts';

function watching() {
  const clock = createManualClock(1_700_000_000_000);
  const random = createSeededRandom(11);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const book = createAlarmBook([], { newId: () => 'joint' });
  function begin(): DriftEngine {
    const engine = createDriftEngine({
      clock,
      onChange(change) {
        if (change.feature === 'joint') for (const sighting of sightingsOf(change)) book.see(sighting);
      },
    });
    engine.configure(modelPlan(), null);
    return engine;
  }
  let engine = begin();
  return {
    run(ticks: number, rho: number) {
      for (let i = 0; i < ticks; i++) {
        const one = Array.from({ length: 200 }, normal);
        const other = one.map((value) => rho * value + Math.sqrt(1 - rho * rho) * normal());
        const key = { model: 'credit', version: 'old', role: 'champion', at: clock.wall(), caller: '' } as const;
        engine.observe({ ...key, request: tableOf({ one, other }), response: null });
        clock.advance(1000);
        engine.tick();
      }
    },
    restart() {
      engine = begin();
    },
    status: () => engine.report('credit')?.joint[0]?.status,
    alarm: () => book.find('joint'),
  };
}

test('the alarm of before a restart stays open while its change goes on', () => {
  const { run, restart, status, alarm } = watching();
  run(25, 0.6);
  run(20, -0.6);
  expect(status()).toBe('drifting');
  expect(alarm()).toMatchObject({ kind: 'drift', feature: 'joint', state: 'open' });
  restart();
  run(25, -0.6);
  expect(status()).toBe('steady');
  expect(alarm()).toMatchObject({ state: 'open', episode: 1 });
});

test('without a restart it ends with its change', () => {
  const { run, status, alarm } = watching();
  run(25, 0.6);
  run(20, -0.6);
  expect(alarm()?.state).toBe('open');
  run(400, 0.6);
  expect(status()).toBe('steady');
  expect(alarm()?.state).toBe('resolved');
});
