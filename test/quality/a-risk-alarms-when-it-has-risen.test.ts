// The status of a version follows its risk: a part of the simulation in benchmarks/simulations/risk.ts, and the verdict's words, edges
// and refusals.

import { describe, expect, test } from 'vitest';
import { LIVES, PLAN, simulate } from '../../benchmarks/simulations/risk-versions.ts';
import { type JudgedRisk, judgeRisk, type PeriodLosses } from '../../src/quality/risk.ts';

describe('late labels in any order, a look after every hundred', () => {
  test.each(LIVES.filter(({ changeAt }) => changeAt === null))('$name: no false alarm', (life) => {
    // The level is 1 % at most, and the seed is fixed.
    expect(simulate(life, 12, 25_000, 1).falseAlarms).toBe(0);
  });

  test.each(LIVES.slice(-2))('$name: found', (life) => {
    const { delays, falseAlarms } = simulate(life, 3, 50_000, 1);
    expect([delays.length, falseAlarms]).toEqual([3, 0]);
  });
});

const DAY = 86_400_000;
const FIRST = Date.UTC(2026, 2, 2);
const days = (...rates: readonly number[]): PeriodLosses[] =>
  rates.map((rate, i) => ({ from: FIRST + i * DAY, n: 1000, sum: 1000 * rate }));

function judged(
  periods: readonly PeriodLosses[],
  changes: Partial<typeof PLAN> = {},
  baseline = { n: 2000, sum: 400 },
): JudgedRisk {
  return judgeRisk({ ...PLAN, baselineRows: 2000, ...changes }, { unit: 'day', first: FIRST, baseline, periods });
}

describe('the verdict', () => {
  test('says since when, how high, and above what', () => {
    const { status, risk, text } = judged(days(0.2, 0.2, 0.2, 0.4, 0.4));
    expect([status, risk?.since, risk?.labels, risk?.mean]).toEqual([
      'drifting',
      '2026-03-05T00:00:00.000Z',
      2000,
      0.4,
    ]);
    expect(risk?.evidence).toBeGreaterThan(risk?.needed ?? 0);
    expect(risk?.low).toBeGreaterThan((risk?.baseline.high ?? 1) + 0.02);
    expect(text).toMatch(
      /^error rate 40\.0 % \(\d\d\.\d % to \d\d\.\d %\) over 2000 labels of decisions since 2026-03-05T00:00Z: above 20\.0 % \(at most 2\d\.\d %\) over its first 2000 labels, with 2\.0 % tolerated$/,
    );
  });

  test('a rise that a long good time would drown is found from where it began', () => {
    const good = Array.from({ length: 80 }, () => 0.1);
    const { status, risk } = judged(days(...good, 0.3, 0.3), {}, { n: 2000, sum: 200 });
    expect([status, risk?.since]).toEqual(['drifting', '2026-05-21T00:00:00.000Z']);
  });

  test('lower bound and alarm are one: never one without the other', () => {
    for (let rate = 0.2; rate < 0.4; rate += 0.005) {
      const { status, risk } = judged(days(rate));
      const isAbove = (risk?.low ?? 0) > (risk?.baseline.high ?? 0) + PLAN.tolerance;
      expect([rate, status]).toEqual([rate, isAbove ? 'drifting' : 'steady']);
    }
  });

  test('a fall is no alarm, and a larger tolerance forgives', () => {
    expect(judged(days(0.05, 0.01)).status).toBe('steady');
    expect(judged(days(0.4)).status).toBe('drifting');
    expect(judged(days(0.4), { tolerance: 0.25 }).status).toBe('steady');
  });

  test('a risk that is known needs no first labels', () => {
    const { status, risk } = judged(days(0.35), { baselineRisk: 0.2, baselineRows: 2000 }, { n: 0, sum: 0 });
    expect([status, risk?.baseline]).toEqual(['drifting', { mean: 0.2, high: 0.2, labels: 0, given: true }]);
  });

  test('without enough labels it is warming, and says what is missing', () => {
    expect(judged(days(0.9), {}, { n: 1999, sum: 400 })).toMatchObject({
      status: 'warming',
      risk: null,
      text: '1999 of the 2000 labels that others are compared with have come',
    });
    expect(judged([])).toMatchObject({
      status: 'warming',
      text: 'no label has come after those that others are compared with',
    });
    expect(judged(days(0.2), { kind: 'regression' }).text).toContain('quality.errorMax');
  });
});
