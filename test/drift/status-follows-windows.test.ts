import { expect, test } from 'vitest';
import { follow, isGap, judge, type Reading, type Verdict, WARMING } from '../../src/drift/verdict/verdict.ts';

const run = (...readings: Reading[]) =>
  readings.reduce<{ verdict: Verdict; all: string[] }>(
    ({ verdict, all }, reading) => {
      const next = follow(verdict, reading);
      return { verdict: next, all: [...all, next.status] };
    },
    { verdict: WARMING, all: [] },
  ).all;

test('one window makes it steady, two in a row make it drift, two in a row end it', () => {
  expect(run('thin', 'under', 'over', 'under', 'over', 'over', 'under', 'over', 'under', 'under')).toEqual([
    'warming',
    'steady',
    'steady',
    'steady',
    'steady',
    'drifting',
    'drifting',
    'drifting',
    'drifting',
    'steady',
  ]);
});

test('missing data is unknown, never steady, and what was counted against the status is forgotten', () => {
  expect(run('over', 'over')).toEqual(['warming', 'drifting']);
  expect(run('over', 'thin', 'over', 'over')).toEqual(['warming', 'warming', 'warming', 'drifting']);
  expect(run('under', 'gap', 'over', 'gap', 'over', 'over')).toEqual([
    'steady',
    'unknown',
    'unknown',
    'unknown',
    'unknown',
    'drifting',
  ]);
  expect(run('under', 'over', 'thin', 'under')).toEqual(['steady', 'steady', 'unknown', 'steady']);
});

test('a gap is an empty tick after ticks that make it next to impossible', () => {
  expect(isGap(0, [20, 20, 20, 20])).toBe(true);
  expect(isGap(0, [19, 20, 20, 20])).toBe(false);
  expect(isGap(1, [500, 500])).toBe(false);
  expect(isGap(0, [])).toBe(false);
});

test('a window is over where the change is both large and sure', () => {
  const found = (psi: number, currentRows: number) => ({ psi, baselineRows: 10_000, currentRows, bins: 20 });
  expect(judge(found(5, 99), 0)).toBe('thin');
  expect(judge({ ...found(5, 1000), baselineRows: 99 }, 0)).toBe('thin');
  expect(judge(found(0.09, 1_000_000), 0)).toBe('under');
  expect(judge(found(0.3, 100), 0)).toBe('under');
  expect(judge(found(0.3, 1000), 0)).toBe('over');
  expect(judge(found(0.12, 10_000), 0.1)).toBe('over');
  expect(judge(found(0.12, 10_000), 0.35)).toBe('under');
});
