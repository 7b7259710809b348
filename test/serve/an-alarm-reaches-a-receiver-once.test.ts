// From a change of the traffic to somebody who hears of it: a served gate with a baseline, a column that arrives in another unit, and one
// message to the webhook; people take the alarm in hand over the admin API, a restart forgets none of it, and its end is told.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { DriftView } from '../../src/admin/view.ts';
import type { AlarmView } from '../../src/alarms/alarms.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { startReceiver } from '../alarms/receiver.ts';
import { headgate } from '../cli/headgate.ts';
import { createCaller } from './caller.ts';
import { scrape } from './scrape.ts';
import { inferenceUpstream, type ReadyGate, startServe, temporaryFolder, waitFor } from './served-gate.ts';

const ROWS = 50;

test('a column that drifts is told once, is taken in hand, outlives a restart, and its end is told', async () => {
  const folder = temporaryFolder();
  const upstream = await inferenceUpstream();
  const receiver = await startReceiver();
  const random = createSeededRandom(8);
  const amount = (): string => (1 + random() * 100).toFixed(2);
  writeFileSync(join(folder, 'train.csv'), `amount\n${Array.from({ length: 3000 }, amount).join('\n')}\n`);
  const made = await headgate([
    'baseline',
    '--model',
    'm',
    '--from',
    join(folder, 'train.csv'),
    '-o',
    join(folder, 'm.json'),
  ]);
  expect(made).toMatchObject({ code: 0, err: '' });

  const yaml = `listen: { host: 127.0.0.1, port: 0, drain: 1s }
admin: { port: 0 }
data: ./data
alarms:
  group: 0s
  cooldown: 0s
  webhooks:
    hook: { url: "${receiver.url}/hook", format: cloudevents, events: [drift.confirmed, drift.resolved, alarm.ongoing] }
models:
  m:
    versions: { one: { url: "${upstream.url}" } }
    drift: { baseline: m.json, tick: 1s }
`;
  let gate: ReadyGate = await startServe(yaml, { folder });
  const caller = createCaller(1);
  onTestFinished(async () => {
    caller.close();
    await gate.stop('SIGKILL');
    await upstream.close();
  });
  const call = async (factor: number): Promise<void> => {
    const data = Array.from({ length: ROWS }, () => Number(amount()) * factor);
    const body = JSON.stringify({ inputs: [{ name: 'amount', shape: [ROWS, 1], datatype: 'FP64', data }] });
    expect((await caller.ask(gate.dataUrl, { body })).status).toBe(200);
  };
  /** Traffic until something is so. */
  const callUntil = (factor: number, isSo: () => boolean | Promise<boolean>, what: string): Promise<true> =>
    waitFor(async () => {
      await call(factor);
      return (await isSo()) ? true : undefined;
    }, what);
  const events = (): string[] => receiver.received.map(({ body }) => JSON.parse(body).data.event);
  const alarms = async (): Promise<readonly AlarmView[]> =>
    ((await (await fetch(`${gate.adminUrl}/api/v1/alarms`)).json()) as { alarms: AlarmView[] }).alarms.filter(
      ({ kind }) => kind === 'drift',
    );
  const act = async (id: string, verb: string, body: object): Promise<AlarmView> => {
    const headers = { 'content-type': 'application/json' };
    const url = `${gate.adminUrl}/api/v1/alarms/${id}/${verb}`;
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.status).toBe(200);
    return (await answer.json()) as AlarmView;
  };
  const report = async (): Promise<{ readonly status: string | undefined; readonly judgedTo: number }> => {
    const drift = (await (await fetch(`${gate.adminUrl}/api/v1/models/m/drift`)).json()) as DriftView;
    const amountOf = drift.features.find(({ feature }) => feature === 'amount');
    return { status: amountOf?.status, judgedTo: Date.parse(drift.window.to) };
  };

  await callUntil(1, async () => (await report()).status === 'steady', 'plain traffic to be judged steady');
  expect(receiver.attempts()).toBe(0);

  await callUntil(100, () => receiver.attempts() > 0, 'the webhook to be called');
  const told = JSON.parse(receiver.received[0]?.body ?? '');
  expect(told).toMatchObject({ type: 'headgate.drift.confirmed', subject: 'm' });
  expect(told.data).toMatchObject({ event: 'drift.confirmed', model: 'm', count: 1 });
  expect(told.data.alarms).toMatchObject([
    { kind: 'drift', state: 'open', model: 'm', version: 'one', role: 'champion', side: 'request', feature: 'amount' },
  ]);
  // Of the tick that raised it, or what later ticks made of it.
  const { id } = told.data.alarms[0];
  await callUntil(100, async () => (await alarms())[0]?.cause?.kind === 'unit change', 'the kind of its cause');
  expect(await alarms()).toMatchObject([{ id, state: 'open', told: { hook: { of: 'opened' } } }]);

  expect(await act(id, 'acknowledge', { by: 'ann', note: 'the app sends cents' })).toMatchObject({
    id,
    state: 'acknowledged',
  });
  const numbers = await scrape(gate);
  expect(numbers('headgate_alarms_open', { model: 'm', kind: 'drift' })).toBe(1);
  expect(numbers('headgate_alarm_webhook_delivered_total', { webhook: 'hook' })).toBe(1);

  expect(await gate.stop()).toBe(0);
  gate = await startServe(yaml, { folder });
  expect(await alarms()).toMatchObject([
    { id, state: 'acknowledged', by: 'ann', note: 'the app sends cents', episode: 1 },
  ]);
  // The ticks that nobody called in are a gap, and drift that is found after it is found again: let it be judged for some ticks.
  const { judgedTo } = await report();
  const isJudged = async (): Promise<boolean> => {
    const now = await report();
    return now.status === 'drifting' && now.judgedTo >= judgedTo + 6000;
  };
  await callUntil(100, isJudged, 'drift to be judged again after the restart');
  expect(events()).toEqual(['drift.confirmed']);

  expect(await act(id, 'resolve', { by: 'ann' })).toMatchObject({ id, state: 'resolved', ending: 'by hand, ann' });
  await callUntil(100, () => receiver.attempts() > 1, 'its end to be told');
  expect(events()).toEqual(['drift.confirmed', 'drift.resolved']);
  expect(JSON.parse(receiver.received[1]?.body ?? '').data.alarms).toMatchObject([{ id, state: 'resolved' }]);
}, 120_000);
