// A gap alarm says that calls have stopped, and nothing else: a column that cannot be judged for want of rows, or of a baseline, is
// unknown and wakes nobody. The engine of the gate, its changes as the monitor turns them into sightings, and the alarms they make.

import { expect, test } from 'vitest';
import { createAlarmBook } from '../../src/alarms/alarm-book.ts';
import { createDriftEngine, type DriftEngine } from '../../src/drift/engine.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { sightingsOf } from '../../src/monitor/sightings.ts';
import { modelPlan, tableOf } from '../drift/plans.ts';

const HOUR_MS = 3_600_000;
const START_MS = 1_699_999_200_000;

function watching(tickMs: number, provisionalRows: number) {
  const clock = createManualClock(START_MS);
  const random = createSeededRandom(3);
  let ids = 0;
  const book = createAlarmBook([], { newId: () => String(ids++) });
  const drift = { baseline: null, against: 'baseline', tickMs, tolerance: 0, provisionalRows } as const;
  const begin = (): DriftEngine =>
    createDriftEngine({
      clock,
      idleTicks: 10_000,
      onChange: (change) => {
        for (const sighting of sightingsOf(change)) book.see(sighting);
      },
    });
  let engine = begin();
  engine.configure(modelPlan('credit', { drift }), null);
  return {
    clock,
    tick(rows: number, times = 1) {
      for (let i = 0; i < times; i++) {
        const amount = Array.from({ length: rows }, () => random());
        const key = { model: 'credit', version: 'old', role: 'champion', at: clock.wall(), caller: '' } as const;
        if (rows > 0) engine.observe({ ...key, request: tableOf({ amount }), response: null });
        clock.advance(tickMs);
        engine.tick();
      }
    },
    restart() {
      const saved = engine.save('credit');
      if (saved === undefined) throw new Error('nothing to save');
      engine = begin();
      engine.restore([saved]);
      engine.configure(modelPlan('credit', { drift }), null);
    },
    column: () => engine.report('credit')?.features[0],
    alarms: () => book.all().map(({ kind, state }) => `${kind} ${state}`),
    gap: () => book.all().find(({ kind }) => kind === 'gap'),
  };
}

test('a baseline of three rows is no gap; calls that stop then are one, from the last call on', () => {
  const { tick, column, alarms, gap, clock } = watching(1000, 3);
  tick(50, 40);
  expect(column()).toMatchObject({ status: 'unknown', unsure: 'small baseline' });
  expect(alarms()).toEqual([]);
  const silentMs = clock.wall();
  tick(0, 40);
  expect(column()).toMatchObject({ status: 'unknown', unsure: 'gap' });
  expect(alarms()).toEqual(['gap open']);
  expect(gap()).toMatchObject({ feature: '', since: silentMs });
  tick(50);
  expect(column()).toMatchObject({ status: 'unknown', unsure: 'small baseline' });
  expect(alarms()).toEqual(['gap resolved']);
});

test('a thin window is no gap, and calls that come back thinly end one', () => {
  const { tick, column, alarms } = watching(HOUR_MS, 1000);
  tick(1000);
  tick(400, 3);
  expect(column()?.status).toBe('steady');
  tick(1, 240);
  expect(column()).toMatchObject({ status: 'unknown', unsure: 'few rows' });
  expect(alarms()).toEqual([]);
  tick(0, 40);
  expect(alarms()).toEqual(['gap open']);
  tick(1);
  expect(column()).toMatchObject({ status: 'unknown', unsure: 'few rows' });
  expect(alarms()).toEqual(['gap resolved']);
});

test('a restart within a silence ends no gap: calls do', () => {
  const { tick, alarms, restart } = watching(1000, 1000);
  tick(500, 10);
  tick(0, 40);
  expect(alarms()).toEqual(['gap open']);
  restart();
  tick(0, 5);
  expect(alarms()).toEqual(['gap open']);
  tick(500);
  expect(alarms()).toEqual(['gap resolved']);
});
