// Columns that each look as before, and go together no longer: found, named, soon; and never found where nothing but the columns
// themselves has changed, or nothing at all, over a long time.

import { describe, expect, test } from 'vitest';
import { createDriftEngine } from '../../src/drift/engine.ts';
import { createJointWatch, type JointWatch } from '../../src/drift/joint/joint-watch.ts';
import type { DriftChange } from '../../src/drift/verdict/drift-change.ts';
import { createSeededRandom, type Random } from '../../src/kernel/random.ts';
import type { Table } from '../../src/protocols/protocol.ts';
import { modelPlan } from './plans.ts';

const COLUMNS = 8;
const TICK_MS = 1000;

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Independent columns, of which the first two have a correlation; shifted where asked. */
function rows(random: Random, count: number, rho: number, shift = 0): Table {
  const values = Array.from({ length: COLUMNS }, () => new Array<number>(count));
  for (let row = 0; row < count; row++) {
    for (const column of values) column[row] = normal(random) + shift;
    const [one, other] = [values[0]?.[row] ?? 0, normal(random) + shift];
    if (values[1] !== undefined)
      values[1][row] = rho * (one - shift) + Math.sqrt(1 - rho * rho) * (other - shift) + shift;
  }
  return { rows: count, columns: values.map((column, i) => ({ name: `f${i}`, values: column })) };
}

interface Watched {
  readonly watch: JointWatch;
  tick: number;
  run(ticks: number, table: () => Table): number | null;
}

/** @returns from `run`: the tick of the first alarm, counted from its beginning */
function watched(): Watched {
  const watch = createJointWatch();
  const self: Watched = {
    watch,
    tick: 0,
    run(ticks, table) {
      for (let i = 0; i < ticks; i++) {
        watch.observe(table(), self.tick);
        self.tick++;
        watch.judge();
        if (watch.status === 'drifting') return i + 1;
      }
      return null;
    },
  };
  return self;
}

describe('a correlation', () => {
  test.each([
    ['that flips its sign', 0.6, -0.6, 6],
    ['that goes', 0.7, 0, 60],
    ['that comes', 0, 0.7, 60],
  ])('%s is found within ticks of 100 rows', (_, before, after, ticks) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const random = createSeededRandom(seed);
      const { watch, run } = watched();
      expect(run(60, () => rows(random, 100, before))).toBeNull();
      expect(watch.status).toBe('steady');
      const found = run(60, () => rows(random, 100, after));
      expect(found).not.toBeNull();
      expect(found ?? 99).toBeLessThanOrEqual(ticks);
      expect(watch.finding).toMatchObject({ columns: ['f0', 'f1'], form: 'side' });
      expect(watch.finding?.text).toMatch(
        /^f0 and f1 do not go together as they did: .+ in \d+ % of the rows before, and are in \d+ % now/,
      );
    }
  });

  test('a relation without a direction is found by the spread', () => {
    const random = createSeededRandom(9);
    const squared = (): Table => {
      const table = rows(random, 100, 0);
      const columns = table.columns.map((column, i) =>
        i === 1
          ? { ...column, values: (table.columns[0]?.values ?? []).map((x) => (random() < 0.5 ? 1 : -1) * Number(x)) }
          : column,
      );
      return { ...table, columns };
    };
    const { watch, run } = watched();
    expect(run(40, () => rows(random, 100, 0))).toBeNull();
    expect(run(40, squared)).not.toBeNull();
    expect(watch.finding).toMatchObject({ columns: ['f0', 'f1'], form: 'spread' });
  });
});

describe('no alarm', () => {
  test('over 3,000 ticks in which nothing changes, in eight versions', () => {
    for (let seed = 1; seed <= 8; seed++) {
      const random = createSeededRandom(100 + seed);
      expect([seed, watched().run(150, () => rows(random, 150, 0.5))]).toEqual([seed, null]);
    }
    const random = createSeededRandom(7);
    expect(watched().run(3000, () => rows(random, 20, 0.5))).toBeNull();
  });

  test.each([0.5, 2])('where columns shift by themselves, by %d deviations', (shift) => {
    const random = createSeededRandom(3);
    const { run } = watched();
    expect(run(40, () => rows(random, 100, 0.5))).toBeNull();
    expect(run(200, () => rows(random, 100, 0.5, shift))).toBeNull();
  });

  test('of constant columns, nulls, texts, or a single column', () => {
    const random = createSeededRandom(4);
    const odd = (): Table => ({
      rows: 50,
      columns: [
        { name: 'constant', values: new Array<number>(50).fill(1) },
        { name: 'rare', values: Array.from({ length: 50 }, () => (random() < 0.01 ? 1 : 0)) },
        { name: 'gone', values: Array.from({ length: 50 }, (_, i) => (i === 0 ? 1 : null)) },
        { name: 'text', values: new Array<string>(50).fill('x') },
      ],
    });
    const { watch, run } = watched();
    expect(run(100, odd)).toBeNull();
    expect(watch.status).toBe('steady');
    const single = watched();
    expect(single.run(50, () => ({ rows: 1, columns: [{ name: 'a', values: [1] }] }))).toBeNull();
    expect(single.watch.status).toBe('warming');
  });
});

test('a tick of many rows costs no more than some hundred of them', () => {
  const random = createSeededRandom(5);
  const { watch, run } = watched();
  run(20, () => rows(random, 5000, 0.5));
  expect(watch.rows).toBeLessThan(5000 + 19 * 300);
});

test('the engine tells and reports it, and its columns stay steady', () => {
  let nowMs = 1_700_000_000_000;
  const changes: DriftChange[] = [];
  const engine = createDriftEngine({
    clock: { wall: () => nowMs, now: () => nowMs },
    onChange: (change) => changes.push(change),
  });
  engine.configure(modelPlan('credit'), null);
  const random = createSeededRandom(11);
  const run = (ticks: number, rho: number): void => {
    for (let i = 0; i < ticks; i++) {
      const request = rows(random, 200, rho);
      engine.observe({
        model: 'credit',
        version: 'old',
        role: 'champion',
        at: nowMs,
        caller: '',
        request,
        response: null,
      });
      nowMs += TICK_MS;
      engine.tick();
    }
  };
  const joint = () => engine.report('credit')?.joint[0];
  run(5, 0.6);
  expect(joint()?.status).toBe('warming');
  run(20, 0.6);
  expect(joint()).toMatchObject({ version: 'old', role: 'champion', status: 'steady', columns: [], text: null });
  const flippedAt = nowMs;
  run(20, -0.6);
  expect(joint()).toMatchObject({ status: 'drifting', columns: ['f0', 'f1'], since: expect.any(String) });
  expect(Math.abs(Date.parse(joint()?.since ?? '') - flippedAt)).toBeLessThanOrEqual(3 * TICK_MS);
  const told = changes.filter(({ feature }) => feature === 'joint');
  expect(told.map(({ from, to }) => `${from} ${to}`)).toEqual(['warming steady', 'steady drifting']);
  expect(told[1]?.evidence).toBeGreaterThan(Math.log(1000));
  expect(changes.filter(({ feature, to }) => feature !== 'joint' && to === 'drifting')).toEqual([]);
});
