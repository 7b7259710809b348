// Real data. A market that is known to drift, half-hour by half-hour, labels one step late, served by a model of its first quarter: the
// accuracy by week is what it is known to be, it falls when the market changes and not before, and the alarm says since when. And
// 30,000 card holders: every figure of every day is scikit-learn's (statistics/oracle/record_credit_quality.py).

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { VersionQuality } from '../../src/quality/quality-view.ts';
import { modelPlan } from '../capture/plans.ts';
import { columnOf, serveMarket } from '../drift/market-model.ts';
import { findData, readData } from '../drift/real-data.ts';
import { capture, compactNow, DAY, NOON } from '../store/filled.ts';
import { addOutcomes, look, only, QUALITY } from './labelled-record.ts';

const model = modelPlan();
const HALF_HOUR = DAY / 48;

/** Decisions with these scores, a step apart, and a label for each one step later. @returns the data folder */
async function recordOf(scores: readonly number[], labels: readonly number[], stepMs: number): Promise<string> {
  const data = await capture(
    scores.map((score, i) => ({
      model,
      record: { decisionId: `d-${i}`, at: NOON + i * stepMs },
      predictions: { probability: [score] },
    })),
  );
  await compactNow(data);
  const outcomes = labels.map((value, i) => ({
    decision_id: `d-${i}`,
    name: 'default',
    value,
    at: NOON + (i + 1) * stepMs,
  }));
  await addOutcomes(data, outcomes);
  return data;
}

const market = findData('electricity.csv');
describe.skipIf(market === null)('the market', () => {
  test('accuracy falls after the market has changed, not before, and the alarm says since when', async () => {
    const table = readData(market ?? '');
    const trained = Math.floor(table.rows / 4);
    const { labels, scores } = serveMarket(table, trained);
    const data = await recordOf(scores.slice(trained), labels.slice(trained), HALF_HOUR);
    const at = (row: number): number => NOON + (row - trained) * HALF_HOUR;
    const until = (row: number) => look(data, at(row), { baselineRows: 1000 });

    const view = await until(labels.length);
    const version = only(view);
    expect([view.period, version.labelled, view.counts.joined]).toEqual([
      'week',
      labels.length - trained,
      labels.length - trained,
    ]);
    expect(version.delayMs).toEqual({ p50: HALF_HOUR, p90: HALF_HOUR });

    // Weeks wholly between two rows.
    const accuracy = (from: number, to: number): number => meanAccuracy(version, at(from), at(to));
    expect(accuracy(trained, 13_500)).toBeGreaterThan(0.8);
    expect(accuracy(18_000, 33_000)).toBeLessThan(0.7);

    // The change is where the other state's prices begin to move: MARKET_CHANGE (market-model.ts); its forerunners are from row 13,500 on.
    expect(version.status).toBe('drifting');
    const since = Date.parse(version.risk?.since ?? '');
    expect(since).toBeGreaterThan(at(13_000));
    expect(since).toBeLessThan(at(19_500));

    // By the scores alone the model still believes in itself: that is what labels are for.
    expect(version.calibrated).toBe(true);
    const believed = version.periods.filter(
      ({ from }) => Date.parse(from) > at(18_000) && Date.parse(from) < at(33_000),
    );
    const gaps = believed.map(({ estimated, realised }) => (estimated?.accuracy ?? 0) - (realised.accuracy ?? 0));
    expect(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length).toBeGreaterThan(0.05);
  });
});

function meanAccuracy({ periods }: VersionQuality, from: number, to: number): number {
  const within = periods.filter((period) => Date.parse(period.from) >= from && Date.parse(period.from) + 7 * DAY <= to);
  const right = within.reduce((sum, { labelled, realised }) => sum + labelled * (realised.accuracy ?? 0), 0);
  return right / within.reduce((sum, { labelled }) => sum + labelled, 0);
}

type Recorded = Readonly<Record<'accuracy' | 'precision' | 'recall' | 'auc' | 'logLoss' | 'brier', number>>;

const holders = findData('credit-default.csv');
describe.skipIf(holders === null)('the card holders', () => {
  test('have the figures of scikit-learn, as a whole and day by day', async () => {
    const oracle = new URL('../statistics/oracle/credit-quality.json', import.meta.url);
    const recorded = JSON.parse(readFileSync(oracle, 'utf8')) as {
      readonly all: Recorded;
      readonly days: readonly Recorded[];
    };
    const table = readData(holders ?? '');
    const labels = columnOf(table, 'default.payment.next.month');
    const [pay, before, limit] = [columnOf(table, 'PAY_0'), columnOf(table, 'PAY_2'), columnOf(table, 'LIMIT_BAL')];
    const scores = labels.map((_, i) => {
      const z = 0.6 * (pay[i] ?? 0) + 0.15 * (before[i] ?? 0) - 2e-6 * (limit[i] ?? 0) - 1.5;
      return 0.5 + 0.5 * (z / (1 + Math.abs(z)));
    });
    // 3,000 a day, from midnight on.
    const start = Date.UTC(2026, 2, 2);
    const data = await capture(
      scores.map((score, i) => ({
        model,
        record: { decisionId: `d-${i}`, at: start + Math.floor(i / 3000) * DAY + (i % 3000) * 1000 },
        predictions: { probability: [score] },
      })),
    );
    await addOutcomes(
      data,
      labels.map((value, i) => ({ decision_id: `d-${i}`, name: 'default', value, at: start + 30 * DAY })),
    );
    const plan = { ...QUALITY, threshold: 0.4, baselineRows: 5000 };
    const version = only(await look(data, start + 31 * DAY, plan));
    const days = Map.groupBy(version.periods, ({ from }) => from.slice(0, 10));
    expect(version.realised).toMatchObject(closeTo(recorded.all));
    // Hours of ten days are told of: each day is one hour here.
    expect(days.size).toBe(10);
    [...days.values()].forEach((periods, day) => {
      expect(periods.length).toBe(1);
      expect(periods[0]?.realised).toMatchObject(closeTo(recorded.days[day] as Recorded));
    });
    // Shuffled by nobody, and no worse at the end than at the beginning: no alarm.
    expect(version.status).toBe('steady');
  });
});

function closeTo(figures: Recorded): Record<string, unknown> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, expect.closeTo(value, 9)]));
}
