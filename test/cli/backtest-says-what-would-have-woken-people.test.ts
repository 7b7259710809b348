// `headgate drift backtest` over captured decisions, half of them in the store and half in segments: what the settings would have raised, and
// when; other settings raise something else; and every way in which it cannot is said.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { simulate } from '../../src/commands/drift/backtest/simulate.ts';
import type { BacktestReport } from '../../src/commands/drift/backtest/timeline.ts';
import type { Observation } from '../../src/drift/engine.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { modelPlan, tableOf } from '../drift/plans.ts';
import { type Call, capture, compactNow, NOON } from '../store/filled.ts';
import { headgate } from './headgate.ts';

const MINUTE = 60_000;
const TICKS = 60;
const CALLS_A_TICK = 60;
const folder = mkdtempSync(join(tmpdir(), 'headgate-backtest-test-'));
let config = '';

/** An hour of calls, one row each; from minute 30 on amounts come in cents, until minute 45. */
function calls(from: number, until: number): Call[] {
  const random = createSeededRandom(from + 1);
  const all: Call[] = [];
  for (let minute = from; minute < until; minute++) {
    const factor = minute >= 30 && minute < 45 ? 100 : 1;
    for (let i = 0; i < CALLS_A_TICK; i++) {
      const amount = (random() + random()) * 50 * factor;
      const at = NOON + minute * MINUTE + i * 900;
      all.push({
        record: { decisionId: `d-${minute}-${i}`, at },
        features: { amount: [amount], card: [i % 3 === 0 ? 'visa' : 'amex'] },
        predictions: { score: [random()] },
      });
    }
  }
  return all;
}

beforeAll(async () => {
  const data = await capture(calls(0, 40));
  await compactNow(data);
  await capture(calls(40, TICKS), data);
  config = join(folder, 'headgate.yaml');
  writeFileSync(
    config,
    `data: ${data}
models:
  credit-default: { protocol: json, match: /m, versions: { logistic: { url: http://127.0.0.1:9101 } } }
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

const backtest = (...words: string[]) =>
  headgate(['drift', 'backtest', '-c', config, '--model', 'credit-default', ...words]);

async function report(...words: string[]): Promise<BacktestReport> {
  const { code, out, err } = await backtest('--json', ...words);
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as BacktestReport;
}

describe('an hour with fifteen minutes of cents in it', () => {
  test('one column would have raised one alarm, soon after it began, and its end is known', async () => {
    const found = await report();
    expect(found).toMatchObject({ model: 'credit-default', calls: TICKS * CALLS_A_TICK, columns: 3, alarms: 1 });
    const [alarm] = found.raised;
    expect(alarm).toMatchObject({ feature: 'amount', side: 'request', version: 'logistic', role: 'champion' });
    // What the window shows in the tick that raised it; naming causes has tests of its own.
    expect(alarm?.cause).toMatch(/greatest value|x100/);
    const at = (Date.parse(alarm?.at ?? '') - NOON) / MINUTE;
    expect(at).toBeGreaterThan(30);
    expect(at).toBeLessThan(36);
    expect(Date.parse(alarm?.resolvedAt ?? '') - NOON).toBeGreaterThan(45 * MINUTE);
    expect(found.alarmsPerWeek).toBeCloseTo(1 / found.weeks, 9);
    expect(found.messages).toBe(2);
    expect(found.weeks).toBeCloseTo(60 / (7 * 24 * 60), 2);
  });

  test('the same twice is the same, and other settings are other alarms', async () => {
    expect(await report()).toEqual(await report());
    const before = await report('--until', new Date(NOON + 30 * MINUTE).toISOString());
    expect(before).toMatchObject({ alarms: 0, messages: 0, calls: 30 * CALLS_A_TICK });
    const slow = await report('--tick', '10m', '--tolerance', '25%');
    expect(slow.settings).toMatchObject({ tickMs: 600_000, tolerance: 0.25, columns: 3 });
    const fleet = await report('--columns', '40000');
    expect(fleet.settings.columns).toBe(40_000);
    // The same alarm, on more evidence.
    const [alone] = (await report()).raised;
    expect(fleet.raised[0]?.feature).toBe('amount');
    expect(fleet.raised[0]?.evidence).toBeGreaterThan(Math.log(40_000 * 7 * 24 * 60));
    expect(Date.parse(fleet.raised[0]?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(alone?.at ?? ''));
  });

  test('for people: how many a week, and a line for the column with its time filled', async () => {
    const { code, out, err } = await backtest();
    expect(code).toBe(0);
    expect(err).toMatch(/^3600 rows in \d+\.\d s, \d+ rows\/s\n$/);
    expect(out).toMatch(
      /^credit-default: 3,600 calls, 3,600 rows in 3 columns, 2026-03-02 12:00 UTC to 2026-03-02 12:59 UTC/,
    );
    expect(out).toMatch(/^1 alarm, \d+ a week, in 2 messages, \d+ a week; data stopped 0 times$/m);
    const [, line = ''] = /^amount logistic +([·█]+) +1 × 03-02 12:3\d$/m.exec(out) ?? [];
    expect(line.indexOf('█') / line.length).toBeGreaterThan(0.45);
    expect(line.at(-1)).toBe('·');
  });
});

test('alarms beyond those that are listed are counted on', async () => {
  const random = createSeededRandom(5);
  const names = ['a', 'b', 'c', 'd'];
  async function* observations(): AsyncGenerator<Observation> {
    for (let tick = 0; tick < 40; tick++) {
      const factor = tick < 20 ? 1 : 100;
      const request = tableOf(
        Object.fromEntries(names.map((name) => [name, Array.from({ length: 400 }, () => (1 + random()) * factor)])),
      );
      const key = { model: 'credit', version: 'old', role: 'champion', caller: '' } as const;
      yield { ...key, at: NOON + tick * 1000, request, response: null };
    }
  }
  const gate = { pace: { groupMs: 0, cooldownMs: 0, remindMs: null }, alarmsPerWeek: 1, columns: 0 };
  const found = await simulate(observations(), modelPlan(), null, gate, () => {}, 3);
  expect(found.alarms).toBe(4);
  expect(found.listed.map(({ feature }) => feature)).toEqual(['a', 'b', 'c']);
});

test('what cannot be done is said', async () => {
  const nobody = await headgate(['drift', 'backtest', '-c', config, '--model', 'nobody']);
  expect([nobody.code, nobody.err]).toEqual([64, 'error: no model is called nobody; there are credit-default\n']);
  const empty = await backtest('--from', '2030-01-01T00:00:00Z');
  expect([empty.code, empty.err]).toEqual([65, expect.stringContaining('no answered decision of credit-default')]);
  const missing = await backtest('--against', join(folder, 'none.json'));
  expect([missing.code, missing.err]).toEqual([65, expect.stringContaining('none.json')]);
  const wrong = await backtest('--tick', '3');
  expect([wrong.code, wrong.err]).toEqual([64, expect.stringContaining('a duration of a second or more')]);
});
