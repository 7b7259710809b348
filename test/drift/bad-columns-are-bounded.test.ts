// Columns as nobody wants them: a million categories, ten thousand features, infinite values, types that change, columns that
// vanish, appear, are all null or never change. Each is bounded and each value is counted somewhere.

import { expect, test } from 'vitest';
import { createDriftEngine, type DriftEngine } from '../../src/drift/engine.ts';
import type { SavedModel } from '../../src/drift/state/saved-model.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import type { Value } from '../../src/protocols/protocol.ts';
import { modelPlan, tableOf } from './plans.ts';

type Columns = Readonly<Record<string, readonly (Value | undefined)[]>>;

function watched({ saved = [] }: { readonly saved?: readonly SavedModel[] } = {}) {
  const clock = createManualClock(1_700_000_000_000);
  const engine = createDriftEngine({ clock });
  engine.restore(saved);
  engine.configure(modelPlan('credit', { drift: { ...modelPlan().drift, provisionalRows: 100 } }), null);
  const see = (columns: Columns) =>
    engine.observe({
      ...{ model: 'credit', version: 'old', role: 'champion' as const, caller: '', at: clock.wall() },
      ...{ request: tableOf(columns), response: null },
    });
  const nextTick = () => {
    clock.advance(1000);
    engine.tick();
  };
  return { engine, see, nextTick };
}

const fill = <Of>(rows: number, of: (i: number) => Of): Of[] => Array.from({ length: rows }, (_, i) => of(i));

/** Rows of the window in each bin that has any, by label. */
function binsOf(engine: DriftEngine, name = 'x'): Readonly<Record<string, number>> {
  const asked = { distances: null, features: [name], window: 'since-start' as const };
  const feature = engine.report('credit', asked)?.features[0];
  const bins = feature?.bins.filter(({ current }) => current > 0) ?? [];
  return Object.fromEntries(bins.map(({ label, current }) => [label, Math.round(current * (feature?.rows ?? 0))]));
}

test('a million categories: those of the baseline and a bin for the others, of one size throughout', () => {
  const { engine, see, nextTick } = watched();
  see({ x: fill(100, (i) => `known-${i % 4}`) });
  const sizes = new Set<number>();
  for (let batch = 0; batch < 10; batch++) {
    see({ x: fill(100_000, (i) => `id-${batch}-${i}`) });
    nextTick();
    sizes.add(JSON.stringify(engine.save('credit')).length >> 12);
  }
  expect(binsOf(engine)).toEqual({ 'never seen': 1_000_000 });
  expect(sizes.size).toBeLessThanOrEqual(2);
  expect(engine.counters()).toMatchObject({ rows: 1_000_100, streams: 1 });
});

test('a baseline of a hundred thousand categories is cut off and says so by counting unknown ones as other', () => {
  const { engine, see, nextTick } = watched();
  see({ x: fill(100, (i) => `id-${i}`) });
  see({ x: fill(500, (i) => `new-${i}`) });
  nextTick();
  const bins = binsOf(engine);
  expect(Object.values(bins).reduce((sum, count) => sum + count, 0)).toBe(500);
  expect(bins).toEqual({ 'never seen': 500 });
});

test('new categories are named with their counts, and still are after a restart', () => {
  const { engine, see, nextTick } = watched();
  see({ x: fill(100, (i) => `known-${i % 4}`) });
  see({ x: fill(52, (i) => (i < 40 ? 'GB' : 'FR')) });
  see({ x: ['GB'] });
  for (let i = 0; i < 3; i++) see({ x: ['FR'] });
  nextTick();
  const expected = [
    { text: 'GB', count: 41, error: 0 },
    { text: 'FR', count: 15, error: 0 },
  ];
  expect(engine.report('credit')?.features[0]?.newCategories).toEqual(expected);
  const model = engine.save('credit');
  const next = watched({ saved: model === undefined ? [] : [model] });
  expect(next.engine.report('credit')?.features[0]?.newCategories).toEqual(expected);
});

test('ten thousand features: the first thousand are watched, the others are counted as refused at each call', () => {
  const { engine, see, nextTick } = watched();
  const wide = Object.fromEntries(fill(10_000, (i) => [`f${i}`, [i, i + 1]]));
  see(wide);
  see(wide);
  nextTick();
  expect(engine.counters()).toMatchObject({ streams: 1000, columnsRefused: 18_000 });
  expect(engine.report('credit')?.features).toHaveLength(1000);
});

test('infinite values, NaN and the ends of the doubles have bins, and no figure is poisoned', () => {
  const { engine, see, nextTick } = watched();
  see({ x: fill(100, (i) => i) });
  const odd = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1e308, -1e308, 5e-324, -0];
  see({ x: [...odd, ...fill(193, (i) => i % 100)] });
  for (const value of odd) see({ x: [value] });
  nextTick();
  expect(binsOf(engine)).toMatchObject({ NaN: 2, infinite: 4, 'below min': 2, 'above max': 2 });
  const feature = engine.report('credit', { distances: null, features: null, window: 'since-start' })?.features[0];
  expect(feature?.rows).toBe(207);
  expect(Number.isFinite(feature?.psi)).toBe(true);
});

test('types that change in the middle of the stream, and back', () => {
  const { engine, see, nextTick } = watched();
  see({ x: fill(100, (i) => i) });
  for (let i = 0; i < 50; i++) {
    see({ x: [i] });
    see({ x: [String(i)] });
    see({ x: [i % 2 === 0] });
    see({ x: [null] });
  }
  nextTick();
  const { 'wrong type': wrong, null: nulls, ...plain } = binsOf(engine);
  expect([wrong, nulls]).toEqual([100, 50]);
  expect(Object.values(plain).reduce((sum, count) => sum + count, 0)).toBe(50);
});

test('a feature that vanishes is missing in every row, one that appears begins a baseline of its own', () => {
  const { engine, see, nextTick } = watched();
  see({ x: fill(100, (i) => i), y: fill(100, (i) => i) });
  for (let i = 0; i < 150; i++) see({ y: [i % 100], z: [i % 10] });
  nextTick();
  expect(binsOf(engine)).toEqual({ missing: 150 });
  expect(Object.values(binsOf(engine, 'z')).reduce((sum, count) => sum + count, 0)).toBe(50);
  for (let i = 0; i < 20; i++) see({ z: [3], x: [5], y: [7] });
  nextTick();
  expect(binsOf(engine)).toMatchObject({ missing: 150 });
});

test('all-null and constant columns are steady while they stay so, and their first change has a bin', () => {
  const { engine, see, nextTick } = watched();
  const rows = (count: number) => ({ x: fill(count, () => null), y: fill(count, () => 7) });
  see(rows(100));
  for (let tick = 0; tick < 5; tick++) {
    see(rows(200));
    nextTick();
  }
  const features = engine.report('credit')?.features ?? [];
  expect(features.map(({ status }) => status)).toEqual(['steady', 'steady']);
  see({ x: [1], y: [8] });
  nextTick();
  expect(Object.keys(binsOf(engine))).toHaveLength(2);
  expect(binsOf(engine, 'y')).toMatchObject({ 'above max': 1 });
});
