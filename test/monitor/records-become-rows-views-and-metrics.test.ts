// One path, end to end on the real thread: slabs in; rows on disk, models, shadows, drift, decisions and metrics out.

import { expect, test } from 'vitest';
import type {
  ConfigStatus,
  DecisionView,
  DriftView,
  ExplainView,
  ModelDetail,
  ShadowView,
  SplitView,
} from '../../src/admin/view.ts';
import { failureIndex } from '../../src/errors.ts';
import { rowsUnder, temporaryFolder } from '../capture/open-capture.ts';
import { modelPlan, versionPlan } from '../capture/plans.ts';
import { bodies, exchange } from '../capture/records.ts';
import { plan, setupOf, startMonitor } from './start-monitor.ts';
import { v2 } from './v2-exchanges.ts';

const MODEL = modelPlan({
  versions: [versionPlan('logistic'), versionPlan('boosted'), versionPlan('forest')],
  split: [0.9, 0.1, 0],
  overrides: new Map([['acct-qa', 1]]),
  mirrors: [{ version: 2, share: 1, timeoutMs: 1000, callsMax: 10, bytesMax: 100_000 }],
});

test('what the gateways saw is on disk, in the API and in the metrics', async () => {
  const data = await temporaryFolder();
  const monitor = await startMonitor(plan([MODEL], data));
  try {
    const gateway = monitor.gateway();
    const other = monitor.gateway();
    const meter = gateway.meters.series('credit-default', 'logistic', 'champion');
    const shadowMeter = other.meters.series('credit-default', 'forest', 'shadow');
    for (let i = 0; i < 500; i++) {
      const decisionId = `decision-${i}`;
      expect(gateway.writer.write(v2({ amount: i, age: 30 }, 0.25, { decisionId }))).toBe(true);
      meter.finished('split', 200, -1, 3, 2, 100, 50);
      // Halves of a pair may come from anywhere, in any order.
      const shadow = v2({ amount: i, age: 30 }, i % 5 === 0 ? 0.75 : 0.25, {
        decisionId,
        role: 'shadow',
        version: 2,
        latencyMs: 5.5,
      });
      expect(other.writer.write(shadow)).toBe(true);
      shadowMeter.finished('split', 200, -1, 5, 5, 100, 50);
    }
    await Promise.all([gateway.drained(), other.drained()]);

    const model = await monitor.get<ModelDetail>('/api/v1/models/credit-default');
    expect(model).toMatchObject({ champion: 'logistic', sticky: 'header account-id', drift: { status: 'warming' } });
    expect(model.capture).toMatchObject({ received: 1000, sampledOut: 0, dropped: 0, unreadable: 0 });
    expect(model.capture.captured + model.capture.pending).toBe(1000);

    const [shadows] = listOf<ShadowView>(await monitor.get('/api/v1/models/credit-default/shadows'));
    expect(shadows).toMatchObject({
      version: 'forest',
      share: 1,
      compared: 500,
      unpaired: 0,
      statusEqual: 500,
      predictionsEqual: 400,
    });
    expect(shadows?.meanAbsoluteDifference).toBeCloseTo(0.1, 10);
    expect(shadows?.latencyDifferenceMs).toBeCloseTo(2, 10);

    const drift = await monitor.get<DriftView>('/api/v1/models/credit-default/drift');
    const columns = drift.features
      .map(({ version, role, side, feature }) => `${version} ${role} ${side} ${feature}`)
      .sort();
    expect(columns).toEqual([
      'forest shadow request age',
      'forest shadow request amount',
      'forest shadow response probability',
      'logistic champion request age',
      'logistic champion request amount',
      'logistic champion response probability',
    ]);

    const decision = await monitor.get<DecisionView>('/api/v1/decisions/decision-250');
    expect(decision.calls.map((call) => [call.role, call.version, call.features])).toEqual(
      expect.arrayContaining([
        ['champion', 'logistic', { amount: [250], age: [30] }],
        ['shadow', 'forest', { amount: [250], age: [30] }],
      ]),
    );
    expect(JSON.parse(String(decision.calls[0]?.request)).inputs[0].data).toEqual([250]);
    expect((await fetch(`${monitor.url}/api/v1/decisions/never`)).status).toBe(404);

    const split = await monitor.get<SplitView>('/api/v1/models/credit-default/split');
    expect(split.versions.map(({ version, slots }) => [version, slots])).toEqual([
      ['logistic', 9000],
      ['boosted', 1000],
      ['forest', 0],
    ]);
    const explained = await monitor.get<ExplainView>('/api/v1/explain?model=credit-default&unit=acct-qa');
    expect(explained).toMatchObject({ version: 'boosted', reason: 'override', generation: 'aaaabbbbccccdddd' });

    for (const unit of ['', 'x'.repeat(1025)]) {
      const refused = await fetch(`${monitor.url}/api/v1/explain?model=credit-default&unit=${unit}`);
      expect(refused.status).toBe(422);
      const problem = { code: 'not_assigned', detail: expect.stringContaining(`this one ${unit.length}`) };
      expect(await refused.json()).toMatchObject(problem);
    }

    const metrics = await monitor.get<string>('/metrics');
    const counted = metrics.split('\n').filter((line) => line.startsWith('headgate_decisions_total{'));
    expect(counted.find((line) => line.includes('version="logistic"') && line.includes('reason="split"'))).toMatch(
      / 500$/,
    );
    expect(metrics).toMatch(/^headgate_capture_captured_total 1000$/m);
    expect(metrics).toMatch(/^headgate_config_info\{generation="aaaabbbbccccdddd"\} 1$/m);
  } finally {
    await monitor.stop();
  }
  const rows = await rowsUnder(data);
  expect(rows.length).toBe(1000);
  expect(new Set(rows.map((row) => row.decision_id)).size).toBe(500);
  expect(rows.every((row) => row.predictions?.probability?.length === 1)).toBe(true);
});

test('a column that is redacted shows on no label of drift, and a model that splits by chance explains no unit', async () => {
  const data = await temporaryFolder();
  const redact = [['inputs', '1', 'data']];
  const model = modelPlan({
    sticky: null,
    capture: { ...modelPlan().capture, redact },
    drift: { ...modelPlan().drift, provisionalRows: 10 },
  });
  const monitor = await startMonitor(plan([model], data));
  try {
    const gateway = monitor.gateway();
    // Null at times as it comes: still the same column.
    for (let i = 0; i < 30; i++) {
      const name = i % 3 === 2 ? null : `secret-${i % 2}`;
      gateway.writer.write(exchange({ ...bodies(inputs(i, name), '{"outputs":[]}'), at: Date.now() }));
    }
    await gateway.drained();
    const drift = await monitor.get<DriftView>('/api/v1/models/credit-default/drift');
    expect(drift.features.map(({ feature, bins }) => [feature, bins.length > 0])).toEqual([['amount', true]]);
    expect(JSON.stringify(drift)).not.toContain('secret');
    expect(drift.features[0]).not.toHaveProperty('distances');
    const asked = await monitor.get<DriftView>('/api/v1/models/credit-default/drift?distances=ks,deequ');
    expect(asked.features[0]?.distances?.map(({ name }) => name)).toEqual([
      'ks',
      'deequ.psi',
      'deequ.lInfinity',
      'deequ.lInfinityRobust',
    ]);
    expect(await monitor.get<string>('/metrics')).not.toContain('secret');
    expect((await fetch(`${monitor.url}/api/v1/explain?model=credit-default&unit=u`)).status).toBe(422);
  } finally {
    await monitor.stop();
  }
  const rows = await rowsUnder(data);
  expect(rows.length).toBe(30);
  expect(JSON.stringify(rows)).not.toContain('secret');
});

function inputs(amount: number, name: string | null): string {
  const tensor = (column: string, datatype: string, value: unknown) => ({
    name: column,
    datatype,
    shape: [1],
    data: [value],
  });
  return JSON.stringify({ inputs: [tensor('amount', 'FP64', amount), tensor('name', 'BYTES', name)] });
}

/** A list may come bare or under one name. */
function listOf<T>(answer: unknown): T[] {
  return Array.isArray(answer) ? answer : (Object.values(answer as object).find(Array.isArray) ?? []);
}

test('failed calls are recorded but tell nothing about drift; bodies nobody can read are counted', async () => {
  const data = await temporaryFolder();
  const monitor = await startMonitor(plan([modelPlan()], data));
  try {
    const gateway = monitor.gateway();
    const good = v2({ amount: 1 }, 0.5);
    const records = [
      v2({ failed: 1 }, 0.5, { status: 0, failure: failureIndex('upstream_timeout'), response: [], responseBytes: 0 }),
      v2({ refused: 1 }, 0.5, { status: 400 }),
      exchange(bodies('{"inputs": NaN', '{"outputs":[]}')),
      { ...good, request: [Buffer.from([0x7b, 0xff])], requestBytes: 2 },
      { ...good, requestBytes: 1_000_000, truncated: true },
      good,
    ];
    for (const record of records) gateway.writer.write(record);
    await gateway.drained();
    const { capture } = await monitor.get<ModelDetail>('/api/v1/models/credit-default');
    // Requests that are no JSON, no UTF-8, and cut short.
    expect(capture).toMatchObject({ received: 6, unreadable: 3 });
    const drift = await monitor.get<DriftView>('/api/v1/models/credit-default/drift');
    expect(drift.features.map(({ feature, rows, baselineRows }) => [feature, rows, baselineRows]).sort()).toEqual([
      ['amount', 0, 1],
      ['probability', 0, 3],
    ]);
  } finally {
    await monitor.stop();
  }
  const rows = await rowsUnder(data);
  expect(rows.length).toBe(6);
  expect(rows.map((row) => row.error)).toContain('upstream_timeout');
});

test('a reload is asked of the supervisor; records of the old Plan still find their names', async () => {
  const data = await temporaryFolder();
  const first = plan([modelPlan()], data);
  const monitor = await startMonitor(first);
  try {
    const gateway = monitor.gateway();
    gateway.writer.write(v2({ amount: 1 }, 0.5, { decisionId: 'before' }));
    const asked = monitor.heard('reload');
    const answer = fetch(`${monitor.url}/api/v1/reload`, { method: 'POST' });
    const { request } = await asked;
    const versions = [versionPlan('neural'), versionPlan('logistic')];
    const second = plan([modelPlan({ name: 'fraud' }), modelPlan({ versions, split: [1, 0] })], data, {
      serial: 2,
      generation: '2222',
    });
    monitor.say({ kind: 'swap', ...setupOf(second) });
    monitor.say({ kind: 'reloaded', request, outcome: { ok: true, generation: '2222' } });
    expect(await (await answer).json()).toMatchObject({ ok: true, generation: '2222' });
    gateway.writer.write(v2({ amount: 1 }, 0.5, { decisionId: 'late' }));
    gateway.writer.write(v2({ amount: 1 }, 0.5, { decisionId: 'after', serial: 2, model: 1 }));
    gateway.writer.write(v2({ amount: 1 }, 0.5, { decisionId: 'orphan', serial: 99 }));
    await gateway.drained();
    expect(await monitor.get<ConfigStatus>('/api/v1/config')).toMatchObject({ generation: '2222', serial: 2 });
    expect(await monitor.get<string>('/metrics')).toMatch(
      /^headgate_capture_dropped_total\{reason="monitor_behind"\} 1$/m,
    );

    const failed = { at: '2026-01-02T00:00:00.000Z', ok: false, problems: ['headgate.yaml:3:5 split: ...'] };
    monitor.say({
      kind: 'config',
      config: { ...setupOf(second).config, lastReload: failed, reloads: { succeeded: 1, failed: 1 } },
    });
    expect(await monitor.get<ConfigStatus>('/api/v1/config')).toMatchObject({ lastReload: failed });
  } finally {
    await monitor.stop();
  }
  const rows = await rowsUnder(data);
  expect(rows.map((row) => [row.decision_id, row.model, row.version, row.generation])).toEqual([
    ['before', 'credit-default', 'logistic', 'aaaabbbbccccdddd'],
    ['late', 'credit-default', 'logistic', 'aaaabbbbccccdddd'],
    ['after', 'credit-default', 'neural', '2222'],
  ]);
});

test('the budget of false alarms is that of the configuration, from the start and after a reload', async () => {
  const data = await temporaryFolder();
  const monitor = await startMonitor(plan([modelPlan()], data, { drift: { falseAlarmsPerWeek: 2 } }));
  try {
    const gateway = monitor.gateway();
    gateway.writer.write(v2({ amount: 1 }, 0.5, { at: Date.now() }));
    await gateway.drained();
    const odds = async (): Promise<readonly number[]> => {
      const { features } = await monitor.get<DriftView>('/api/v1/models/credit-default/drift');
      return features.map(({ threshold }) => Math.round(Math.exp(threshold ?? Number.NaN)));
    };
    // Two columns, one of them the prediction.
    const ticks = (7 * 86_400_000) / modelPlan().drift.tickMs;
    expect(await odds()).toEqual([ticks, ticks]);
    const second = plan([modelPlan()], data, { serial: 2, drift: { falseAlarmsPerWeek: 20 } });
    monitor.say({ kind: 'swap', ...setupOf(second) });
    await expect.poll(odds).toEqual([ticks / 10, ticks / 10]);
  } finally {
    await monitor.stop();
  }
});
