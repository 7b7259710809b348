// With `against: champion` a shift of all traffic is drift of the champion alone, a shift of one challenger is drift of that one; the
// bins are the champion's, from its file or frozen from its first rows, which a challenger adds nothing to.

import { expect, test } from 'vitest';
import { type Baseline, parseBaseline } from '../../src/drift/baseline/baseline.ts';
import { writeBaseline } from '../../src/drift/baseline/write-baseline.ts';
import { createDriftEngine } from '../../src/drift/engine.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { modelPlan, tableOf } from './plans.ts';

const random = createSeededRandom(11);
const values = (rows: number, shift = 0): number[] => Array.from({ length: rows }, () => random() * 100 + shift);
const plan = (against: 'champion' | 'baseline') =>
  modelPlan('credit', { drift: { ...modelPlan().drift, against, tolerance: 0.1, provisionalRows: 500 } });

function baselineFile(): Baseline {
  const read = parseBaseline(writeBaseline('credit', { request: tableOf({ amount: values(20_000) }) }));
  if (!read.ok) throw new Error(read.problems.join());
  return read.baseline;
}

function watched(against: 'champion' | 'baseline', baseline: Baseline | null) {
  const clock = createManualClock(1_800_000_000_000);
  const engine = createDriftEngine({ clock, idleTicks: 10 });
  engine.configure(plan(against), baseline);
  const send = (version: string, role: 'champion' | 'shadow' | 'challenger', amounts: readonly number[]): void => {
    const request = tableOf({ amount: amounts });
    engine.observe({ model: 'credit', version, role, at: clock.wall(), caller: '', request, response: null });
  };
  /** @param shifts of the champion, the challenger and the shadow */
  const ticks = (count: number, [old, next, dark]: readonly [number, number, number]): void => {
    for (let i = 0; i < count; i++) {
      const amounts = values(600, old);
      send('old', 'champion', amounts);
      send('new', 'challenger', values(300, next));
      send(
        'dark',
        'shadow',
        amounts.map((amount) => amount - old + dark),
      );
      clock.advance(1000);
      engine.tick();
    }
  };
  const features = () => engine.report('credit')?.features ?? [];
  const statuses = () => Object.fromEntries(features().map(({ version, status }) => [version, status]));
  return { ticks, features, statuses, engine, send, clock };
}

test.each([
  ['a file', true],
  ['its first rows', false],
])('bins of %s: a shift of everybody is no drift of challengers', (_, fromFile) => {
  const paired = watched('champion', fromFile ? baselineFile() : null);
  paired.ticks(12, [0, 0, 0]);
  expect(paired.statuses()).toEqual({ old: 'steady', new: 'steady', dark: 'steady' });
  paired.ticks(15, [40, 40, 40]);
  expect(paired.statuses()).toEqual({ old: 'drifting', new: 'steady', dark: 'steady' });
  const plain = watched('baseline', fromFile ? baselineFile() : null);
  plain.ticks(12, [0, 0, 0]);
  plain.ticks(15, [40, 40, 40]);
  expect(plain.statuses()).toEqual({ old: 'drifting', new: 'drifting', dark: 'drifting' });
});

test('a shift of one is drift of that one, and is shown against the champion', () => {
  const { ticks, statuses, features } = watched('champion', baselineFile());
  ticks(12, [0, 0, 0]);
  ticks(15, [0, 40, 0]);
  expect(statuses()).toEqual({ old: 'steady', new: 'drifting', dark: 'steady' });
  const challenger = features().find(({ version }) => version === 'new');
  expect(challenger?.against).toBe('champion');
  expect(features().find(({ version }) => version === 'old')?.against).toBe('baseline');
  expect(challenger?.baselineRows).toBeGreaterThan(2000);
  expect(challenger?.baselineRows).toBeLessThan(4000);
  const [first] = challenger?.bins.filter(({ label }) => label.startsWith('0')) ?? [];
  expect(first?.baseline).toBeCloseTo(0.05, 1);
  expect(first?.current).toBe(0);
});

test('challengers wait for the first rows of the champion, and add none to them', () => {
  const { send, clock, engine, features } = watched('champion', null);
  send('new', 'challenger', values(2000, 500));
  clock.advance(1000);
  engine.tick();
  expect(features()).toMatchObject([{ version: 'new', baselineRows: 0, provisional: true }]);
  send('old', 'champion', values(700));
  clock.advance(1000);
  engine.tick();
  send('new', 'challenger', values(10));
  const old = features().find(({ version }) => version === 'old');
  expect(old).toMatchObject({ baselineRows: 500, provisional: true });
  expect(old?.bins.find(({ label }) => label === 'above max')?.baseline ?? 0).toBeLessThan(0.02);
  expect(features().find(({ version }) => version === 'new')?.bins.length).toBeGreaterThan(10);
});

test('without rows of the champion nothing is said of challengers', () => {
  const { send, clock, engine, statuses } = watched('champion', baselineFile());
  for (let i = 0; i < 15; i++) {
    send('new', 'challenger', values(500, 80));
    clock.advance(1000);
    engine.tick();
  }
  expect(['warming', 'unknown']).toContain(statuses().new);
});

test('a challenger that is forgotten waits for the champion no longer, however often it comes back', () => {
  const { engine, send, clock } = watched('champion', null);
  for (let round = 0; round < 20; round++) {
    send('new', 'challenger', values(50));
    expect(engine.counters().awaiting).toBe(1);
    clock.advance(12_000);
    engine.tick();
    expect(engine.counters()).toMatchObject({ awaiting: 0, groupsEvicted: round + 1, streams: 0 });
  }
  send('new', 'challenger', values(50));
  send('old', 'champion', values(600));
  engine.tick();
  expect(engine.counters()).toMatchObject({ awaiting: 0, streams: 2 });
});
