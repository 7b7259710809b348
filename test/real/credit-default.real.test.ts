// Real decisions through the gate, end to end: 30,000 card holders, models served by MLServer, MLflow and KServe, asked by
// tritonclient, Python requests and Node. Each test below looks at one side of the same run.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DriftView, ModelDetail, ShadowView } from '../../src/admin/view.ts';
import type { CaptureRow } from '../../src/capture/row.ts';
import { misreading, readCaptured } from './captured.ts';
import { type CardHolder, readCardHolders } from './card-holders.ts';
import { createGate, type Gate } from './gate.ts';
import { type Client, DECISION_PREFIX, FEATURE_COUNT, laneOf, MODELS, modelOf, SHADOW, SHARES } from './lanes.ts';
import { type Environments, type ModelServers, startModelServers, train } from './model-servers.ts';
import { createAsk, difference, headerOf, type Outcome, urlOf } from './node-lane.ts';
import { oddCalls } from './odd-calls.ts';
import { type Expected, expectedOf } from './oracle.ts';
import { flipsOf, replay } from './replay.ts';
import { binomialBand, countBy, counterOf } from './statistics.ts';
import { summary } from './summary.ts';
import { runAllLanes, versionsNow } from './traffic.ts';

const csv = setting('HEADGATE_REAL_DATA');
const environments: Environments = {
  mlserver: setting('HEADGATE_REAL_PYTHON'),
  kserve: setting('HEADGATE_REAL_KSERVE'),
};
const rowCount = Number(process.env.HEADGATE_REAL_ROWS ?? 30_000);
const SETTLE_MS = 60_000;
/** What each client says of itself; Node's own says nothing. */
const CLIENT_AGENTS: readonly (readonly [Client, RegExp])[] = [
  ['tritonclient', /^python\/gevent-http-client-/],
  ['requests', /^python-requests\//],
  ['node', /^$/],
];
/** Every tenth unit is asked for again after the restart. */
const AGAIN = 10;

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: start this test with npm run test:real`);
  return value;
}

const folder = mkdtempSync(join(tmpdir(), 'headgate-real-'));
let servers: ModelServers | undefined;
let gate: Gate;
let holders: readonly CardHolder[] = [];
let outcomes: readonly Outcome[] = [];
let expected: readonly Expected[] = [];
let shadows: ReadonlyMap<string, ShadowView>;
let details: ReadonlyMap<string, ModelDetail>;
let drifts: ReadonlyMap<string, DriftView>;
let metrics = '';
let exitCode: number | null = null;
let records: readonly CaptureRow[] = [];
let primaries: readonly CaptureRow[] = [];

beforeAll(async () => {
  holders = readCardHolders(csv).slice(0, rowCount);
  if (holders.length !== rowCount)
    throw new Error(`HEADGATE_REAL_ROWS is to be a whole number up to ${holders.length}`);
  console.log(`real: training on ${csv}, working in ${folder}`);
  const training: { readonly heldOutAuc: unknown } = JSON.parse(
    readFileSync(await train(folder, environments, csv), 'utf8'),
  );
  console.log(
    `real: area under the curve on held-out rows: ${JSON.stringify(training.heldOutAuc)}; starting the model servers`,
  );
  servers = await startModelServers(folder, environments);
  gate = await createGate(folder, servers.targets);
  await gate.start();
  console.log(`real: ready; ${holders.length} rows, each through the gate and directly`);
  const lanes = await runAllLanes({ holders, csv, folder, environments, gate, servers });
  outcomes = [...lanes.values()].flat();
  expected = expectedOf(
    environments.mlserver,
    outcomes.map(({ row, unit }) => ({ model: laneOf(row).model, unit, decision: `${DECISION_PREFIX}${row}` })),
  );
  await settled();
  [details, shadows, drifts] = await Promise.all([views<ModelDetail>(''), shadowViews(), views<DriftView>('/drift')]);
  metrics = await gate.metrics();
  exitCode = await gate.stop();
  records = await readCaptured(gate.data);
  primaries = records.filter(({ role }) => role !== 'shadow');
  console.log(summary({ lanes, shadows, expected: mirroredOf, records }));
});

afterAll(async () => {
  await gate?.stop();
  await servers?.stop();
  if (process.env.HEADGATE_REAL_KEEP !== '1') rmSync(folder, { recursive: true, force: true });
});

/** Waits until the shadows under way have ended and everything received is on disk or accounted for. */
async function settled(): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const [models, mirrors] = await Promise.all([views<ModelDetail>(''), shadowViews()]);
    const open = MODELS.filter(({ name }) => {
      const { received = 0, captured = 0 } = models.get(name)?.capture ?? {};
      const sent = mirrors.get(name)?.sent ?? 0;
      return (
        received < countOf(name) + sent || captured < received || sent + droppedOf(mirrors.get(name)) < mirroredOf(name)
      );
    });
    if (open.length === 0) return;
    // The tests below say what is missing.
    if (performance.now() > deadline)
      return console.log(`real: not settled after ${SETTLE_MS} ms: ${open.map(({ name }) => name).join(', ')}`);
    await pause(200);
  }
}

const countOf = (model: string) => outcomes.filter(({ row }) => laneOf(row).model === model).length;
const mirroredOf = (model: string) =>
  outcomes.filter(({ row }, i) => laneOf(row).model === model && expected[i]?.mirrored).length;
const droppedOf = (view: ShadowView | undefined) =>
  Object.values(view?.dropped ?? {}).reduce((sum, count) => sum + count, 0);

async function views<T>(path: string): Promise<ReadonlyMap<string, T>> {
  return new Map(
    await Promise.all(
      MODELS.map(async ({ name }) => [name, await gate.admin<T>(`/api/v1/models/${name}${path}`)] as const),
    ),
  );
}

async function shadowViews(): Promise<ReadonlyMap<string, ShadowView>> {
  const all = await views<{ readonly shadows: readonly ShadowView[] }>('/shadows');
  return new Map(
    [...all].flatMap(([name, { shadows }]) =>
      shadows.filter(({ version }) => version === SHADOW).map((view) => [name, view] as const),
    ),
  );
}

describe(`${rowCount} card holders through the gate`, () => {
  test('every row of every lane has an answer of its model, under the id that it was given', () => {
    expect(outcomes.map(({ row }) => row).toSorted((a, b) => a - b)).toEqual(holders.map(({ row }) => row));
    const odd = outcomes.filter(
      ({ row, status, error, decision }) => status !== 200 || error !== null || decision !== `${DECISION_PREFIX}${row}`,
    );
    expect(odd.slice(0, 5)).toEqual([]);
  });

  test('every answer is byte-identical to asking the model directly', () => {
    expect(outcomes.filter(({ difference }) => difference !== null).slice(0, 5)).toEqual([]);
  });

  test('the versions have their shares', () => {
    for (const { name } of MODELS) {
      const own = outcomes.filter(({ row }) => laneOf(row).model === name);
      for (const [version, share] of Object.entries(SHARES)) {
        const [low, high] = binomialBand(own.length, share);
        const count = own.filter((outcome) => outcome.version === version).length;
        expect(count, `${version} of ${name}`).toBeGreaterThanOrEqual(low);
        expect(count, `${version} of ${name}`).toBeLessThanOrEqual(high);
      }
    }
  });

  test('every assignment is the one that a Python program computes from the specification', () => {
    const wrong = outcomes.filter(({ version }, i) => version !== expected[i]?.version);
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(expected.length).toBe(outcomes.length);
  });

  test('each decision chosen for the mirror was sent, or dropped with a reason', () => {
    for (const { name } of MODELS) {
      const view = shadows.get(name);
      expect((view?.sent ?? 0) + droppedOf(view), `shadows of ${name}`).toBe(mirroredOf(name));
    }
  });

  test('each shadow sent is recorded, answered, and belongs to a decision chosen for the mirror', () => {
    const chosen = new Set(
      outcomes.filter((_, i) => expected[i]?.mirrored).map(({ row }) => `${DECISION_PREFIX}${row}`),
    );
    const recorded = records.filter(({ role }) => role === 'shadow');
    expect(recorded.filter(({ version, decision_id }) => version !== SHADOW || !chosen.has(decision_id)).length).toBe(
      0,
    );
    expect(new Set(recorded.map(({ decision_id }) => decision_id)).size).toBe(recorded.length);
    expect(
      recorded
        .filter(({ status, error }) => status !== 200 || error !== null)
        .map(({ decision_id, status, error }) => ({ decision_id, status, error }))
        .slice(0, 5),
    ).toEqual([]);
    for (const { name } of MODELS) {
      expect(recorded.filter(({ model }) => model === name).length, `shadows of ${name}`).toBe(shadows.get(name)?.sent);
    }
  });

  test('there is one primary record a row, with its version, role and reason', () => {
    expect(primaries.length).toBe(outcomes.length);
    const byDecision = new Map(primaries.map((record) => [record.decision_id, record]));
    const wrong = outcomes.filter(({ row, version }) => {
      const record = byDecision.get(`${DECISION_PREFIX}${row}`);
      const role = version === 'logistic' ? 'champion' : 'challenger';
      return (
        record?.model !== laneOf(row).model ||
        record.version !== version ||
        record.assigned !== version ||
        record.role !== role ||
        record.reason !== 'split'
      );
    });
    expect(wrong.slice(0, 5)).toEqual([]);
  });

  test(`${FEATURE_COUNT} features and a prediction are read from every row of each protocol, shadows included`, () => {
    const byRow = new Map(holders.map((holder) => [`${DECISION_PREFIX}${holder.row}`, holder]));
    const misread: string[] = [];
    for (const record of records) {
      const holder = byRow.get(record.decision_id);
      const problem = holder === undefined ? 'belongs to no row' : misreading(record, holder);
      if (problem !== null) misread.push(`${record.decision_id} of ${record.model}, ${record.version}: ${problem}`);
    }
    expect(misread.slice(0, 5)).toEqual([]);
    expect(countBy(primaries, ({ model }) => modelOf(model).protocol)).toEqual(
      countBy(outcomes, ({ row }) => modelOf(laneOf(row).model).protocol),
    );
  });

  test('capture accounts for everything that it received', () => {
    for (const { name } of MODELS) {
      const { received, captured, sampledOut, unreadable } = details.get(name)?.capture ?? {};
      const recorded = records.filter(({ model }) => model === name).length;
      expect({ received, captured, sampledOut, unreadable }, name).toEqual({
        received: recorded,
        captured: recorded,
        sampledOut: 0,
        unreadable: 0,
      });
    }
  });

  test('drift is watched for every feature and the prediction of both versions', () => {
    for (const { name } of MODELS) {
      for (const version of Object.keys(SHARES)) {
        const own =
          drifts.get(name)?.features.filter((column) => column.version === version && column.role !== 'shadow') ?? [];
        expect(
          own
            .filter(({ side }) => side === 'request')
            .map(({ feature }) => feature)
            .toSorted(),
          `${version} of ${name}`,
        ).toEqual(Object.keys(holders[0]?.features ?? {}).toSorted());
        expect(own.filter(({ side }) => side === 'response').length, `${version} of ${name}`).toBeGreaterThan(0);
      }
    }
  });

  test('nothing failed, was refused, fell back or was dropped', () => {
    for (const name of [
      'headgate_failures_total',
      'headgate_refused_total',
      'headgate_fallbacks_total',
      'headgate_capture_dropped_total',
    ]) {
      expect(counterOf(metrics, name).lines).toEqual([]);
    }
    expect(counterOf(metrics, 'headgate_decisions_total').total).toBe(records.length);
  });

  test('SIGTERM ends the gate cleanly', () => {
    expect(exitCode).toBe(0);
  });
});

describe('after a restart', () => {
  const again = () => holders.filter(({ row }) => row % AGAIN === 0);

  beforeAll(() => gate.start());

  test('the same units get the same versions', async () => {
    const before = new Map(outcomes.map(({ row, version }) => [row, version]));
    const versions = await versionsNow(gate, again());
    expect(versions.size).toBe(again().length);
    expect([...versions].filter(([row, version]) => version !== before.get(row)).slice(0, 5)).toEqual([]);
  });

  test('what a model server says about odd calls comes through unchanged', async () => {
    const { ask, close } = createAsk(1);
    const holder = holders[0];
    if (holder === undefined) throw new Error('no rows');
    for (const { name, model, headers, body, status } of oddCalls(holder)) {
      const through = await ask(gate.base + modelOf(model).path, body, { ...headers, 'account-id': holder.unit });
      const version = headerOf(through, 'headgate-version');
      const target = Object.entries(servers?.targets[model] ?? {}).find(([served]) => served === version)?.[1];
      if (target === undefined) throw new Error(`${name}: answered by ${version}: ${through.body}`);
      const direct = await ask(urlOf(target, 0), body, headers);
      expect(direct.status, `${name}: ${direct.body}`).toBe(status);
      expect(difference(through, direct), name).toBeNull();
    }
    close();
  });

  test('the records of both runs lie side by side', async () => {
    expect(await gate.stop()).toBe(0);
    const all = await readCaptured(gate.data);
    const second = all.filter(({ decision_id, role }) => role !== 'shadow' && decision_id.startsWith('again-'));
    expect(second.length).toBe(again().length);
    const kept = all.filter(({ decision_id }) => decision_id.startsWith(DECISION_PREFIX));
    expect(kept.length).toBe(records.length);
    expect(new Set(all.map(({ replica }) => replica)).size).toBe(2);
  });
});

describe('headgate replay, of what is on record', () => {
  const LIMIT = 500;

  test('the same version agrees with itself in every call', async () => {
    const { report, text } = await replay({ gate, folder, to: 'logistic', limit: LIMIT });
    console.log(text);
    expect(report).toMatchObject({ errors: {}, skipped: { over_limit: expect.any(Number) }, flipped: 0, agreement: 1 });
    expect(report).toMatchObject({ sent: LIMIT, answered: LIMIT, statusEqual: LIMIT, compared: LIMIT, agreed: LIMIT });
  });

  test('one that was trained anew flips as many as scikit-learn says, and differs as much', async () => {
    if (servers === undefined) throw new Error('no model servers');
    const { report, text } = await replay({ gate, folder, to: servers.retrained, limit: LIMIT });
    console.log(text);
    const replayed = primaries
      .filter(({ model, version }) => model === 'credit-default' && version === 'logistic')
      .toSorted((a, b) => a.at - b.at || a.sequence - b.sequence)
      .slice(0, LIMIT);
    const rows = replayed.map((record) => Number(record.decision_id.slice(DECISION_PREFIX.length)));
    const expected = flipsOf({ bin: environments.mlserver, csv, folder, rows, of: ['logistic', 'retrained'] });
    expect(expected.flips).toBeGreaterThan(LIMIT / 20);
    expect(report).toMatchObject({ sent: LIMIT, answered: LIMIT, statusEqual: LIMIT, compared: LIMIT });
    expect(report.flipped).toBe(expected.flips);
    expect(report.agreed).toBe(0);
    expect(report.numbers.meanAbsolute).toBeCloseTo(expected.mean, 9);
    expect(report.numbers.maxAbsolute).toBeCloseTo(expected.max, 9);
  });
});

test('half of the rows came from real clients, as their own headers say', () => {
  const clientOf = ({ request_headers }: CaptureRow): string => {
    const at = request_headers.findIndex((name, i) => i % 2 === 0 && name === 'user-agent');
    const agent = at === -1 ? '' : (request_headers[at + 1] ?? '');
    return CLIENT_AGENTS.find(([, said]) => said.test(agent))?.[0] ?? `none of them (${agent})`;
  };
  const wrong = primaries.filter((record) => {
    const row = Number(record.decision_id.slice(DECISION_PREFIX.length));
    return clientOf(record) !== laneOf(row).client;
  });
  expect(wrong.slice(0, 5).map((record) => [record.decision_id, clientOf(record)])).toEqual([]);
  const clients = countBy(primaries, clientOf);
  expect((clients.tritonclient ?? 0) + (clients.requests ?? 0)).toBeGreaterThanOrEqual(
    Math.floor(primaries.length / 2) - 4,
  );
});
