import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Answer, type ComparerOptions, createComparer } from '../../src/compare/comparer.ts';
import { comparePredictions } from '../../src/compare/predictions.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import type { Table, Value } from '../../src/protocols/protocol.ts';

function tableOf(columns: Readonly<Record<string, readonly Value[]>>): Table {
  const all = Object.entries(columns).map(([name, values]) => ({ name, values }));
  return { rows: all[0]?.values.length ?? 0, columns: all };
}

const answer = (decisionId: string, changes: Partial<Answer> = {}): Answer => ({
  model: 'm',
  decisionId,
  version: 'dark',
  status: 200,
  predictions: tableOf({ p: [0.5] }),
  latencyMs: 10,
  ...changes,
});

function setUp(options: Partial<ComparerOptions> = {}) {
  const clock = createManualClock();
  return { clock, comparer: createComparer({ clock, ttlMs: 1000, ...options }) };
}

test('in either order, with several shadows, once each', () => {
  const { comparer } = setUp();
  comparer.primary(answer('1', { version: 'old' }), 2);
  comparer.shadow(answer('1', { latencyMs: 14, predictions: tableOf({ q: [0.5000001] }) }));
  comparer.shadow(answer('1', { version: 'other', status: 500, predictions: null }));
  comparer.shadow(answer('2', { latencyMs: 12, predictions: tableOf({ q: [0.75] }) }));
  comparer.shadow(answer('2', { version: 'other' }));
  expect(comparer.report('m').map(({ compared }) => compared)).toEqual([1, 1]);
  comparer.primary(answer('2', { version: 'old' }), 2);
  const [dark, other] = comparer.report('m');
  expect(dark).toMatchObject({
    version: 'dark',
    compared: 2,
    unpaired: 0,
    statusEqual: 2,
    predictionsCompared: 2,
    predictionsEqual: 1,
    latencyDifferenceMs: 3,
  });
  expect(dark?.meanAbsoluteDifference).toBeCloseTo(0.125, 6);
  expect(other).toMatchObject({ compared: 2, statusEqual: 1, predictionsCompared: 1, predictionsEqual: 1 });
  expect(comparer.report('unknown')).toEqual([]);
});

test('a decision id belongs to its model', () => {
  const { comparer } = setUp();
  comparer.primary(answer('1'), 1);
  comparer.shadow(answer('1', { model: 'n' }));
  expect(comparer.report('n')).toMatchObject([
    { compared: 0, meanAbsoluteDifference: null, latencyDifferenceMs: null },
  ]);
});

test('a shadow whose primary never comes is counted once its time is over', () => {
  const { clock, comparer } = setUp();
  comparer.shadow(answer('1'));
  comparer.primary(answer('2', { version: 'old' }), 1);
  clock.advance(999);
  comparer.sweep();
  expect(comparer.counters()).toMatchObject({ waiting: 2, expired: 0 });
  clock.advance(2);
  comparer.sweep();
  expect(comparer.report('m')).toMatchObject([{ unpaired: 1, compared: 0 }]);
  expect(comparer.counters()).toEqual({ waiting: 0, evicted: 0, expired: 2, tooLarge: 0 });
  comparer.primary(answer('1', { version: 'old' }), 1);
  expect(comparer.report('m')).toMatchObject([{ compared: 0 }]);
});

test('more decisions, cells or shadows than the bounds leave early, and are counted', () => {
  const { comparer } = setUp({ pairsMax: 10, cellsMax: 100 });
  for (let i = 0; i < 25; i++) comparer.shadow(answer(`${i}`));
  expect(comparer.counters()).toMatchObject({ waiting: 10, evicted: 15 });
  expect(comparer.report('m')).toMatchObject([{ unpaired: 15 }]);
  comparer.shadow(answer('large', { predictions: tableOf({ p: new Array(100).fill(0) }) }));
  expect(comparer.counters()).toMatchObject({ waiting: 10, tooLarge: 1 });
  expect(comparer.report('m')).toMatchObject([{ unpaired: 16 }]);
  for (let i = 0; i < 20; i++) comparer.shadow(answer('24'));
  expect(comparer.report('m')).toMatchObject([{ unpaired: 16 + 5 }]);
});

test('whatever the order, every shadow is compared or unpaired in the end', () => {
  const half = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.constantFrom('primary', 'a', 'b'), fc.nat(400));
  fc.assert(
    fc.property(fc.array(half, { maxLength: 80 }), fc.integer({ min: 1, max: 12 }), (halves, pairsMax) => {
      const { clock, comparer } = setUp({ pairsMax });
      const sent = { a: 0, b: 0 };
      for (const [id, who, wait] of halves) {
        clock.advance(wait);
        if (who === 'primary') comparer.primary(answer(`${id}`, { version: 'old' }), wait % 4);
        else {
          sent[who === 'a' ? 'a' : 'b']++;
          comparer.shadow(answer(`${id}`, { version: who }));
        }
      }
      clock.advance(2000);
      comparer.sweep();
      expect(comparer.counters().waiting).toBe(0);
      for (const { version, compared, unpaired } of comparer.report('m')) {
        expect(compared + unpaired).toBe(version === 'a' ? sent.a : sent.b);
      }
    }),
  );
});

test('an answer is let go with the last shadow that was sent, and never held where none was', () => {
  const { comparer } = setUp();
  comparer.primary(answer('1', { version: 'old' }), 0);
  expect(comparer.counters().waiting).toBe(0);
  comparer.primary(answer('2', { version: 'old' }), 2);
  comparer.shadow(answer('2'));
  expect(comparer.counters().waiting).toBe(1);
  comparer.shadow(answer('2', { version: 'other' }));
  expect(comparer.counters().waiting).toBe(0);
  comparer.shadow(answer('3'));
  comparer.primary(answer('3', { version: 'old' }), 1);
  expect(comparer.counters()).toEqual({ waiting: 0, evicted: 0, expired: 0, tooLarge: 0 });
});

test('a decision id used again while a shadow is under way is held for both', () => {
  const { comparer } = setUp();
  for (let i = 0; i < 2; i++) comparer.primary(answer('1', { version: 'old' }), 1);
  for (let i = 0; i < 2; i++) comparer.shadow(answer('1'));
  expect(comparer.counters().waiting).toBe(0);
  expect(comparer.report('m')).toMatchObject([{ compared: 2, unpaired: 0 }]);
});

test('models that are gone are forgotten', () => {
  const { comparer } = setUp();
  comparer.primary(answer('1'), 1);
  comparer.shadow(answer('1'));
  comparer.retain(new Map([['other', new Set()]]));
  expect(comparer.report('m')).toEqual([]);
});

describe('predictions', () => {
  const same = (one: Table, other: Table) => comparePredictions(one, other).equal;

  test('numbers within a millionth are equal, everything else exactly', () => {
    expect(same(tableOf({ p: [1e6] }), tableOf({ p: [1e6 + 0.9] }))).toBe(true);
    expect(same(tableOf({ p: [1e6] }), tableOf({ p: [1e6 + 1.1] }))).toBe(false);
    expect(same(tableOf({ p: [0] }), tableOf({ p: [1e-9] }))).toBe(false);
    expect(same(tableOf({ p: ['a', null, true] }), tableOf({ p: ['a', null, true] }))).toBe(true);
    expect(same(tableOf({ p: ['a'] }), tableOf({ p: ['b'] }))).toBe(false);
    expect(same(tableOf({ p: [1] }), tableOf({ p: ['1'] }))).toBe(false);
    expect(same(tableOf({ p: [Number.NaN, Infinity] }), tableOf({ p: [Number.NaN, Infinity] }))).toBe(true);
    expect(same(tableOf({ p: [Infinity] }), tableOf({ p: [-Infinity] }))).toBe(false);
    expect(same(tableOf({ p: [Infinity] }), tableOf({ p: [5] }))).toBe(false);
    expect(same(tableOf({ p: [0] }), tableOf({ p: [-0] }))).toBe(true);
  });

  test('several columns are matched by name, one column by being alone', () => {
    expect(same(tableOf({ a: [1], b: [2] }), tableOf({ b: [2], a: [1] }))).toBe(true);
    expect(same(tableOf({ a: [1], b: [2] }), tableOf({ a: [1], c: [2] }))).toBe(false);
    expect(same(tableOf({ a: [1], b: [2] }), tableOf({ a: [1] }))).toBe(false);
    expect(same(tableOf({ a: [1] }), tableOf({ z: [1] }))).toBe(true);
    expect(same(tableOf({ a: [1, 2] }), tableOf({ a: [1] }))).toBe(false);
  });

  test('the difference is summed over finite numbers of both', () => {
    const found = comparePredictions(
      tableOf({ a: [1, 2, 'x'], b: [Number.NaN, 1, 4] }),
      tableOf({ a: [2, 2, 'x'], b: [1, Infinity, 2] }),
    );
    expect(found).toEqual({ equal: false, absoluteDifference: 3, numbers: 3 });
  });
});
