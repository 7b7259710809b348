// A feature that appears, vanishes, changes its type, its unit or its range, or has its first null or category, is named after a
// handful of rows, long before a window of drift has ended; and rows like those of the baseline never are.

import { expect, test } from 'vitest';
import { parseBaseline } from '../../src/drift/baseline/baseline.ts';
import { writeBaseline } from '../../src/drift/baseline/write-baseline.ts';
import { createDriftEngine } from '../../src/drift/engine.ts';
import type { SchemaFinding } from '../../src/drift/schema/schema-check.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import type { Value } from '../../src/protocols/protocol.ts';
import { newcomerTail } from '../../src/statistics/newcomers.ts';
import { modelPlan, tableOf } from './plans.ts';

type Row = Readonly<Record<string, Value | undefined>>;

function drawn(seed: number): () => Row {
  const random = createSeededRandom(seed);
  return () => ({
    amount: random() * 100 + 1,
    age: Math.floor(18 + random() * 60),
    card: random() < 0.7 ? 'visa' : 'amex',
    vip: random() < 0.1,
    score: random() < 0.05 ? null : random(),
  });
}

const tableFrom = (rows: readonly Row[]) =>
  tableOf(Object.fromEntries(Object.keys(rows[0] ?? {}).map((name) => [name, rows.map((row) => row[name])])));

function watched(baselineRows: number) {
  const draw = drawn(1);
  const read = parseBaseline(
    writeBaseline('credit', { request: tableFrom(Array.from({ length: baselineRows }, draw)) }),
  );
  if (!read.ok) throw new Error(read.problems.join());
  const clock = createManualClock(1_800_000_000_000);
  const found: SchemaFinding[] = [];
  const engine = createDriftEngine({ clock, onSchema: (_model, _group, finding) => found.push({ ...finding }) });
  engine.configure(modelPlan('credit', { drift: { ...modelPlan().drift, tickMs: 60_000 } }), read.baseline);
  const send = (rows: readonly Row[]): void => {
    for (const row of rows) {
      engine.observe({
        model: 'credit',
        version: 'old',
        role: 'champion',
        at: clock.wall(),
        caller: '',
        request: tableFrom([row]),
        response: null,
      });
    }
    clock.advance(1000);
    engine.tick();
  };
  return { engine, clock, found, send };
}

const schemaOf = (engine: ReturnType<typeof watched>['engine']) => engine.report('credit')?.schema ?? [];

const FAULTS: readonly (readonly [string, (row: Row) => Row, string, string, RegExp])[] = [
  ['a new feature', (row) => ({ ...row, region: 'EU' }), 'region', 'new', /no such column/],
  ['a vanished one', ({ age: _, ...row }) => row, 'age', 'vanished', /vanished: rows no longer have it/],
  ['a number as text', (row) => ({ ...row, amount: String(row.amount) }), 'amount', 'type', /another type than number/],
  ['a fraction', (row) => ({ ...row, age: Number(row.age) + 0.5 }), 'age', 'type', /not whole/],
  ['a number for a category', (row) => ({ ...row, card: 3 }), 'card', 'type', /another type than text/],
  ['a text for a boolean', (row) => ({ ...row, vip: 'yes' }), 'vip', 'category', /never seen/],
  ['a first null', (row) => ({ ...row, age: null }), 'age', 'null', /never was/],
  [
    'a value that is infinite',
    (row) => ({ ...row, score: Number.POSITIVE_INFINITY }),
    'score',
    'not a number',
    /infinite/,
  ],
  [
    'a range that is left',
    (row) => ({ ...row, amount: Number(row.amount) + 1000 }),
    'amount',
    'range',
    /out of the range/,
  ],
  ['a new category', (row) => ({ ...row, card: 'diners' }), 'card', 'category', /never seen/],
];

test.each(FAULTS)('%s: found within 6 rows, before any window has ended', (_what, fault, feature, kind, words) => {
  const { engine, found, send } = watched(5000);
  const draw = drawn(2);
  send(Array.from({ length: 20 }, draw));
  expect(found).toEqual([]);
  for (let row = 0; row < 6; row++) send([fault(draw())]);
  expect(found.map((one) => [one.feature, one.kind])).toEqual([[feature, kind]]);
  expect(found[0]?.rows).toBeLessThanOrEqual(6);
  const [shown] = schemaOf(engine);
  expect(shown).toMatchObject({ version: 'old', role: 'champion', side: 'request', feature, kind, rows: 6 });
  expect(shown?.text).toMatch(words);
  expect(engine.schemaCounts()).toEqual([{ model: 'credit', version: 'old', kind, count: 1 }]);
});

test('one row in a hundred is found after some hundred rows; a unit is named once there are rows to tell', () => {
  const rare = watched(5000);
  const draw = drawn(3);
  for (let i = 0; i < 30; i++)
    rare.send(Array.from({ length: 100 }, (_, at) => (at === 50 ? { ...draw(), age: null } : draw())));
  expect(rare.found).toMatchObject([{ feature: 'age', kind: 'null' }]);
  const cents = watched(5000);
  for (let i = 0; i < 8; i++)
    cents.send(Array.from({ length: 10 }, draw).map((row) => ({ ...row, amount: Number(row.amount) * 100 })));
  expect(cents.found.map(({ kind }) => kind)).toEqual(['range', 'unit']);
  expect(schemaOf(cents.engine).map(({ feature, kind }) => [feature, kind])).toEqual([['amount', 'unit']]);
  expect(cents.found.find(({ kind }) => kind === 'unit')?.text).toContain('looks like x100');
});

test('rows like those of the baseline are never told, in 20,000 of them; a mended fault is over once its ticks are', () => {
  const { engine, clock, found, send } = watched(5000);
  const draw = drawn(4);
  for (let i = 0; i < 200; i++) send(Array.from({ length: 100 }, draw));
  expect(found).toEqual([]);
  send(Array.from({ length: 10 }, () => ({ ...draw(), region: 'EU', age: null })));
  expect(schemaOf(engine)).toHaveLength(2);
  clock.advance(7 * 60_000);
  send([draw()]);
  expect(schemaOf(engine)).toEqual([]);
});

test('a baseline of three rows has no power: nothing follows from it', () => {
  const { found, send } = watched(3);
  for (let i = 0; i < 5; i++) send(Array.from({ length: 20 }, () => ({ ...drawn(5)(), region: 'EU', amount: 'text' })));
  expect(found).toEqual([]);
});

test('names that callers make up are bounded', () => {
  const { engine, send } = watched(5000);
  const draw = drawn(6);
  for (let i = 0; i < 10; i++)
    send(
      Array.from({ length: 10 }, () => ({
        ...draw(),
        ...Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`x${at}`, 1])),
      })),
    );
  expect(schemaOf(engine).length).toBeLessThanOrEqual(200);
});

test('chance that all k of n new rows have what none of N old ones had: C(n, k) / C(N + n, k)', () => {
  expect(newcomerTail(2, 2, 1)).toBeCloseTo(1 / 2, 12);
  expect(newcomerTail(3, 2, 2)).toBeCloseTo(1 / 10, 12);
  expect(newcomerTail(1000, 5, 0)).toBe(1);
  // Simulated: the three greatest of 5 old and 5 new values are all new in C(5, 3) / C(10, 3) = 1 / 12 of all orders.
  const random = createSeededRandom(7);
  let all = 0;
  for (let run = 0; run < 40_000; run++) {
    const values = Array.from({ length: 10 }, (_, i) => ({ value: random(), isNew: i < 5 })).sort(
      (a, b) => b.value - a.value,
    );
    if (values.slice(0, 3).every(({ isNew }) => isNew)) all++;
  }
  expect(all / 40_000).toBeCloseTo(newcomerTail(5, 5, 3), 2);
});
