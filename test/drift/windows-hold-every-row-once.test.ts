// Windows of five minutes, an hour, a day and since the start: each shows the rows of exactly the time that it names, whatever order
// they came in, and each row once; a clock that jumps back or forward costs no row.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWindowCells } from '../../src/drift/counts/window-cells.ts';
import { coveredBy, levelsOf, WINDOW_NAMES } from '../../src/drift/counts/windows.ts';
import { createDriftEngine, type DriftEngine } from '../../src/drift/engine.ts';
import { modelPlan, tableOf } from './plans.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** The start of an hour and of a day (UTC). */
const START = 1_700_006_400_000;

function set(atMs = START) {
  let wall = atMs;
  const clock = { now: () => wall, wall: () => wall };
  const engine = createDriftEngine({ clock });
  const model = modelPlan('credit', { drift: { ...modelPlan().drift, tickMs: MINUTE, provisionalRows: 100 } });
  engine.configure(model, null);
  const see = (rows: number, at = wall) => {
    const request = tableOf({ amount: Array.from({ length: rows }, (_, i) => i % 50) });
    engine.observe({ model: 'credit', version: 'old', role: 'champion', caller: '', at, request, response: null });
  };
  see(100); // the baseline
  const at = (ms: number) => {
    wall = ms;
  };
  return { engine, see, at, now: () => wall };
}

function rowsOf(engine: DriftEngine): Readonly<Record<string, number | undefined>> {
  const rows = WINDOW_NAMES.map((window) => {
    const view = engine.report('credit', { distances: null, features: null, window });
    return [window, view?.features[0]?.rows] as const;
  });
  return Object.fromEntries(rows);
}

test('a row a minute for two days: each window says from when to when, and has the rows of that time', () => {
  const { engine, see, at, now } = set();
  for (let minute = 1; minute <= 2 * 24 * 60 + 47; minute++) {
    at(START + minute * MINUTE);
    engine.tick();
    see(1);
  }
  at(now() + MINUTE);
  engine.tick();
  expect(rowsOf(engine)).toEqual({ '5m': 5, '1h': 60 + 18, '1d': 24 * 60 + 48, 'since-start': 2 * 24 * 60 + 47 });
  for (const window of WINDOW_NAMES) {
    const view = engine.report('credit', { distances: null, features: null, window });
    const from = view?.window.from ?? null;
    const span = Date.parse(view?.window.to ?? '') - (from === null ? START : Date.parse(from));
    expect(view?.window).toMatchObject({ name: window, to: new Date(now()).toISOString() });
    expect(view?.windowMs).toBe(span);
    expect(view?.features[0]).toMatchObject({ since: new Date(START).toISOString() });
    expect(view?.features[0]?.psi).not.toBeNull();
  }
});

test('any rows in any order within the watermark: a window holds what lies in it, and each row is in the sum since the start', () => {
  const slots = 6;
  fc.assert(
    fc.property(
      fc.array(fc.record({ step: fc.nat(40), late: fc.nat(5), count: fc.integer({ min: 1, max: 9 }) }), {
        maxLength: 200,
      }),
      fc.constantFrom(1000, MINUTE, 15 * MINUTE),
      (steps, tickMs) => {
        const cells = createWindowCells(slots, tickMs);
        const offset = cells.reserve(3);
        const first = Math.floor(START / tickMs);
        let last = first;
        const seen: { readonly tick: number; readonly count: number }[] = [];
        for (const { step, late, count } of steps) {
          last += step;
          const tick = Math.max(first, last - late);
          cells.ticks.slotOf(last);
          const slot = cells.ticks.slotOf(tick);
          const cell = cells.ticks.baseOf(slot) + offset + 1;
          cells.ticks.cells[cell] = (cells.ticks.cells[cell] ?? 0) + count;
          seen.push({ tick, count });
        }
        for (const name of [null, ...WINDOW_NAMES]) {
          const covered = coveredBy(name, last, tickMs, slots - 1);
          const within = seen.filter(({ tick }) => covered.from === null || tick * tickMs >= covered.from);
          const rows = within.reduce((sum, { count }) => sum + count, 0);
          expect([...cells.sum(covered, offset, 3)]).toEqual([0, rows, 0]);
        }
      },
    ),
  );
});

test('memory is bounded: three cells a level, whatever the tick; a tick longer than a window stands for it', () => {
  expect(levelsOf(MINUTE, 5).map(({ name }) => name)).toEqual(['1h', '1d']);
  expect(levelsOf(1000, 5).map(({ name }) => name)).toEqual(['5m', '1h', '1d']);
  expect(levelsOf(24 * HOUR, 5)).toEqual([]);
  expect(coveredBy('1h', 9, 24 * HOUR, 5)).toEqual({ from: 9 * 24 * HOUR, to: 10 * 24 * HOUR, level: null });
});

test('a clock that goes back by two hours: counted once, no row is refused, and what was later stays in the sum', () => {
  const { engine, see, at, now } = set();
  for (let minute = 1; minute <= 200; minute++) {
    at(START + minute * MINUTE);
    engine.tick();
    see(2);
  }
  const back = now() - 2 * HOUR;
  for (let minute = 0; minute < 90; minute++) {
    at(back + minute * MINUTE);
    engine.tick();
    see(2);
  }
  at(now() + MINUTE);
  engine.tick();
  expect(engine.counters()).toMatchObject({ clockJumps: 1, rowsLate: 0 });
  expect(rowsOf(engine)).toMatchObject({ '5m': 10, 'since-start': 400 + 180 });
  expect(engine.report('credit')?.features[0]?.rows).toBe(10);
});

test('a clock that goes forward by a week: an empty window, not an old one; and back again', () => {
  const { engine, see, at, now } = set();
  for (let minute = 1; minute <= 10; minute++) {
    at(START + minute * MINUTE);
    engine.tick();
    for (let call = 0; call < 30; call++) see(10);
  }
  const before = now();
  at(before + 7 * 24 * HOUR);
  engine.tick();
  expect(engine.counters()).toMatchObject({ clockJumps: 0 });
  expect(engine.summary('credit')?.status).toBe('unknown');
  at(before + MINUTE);
  engine.tick();
  see(10);
  at(before + 2 * MINUTE);
  engine.tick();
  expect(engine.counters()).toMatchObject({ clockJumps: 1, rowsLate: 0 });
  expect(rowsOf(engine)['5m']).toBeGreaterThanOrEqual(10);
});
