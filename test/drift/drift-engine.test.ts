import { expect, test } from 'vitest';
import type { ModelPlan } from '../../src/config/plan.ts';
import { parseBaseline } from '../../src/drift/baseline/baseline.ts';
import { writeBaseline } from '../../src/drift/baseline/write-baseline.ts';
import { createDriftEngine, type DriftOptions } from '../../src/drift/engine.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import type { Role } from '../../src/model.ts';
import type { Value } from '../../src/protocols/protocol.ts';
import { modelPlan, tableOf } from './plans.ts';

type Columns = Readonly<Record<string, readonly (Value | undefined)[]>>;

/** An engine, its clock at the start of a tick, and columns of random rows. */
function setUp(options: Partial<DriftOptions> = {}, plan: ModelPlan = modelPlan()) {
  const clock = createManualClock(1_700_000_000_000);
  const engine = createDriftEngine({ clock, ...options });
  engine.configure(plan, null);
  const random = createSeededRandom(42);
  const amounts = (rows: number, factor = 1) =>
    Array.from({ length: rows }, () => Math.exp(3 + random() + random()) * factor);
  const see = (columns: Columns, key: { version?: string; role?: Role; at?: number } = {}) =>
    engine.observe({
      model: 'credit',
      version: 'old',
      role: 'champion',
      at: clock.wall(),
      caller: '10.0.0.1',
      request: tableOf(columns),
      response: null,
      ...key,
    });
  const nextTick = () => {
    clock.advance(1000);
    engine.tick();
  };
  const feature = (name = 'amount', role: Role = 'champion') =>
    engine.report('credit')?.features.find((one) => one.feature === name && one.role === role);
  return { clock, engine, amounts, see, nextTick, feature };
}

test('the first rows are the baseline, then windows are judged: warming, steady, drifting with its cause, steady', () => {
  const { engine, amounts, see, nextTick, feature } = setUp();
  see({ amount: amounts(600) });
  nextTick();
  expect(feature()).toMatchObject({ status: 'warming', provisional: true, baselineRows: 600, rows: 0, psi: null });
  expect(engine.indices()).toEqual([]);
  see({ amount: amounts(700) });
  nextTick();
  expect(feature()).toMatchObject({ status: 'steady', baselineRows: 1000, rows: 300, hint: null });
  see({ amount: amounts(400) });
  nextTick();
  expect(feature()).toMatchObject({ status: 'steady', rows: 700 });
  expect(engine.summary('credit')).toMatchObject({ status: 'steady', worst: { feature: 'amount', version: 'old' } });
  see({ amount: amounts(400, 100) });
  nextTick();
  expect(feature()).toMatchObject({ status: 'drifting', rows: 1100, hint: 'looks like x100' });
  see({ amount: amounts(400, 100) });
  nextTick();
  expect(feature()).toMatchObject({ status: 'drifting', hint: 'looks like x100' });
  expect(feature()?.psi).toBeGreaterThan(0.5);
  expect(feature()?.bins.find(({ label }) => label === 'above max')).toMatchObject({ current: 800 / 1500 });
  expect(engine.summary('credit')?.status).toBe('drifting');
  expect(engine.report('credit')).toMatchObject({ status: 'drifting', windowMs: 5000 });
  const psi = feature()?.psi;
  expect(engine.indices()).toEqual([{ model: 'credit', version: 'old', feature: 'amount', side: 'request', psi }]);
  for (let i = 0; i < 8; i++) {
    see({ amount: amounts(400) });
    nextTick();
  }
  expect(feature()).toMatchObject({ status: 'steady', rows: 2000, hint: null });
  const bins = feature()?.bins ?? [];
  expect(bins.reduce((sum, { current }) => sum + current, 0)).toBeCloseTo(1, 12);
  expect(bins.reduce((sum, { baseline }) => sum + baseline, 0)).toBeCloseTo(1, 12);
});

test('calls that stop make everything unknown at once; calls that return make it known again', () => {
  const { engine, amounts, see, nextTick, feature } = setUp();
  see({ amount: amounts(1000) });
  for (let i = 0; i < 6; i++) {
    for (let call = 0; call < 25; call++) see({ amount: amounts(10) });
    nextTick();
  }
  expect(feature()?.status).toBe('steady');
  nextTick();
  expect(feature()).toMatchObject({ status: 'unknown', rows: 1000 });
  expect(engine.summary('credit')?.status).toBe('unknown');
  for (let i = 0; i < 10; i++) nextTick();
  expect(feature()).toMatchObject({ status: 'unknown', rows: 0, psi: null });
  see({ amount: amounts(300) });
  nextTick();
  expect(feature()?.status).toBe('steady');
});

test('a batch is no gap in the ticks after it, until twenty calls should have come', () => {
  const { amounts, see, nextTick, feature } = setUp();
  see({ amount: amounts(1000) });
  see({ amount: amounts(5000) });
  for (let i = 0; i < 12; i++) {
    nextTick();
    expect(feature()?.status).toBe(i < 10 ? 'steady' : 'unknown');
  }
});

test('a column that goes missing, turns null, or turns to text drifts, and the hint says so', () => {
  for (const [hint, columns] of [
    ['missing in 80 % of rows, 0 % in the baseline', { other: new Array(400).fill(1) }],
    ['null in 80 % of rows, 0 % in the baseline', { amount: new Array(400).fill(null), other: new Array(400).fill(1) }],
    [
      'wrong type in 80 % of rows, 0 % in the baseline',
      { amount: new Array(400).fill('12'), other: new Array(400).fill(1) },
    ],
    ['stuck at 7', { amount: new Array(400).fill(7), other: new Array(400).fill(1) }],
  ] as const) {
    const { amounts, see, nextTick, feature } = setUp();
    see({ amount: amounts(1000), other: new Array(1000).fill(1) });
    see({ amount: amounts(100), other: new Array(100).fill(1) });
    see(columns);
    nextTick();
    expect(feature()?.hint).toBe(hint);
    nextTick();
    expect(feature()?.status).toBe('drifting');
    expect(feature('other')?.status).toBe('steady');
  }
});

test('a category that nobody has seen, and one that grows', () => {
  const cards = (rows: number, share: number, name = 'amex') =>
    Array.from({ length: rows }, (_, i) => (i < rows * share ? name : 'visa'));
  const { see, nextTick, feature } = setUp();
  see({ card: cards(1000, 0.1) });
  see({ card: cards(500, 0.6) });
  nextTick();
  expect(feature('card')).toMatchObject({ kind: 'categorical', hint: '"amex" in 60 % of rows, 10 % in the baseline' });
  for (let i = 0; i < 5; i++) nextTick();
  see({ card: cards(500, 0.3, 'mir') });
  nextTick();
  expect(feature('card')?.hint).toBe('a value never seen before in 30 % of rows, 0 % in the baseline');
});

test('roles and versions are measured apart, roles of one version against one baseline', () => {
  const { engine, amounts, see, nextTick, feature } = setUp();
  see({ amount: amounts(500) }, { version: 'dark', role: 'shadow' });
  see({ amount: amounts(500) }, { version: 'dark', role: 'challenger' });
  see({ amount: amounts(200, 10) }, { version: 'dark', role: 'shadow' });
  see({ amount: amounts(200) }, { version: 'dark', role: 'challenger' });
  nextTick();
  nextTick();
  expect(feature('amount', 'shadow')).toMatchObject({ status: 'drifting', hint: 'looks like x10' });
  expect(feature('amount', 'challenger')).toMatchObject({ status: 'steady', baselineRows: 1000 });
  expect(engine.report('credit')?.features).toHaveLength(2);
});

test('a baseline file measures from the first row, names its columns, and counts the others', () => {
  const { engine, amounts, see, nextTick, feature } = setUp();
  const read = parseBaseline(
    writeBaseline('credit', { request: tableOf({ amount: amounts(2000), gone: amounts(2000) }) }),
  );
  if (!read.ok) throw new Error(read.problems.join());
  engine.configure(modelPlan(), read.baseline);
  see({ amount: amounts(500), extra: amounts(500) });
  nextTick();
  nextTick();
  expect(feature()).toMatchObject({ status: 'steady', provisional: false, baselineRows: 2000, rows: 500 });
  expect(feature('gone')).toMatchObject({ status: 'drifting' });
  expect(feature('extra')).toBeUndefined();
  expect(engine.counters()).toMatchObject({ columnsUnknown: 1, streams: 2 });
});

test('a reload keeps the counts, unless what they rest on has changed', () => {
  const { engine, amounts, see, nextTick, feature } = setUp();
  see({ amount: amounts(1000) });
  see({ amount: amounts(300) }, {});
  see({ amount: amounts(300) }, { version: 'dark', role: 'shadow' });
  nextTick();
  engine.configure(modelPlan('credit', { drift: { ...modelPlan().drift, tolerance: 0.5 } }), null);
  expect(feature()?.status).toBe('steady');
  engine.configure(modelPlan('credit', { mirrors: [] }), null);
  expect(feature('amount', 'shadow')).toBeUndefined();
  expect(feature()?.status).toBe('steady');
  engine.configure(modelPlan('credit', { drift: { ...modelPlan().drift, tickMs: 2000 } }), null);
  expect(engine.report('credit')?.features).toEqual([]);
  expect(engine.counters().streams).toBe(0);
  engine.retain([]);
  expect(engine.report('credit')).toBeUndefined();
  see({ amount: amounts(3) });
  expect(engine.counters().rowsUnknownModel).toBe(3);
});

test('late rows count while their tick is held, and are counted as late after; the future is now', () => {
  const { clock, engine, amounts, see, nextTick, feature } = setUp();
  see({ amount: amounts(1000) });
  nextTick();
  see({ amount: amounts(200) }, { at: clock.wall() - 500 });
  see({ amount: amounts(100) }, { at: clock.wall() + 3_600_000 });
  nextTick();
  expect(feature()?.rows).toBe(300);
  see({ amount: amounts(50) }, { at: clock.wall() - 60_000 });
  expect(engine.counters().rowsLate).toBe(50);
  for (let i = 0; i < 4; i++) nextTick();
  expect(feature()?.rows).toBe(100);
});

test('every bound holds and is counted', () => {
  const plan = modelPlan('credit', { drift: { ...modelPlan().drift, provisionalRows: 100 } });
  const { engine, see, nextTick } = setUp({ featuresMax: 3, streamsMax: 5, idleTicks: 10 }, plan);
  const wide = (first: number) => Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`c${first + i}`, [1, 2]]));
  see(wide(0));
  expect(engine.counters()).toMatchObject({ streams: 3, columnsRefused: 1 });
  see(wide(0), { version: 'new', role: 'challenger' });
  expect(engine.counters()).toMatchObject({ streams: 5, columnsRefused: 3 });
  for (let i = 0; i < 12; i++) nextTick();
  expect(engine.counters()).toMatchObject({ streams: 0, groupsEvicted: 2 });
  expect(engine.summary('credit')).toEqual({ status: 'unknown', worst: null });
});

test('without drift a fleet watched all day raises next to no alarm', () => {
  const columns = 40;
  const windows = 200;
  const random = createSeededRandom(11);
  const { engine, see, nextTick } = setUp();
  const draw = () => random() + random() - random();
  const rows = (count: number) =>
    Object.fromEntries(
      Array.from({ length: columns }, (_, c) => [
        `x${c}`,
        Array.from({ length: count }, () => (c % 4 === 0 ? Math.floor(draw() * 3) : draw())),
      ]),
    );
  see(rows(1000));
  let alarms = 0;
  for (let i = 0; i < windows; i++) {
    see(rows(40));
    nextTick();
    alarms += engine.report('credit')?.features.filter(({ status }) => status === 'drifting').length ?? 0;
  }
  expect(alarms).toBe(0);
});
