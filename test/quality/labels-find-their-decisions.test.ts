// Labels that come months later are put to the decisions they are of: in segments, in Parquet, in Parquet whose bodies are gone; to
// every version that answered, shadows included; by the unit where they name no decision; once, whatever is sent again.

import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../capture/open-capture.ts';
import { modelPlan, versionPlan } from '../capture/plans.ts';
import { type Call, capture, compactNow, DAY, NOON, parquetRows } from '../store/filled.ts';
import { addOutcomes, look, only } from './labelled-record.ts';

const model = modelPlan({ versions: [versionPlan('logistic'), versionPlan('boosted')] });

function calls(count: number, each: (i: number) => Partial<Call['record']> = () => ({})): Call[] {
  return Array.from({ length: count }, (_, i) => ({
    model,
    record: { decisionId: `d-${i}`, unit: `u-${i}`, at: NOON + i * 1000, ...each(i) },
    predictions: { probability: [i / count], other: [1] },
  }));
}

/** Of every decision: true from the middle on, 100 days later. */
function labels(count: number, of: (i: number) => object = (i) => ({ decision_id: `d-${i}` })): object[] {
  return Array.from({ length: count }, (_, i) => ({
    ...of(i),
    name: 'default',
    value: i >= count / 2,
    at: NOON + 100 * DAY + i,
  }));
}

const LATER = NOON + 101 * DAY;

describe('labels of a hundred days later', () => {
  test('reach decisions in segments, in Parquet, and in Parquet without bodies', async () => {
    const data = await capture(calls(40));
    await addOutcomes(data, labels(40));
    const expected = { labels: 40, joined: 40, calls: 40, batches: 0, unreadable: 0 };
    const inSegments = await look(data, LATER);
    expect(inSegments.counts).toEqual(expected);
    expect(only(inSegments).realised).toMatchObject({ accuracy: 1, precision: 1, recall: 1, auc: 1 });
    expect(only(inSegments).delayMs?.p50).toBeCloseTo(100 * DAY, -5);

    await compactNow(data);
    expect(await look(data, LATER)).toEqual(inSegments);

    const retention = {
      bodiesMs: 90 * DAY,
      recordsMs: 450 * DAY,
      bytesMax: 1e12,
      scores: { 'credit-default': 'probability' },
    };
    // A clock that has stepped so far is believed after a day.
    expect(await compactNow(data, { wall: () => LATER - DAY, retention })).toMatchObject({ stripped: 0 });
    expect(await compactNow(data, { wall: () => LATER, retention })).toMatchObject({ stripped: 1 });
    expect(Object.keys((await parquetRows(data))[0] ?? {}).filter((name) => name.startsWith('p_'))).toEqual([
      'p_probability',
    ]);
    expect(await look(data, LATER)).toEqual(inSegments);
  });

  test('are held against every version that answered, shadows too', async () => {
    const shadows = calls(40).map((call, i) => ({
      ...call,
      record: { ...call.record, role: 'shadow' as const, version: 1 },
      predictions: { probability: [1 - i / 40] },
    }));
    const data = await capture([...calls(40), ...shadows]);
    await addOutcomes(data, labels(40));
    const { versions, counts } = await look(data, LATER);
    expect(versions.map(({ version, role, labelled, realised }) => [version, role, labelled, realised.auc])).toEqual([
      ['logistic', 'champion', 40, 1],
      ['boosted', 'shadow', 40, 0],
    ]);
    expect(counts).toMatchObject({ joined: 40, calls: 80 });
  });

  test('of a unit are of the last decision that it had by then', async () => {
    const data = await capture([
      ...calls(1, () => ({ decisionId: 'early', unit: 'u', at: NOON })),
      ...calls(1, () => ({ decisionId: 'last', unit: 'u', at: NOON + DAY })),
      ...calls(1, () => ({ decisionId: 'too late', unit: 'u', at: NOON + 3 * DAY })),
    ]);
    const label = { model: 'credit-default', unit: 'u', name: 'default', value: false, at: NOON + 2 * DAY };
    await addOutcomes(data, [label, { ...label, unit: 'nobody' }, { ...label, model: 'another' }]);
    const view = await look(data, LATER);
    expect(view.counts).toMatchObject({ labels: 1, joined: 1, calls: 1 });
    expect(
      only(view)
        .periods.filter(({ labelled }) => labelled > 0)
        .map(({ from }) => from),
    ).toEqual(['2026-03-03T12:00:00.000Z']);
  });

  test('count once: sent again, of another name, corrected later, or of nobody', async () => {
    const data = await capture(calls(2));
    const label = { decision_id: 'd-0', name: 'default', value: 1, at: NOON + DAY };
    await addOutcomes(data, [label, { ...label, key: 'again' }, { ...label, value: 0, at: NOON + 2 * DAY }]);
    await addOutcomes(
      data,
      [label, { ...label, decision_id: 'd-1', name: 'revenue' }, { ...label, decision_id: 'gone' }],
      'test-1-b',
    );
    const view = await look(data, LATER);
    expect(view.counts).toMatchObject({ labels: 2, joined: 1, calls: 1 });
    expect(only(view).realised.positives).toBe(0);
  });
});

test('what cannot be judged is counted: batches, scores that are none, answers that failed', async () => {
  const odd: Call[] = [
    { model, record: { decisionId: 'd-0' }, predictions: { probability: [0.2, 0.3] } },
    { model, record: { decisionId: 'd-1' }, predictions: { probability: [1.5] } },
    { model, record: { decisionId: 'd-2' }, predictions: { probability: [null] } },
    { model, record: { decisionId: 'd-3', status: 500 }, predictions: { probability: [0.5] } },
    { model, record: { decisionId: 'd-4' }, predictions: { probability: [0.5] } },
  ];
  const data = await capture(odd);
  await addOutcomes(data, labels(5));
  const view = await look(data, LATER);
  expect(view.counts).toEqual({ labels: 5, joined: 4, calls: 1, batches: 1, unreadable: 2 });
  expect(only(view).labelled).toBe(1);
});

test('classes and numbers have figures of their own', async () => {
  const classes = ['a', 'b', 'c', '2', 'b', 'a'];
  const data = await capture(
    classes.map((name, i) => ({
      model,
      record: { decisionId: `d-${i}` },
      predictions: { class: [name], days: [i * 2] },
    })),
  );
  const said = ['a', 'b', 'a', 2, 'c', 'a'];
  await addOutcomes(
    data,
    said.map((value, i) => ({ decision_id: `d-${i}`, name: 'class', value })),
  );
  await addOutcomes(
    data,
    said.map((_, i) => ({ decision_id: `d-${i}`, name: 'days', value: i })),
    'test-1-b',
  );
  const classified = only(await look(data, LATER, { kind: 'multiclass', outcome: 'class', score: 'class' }));
  expect(classified.realised.accuracy).toBeCloseTo(4 / 6, 12);
  const regressed = only(await look(data, LATER, { kind: 'regression', outcome: 'days', score: 'days' }));
  expect(regressed.realised).toEqual({ mae: 2.5, rmse: Math.sqrt(55 / 6), bias: 2.5 });
  expect([regressed.risk, regressed.status]).toEqual([null, 'warming']);
});

describe('what is not there is said', () => {
  test('no decision, no such column, no label', async () => {
    expect((await look(await temporaryFolder(), LATER)).problem).toContain(
      'no decision on record has a prediction called "probability"',
    );
    const data = await capture(calls(3));
    expect((await look(data, LATER, { score: 'risk' })).problem).toContain('there are probability, other');
    const view = await look(data, LATER);
    expect(view.problem).toContain('no outcome called "default" has come');
    expect(only(view)).toMatchObject({ decisions: 3, labelled: 0, realised: { accuracy: null }, status: 'warming' });
  });
});
