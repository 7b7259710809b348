// What reaches a receiver, message by message: one for all columns of a model, one time, again only where that is due; never more
// than the rate; nothing twice after a restart, nothing lost while nobody answers.

import { expect, test } from 'vitest';
import type { WebhookPlan } from '../../src/config/plan.ts';
import { temporaryFolder } from '../capture/open-capture.ts';
import { type Desk, MINUTE, openDesk, type Receiver, startReceiver, webhookPlan } from './receiver.ts';

interface Told {
  readonly id: string;
  readonly event: string;
  readonly model: string | null;
  readonly features: readonly string[];
}

function told({ received }: Receiver): Told[] {
  return received.map(({ body }) => {
    const { id, data } = JSON.parse(body);
    const features = data.alarms.map(({ feature }: { feature: string }) => feature);
    return { id, event: data.event, model: data.model, features: features.sort() };
  });
}

const short = (receiver: Receiver): string[] =>
  told(receiver).map(({ event, model, features }) => `${event} ${model} ${features.join(' ')}`);

async function setUp(pace: Parameters<typeof openDesk>[1] = {}, changes: Partial<WebhookPlan> = {}) {
  const receiver = await startReceiver();
  const plan = webhookPlan(`${receiver.url}/hook?key=k`, changes);
  const desk = await openDesk([plan], pace);
  return { receiver, plan, ...desk };
}

const seeAll = ({ see }: Pick<Desk, 'see'>, count: number, is: 'on' | 'off' = 'on', model = 'credit') => {
  for (let i = 0; i < count; i++) see(`c${i}`, is, { model });
};

test('twenty columns of a model that drift in one tick are one message, and their end is one', async () => {
  const { receiver, ...desk } = await setUp();
  seeAll(desk, 20);
  await desk.pass(1000);
  await desk.pass(1000);
  expect(told(receiver)).toHaveLength(1);
  expect(told(receiver)[0]).toMatchObject({ event: 'drift.confirmed', model: 'credit' });
  expect(told(receiver)[0]?.features).toHaveLength(20);
  expect(receiver.received[0]?.url).toBe('/hook?key=k');
  seeAll(desk, 20, 'off');
  await desk.pass(1000);
  expect(told(receiver)[1]).toMatchObject({ event: 'drift.resolved', model: 'credit' });
  expect(told(receiver)[1]?.features).toHaveLength(20);
});

test('what follows within `group` waits for it to be over, and is one message; another model does not wait', async () => {
  const { receiver, ...desk } = await setUp({ pace: { groupMs: 5 * MINUTE } });
  desk.see('a');
  await desk.pass(1000);
  desk.see('b');
  await desk.pass(MINUTE);
  desk.see('c');
  desk.see('x', 'on', { model: 'fraud' });
  await desk.pass(MINUTE);
  expect(short(receiver)).toEqual(['drift.confirmed credit a', 'drift.confirmed fraud x']);
  expect(desk.alarms.numbers().webhooks[0]?.waiting).toBe(2);
  await desk.pass(3 * MINUTE);
  expect(short(receiver)[2]).toBe('drift.confirmed credit b c');
});

test('what ends before anybody was told of it is told to nobody', async () => {
  const { receiver, ...desk } = await setUp();
  desk.see('a');
  desk.see('a', 'off');
  await desk.pass(1000);
  expect(receiver.attempts()).toBe(0);
});

test('what recurs within the cool-down is told when that is over, if it lasts', async () => {
  const { receiver, ...desk } = await setUp({ pace: { cooldownMs: 30 * MINUTE } });
  desk.see('a');
  await desk.pass(1000);
  for (let i = 0; i < 10; i++) {
    desk.see('a', 'off');
    await desk.pass(1000);
    desk.see('a');
    await desk.pass(1000);
  }
  expect(short(receiver)).toEqual(['drift.confirmed credit a', 'drift.resolved credit a']);
  await desk.pass(30 * MINUTE);
  expect(short(receiver).slice(2)).toEqual(['drift.confirmed credit a']);
});

test('what is open is told again after `remind`, not where somebody looks at it or has snoozed it', async () => {
  const { receiver, ...desk } = await setUp({ pace: { remindMs: 60 * MINUTE } });
  for (const feature of ['a', 'b', 'c']) desk.see(feature);
  await desk.pass(1000);
  const idOf = (feature: string) => desk.alarms.list().find((one) => one.feature === feature)?.id ?? '';
  desk.alarms.acknowledge(idOf('a'), 'ann', null);
  desk.alarms.snooze(idOf('b'), 90 * MINUTE, null, null);
  await desk.pass(60 * MINUTE);
  await desk.pass(31 * MINUTE);
  await desk.pass(29 * MINUTE);
  expect(short(receiver)).toEqual([
    'drift.confirmed credit a b c',
    'alarm.ongoing credit c',
    'alarm.ongoing credit b',
    'alarm.ongoing credit c',
  ]);
  expect(new Set(told(receiver).map(({ id }) => id)).size).toBe(4);
});

test('a receiver hears of its models and events alone', async () => {
  const { receiver, ...desk } = await setUp({}, { models: ['fraud'], events: ['drift.resolved', 'data.gap'] });
  desk.see('a');
  desk.see('a', 'on', { model: 'fraud' });
  desk.see('', 'on', { model: 'fraud', kind: 'gap' });
  await desk.pass(1000);
  desk.see('a', 'off');
  desk.see('a', 'off', { model: 'fraud' });
  desk.see('', 'off', { model: 'fraud', kind: 'gap' });
  await desk.pass(1000);
  expect(short(receiver)).toEqual(['data.gap fraud ', 'drift.resolved fraud a']);
});

test('four hundred models that drift at once are a message that names them, and the rate holds for an hour of flapping', async () => {
  const { receiver, ...desk } = await setUp({}, { perHour: 12 });
  for (let i = 0; i < 400; i++) desk.see('a', 'on', { model: `m${i}` });
  await desk.pass(1000);
  expect(told(receiver)).toHaveLength(1);
  expect(told(receiver)[0]).toMatchObject({ event: 'drift.confirmed', model: null });
  expect(JSON.parse(receiver.received[0]?.body ?? '').data).toMatchObject({ count: 400 });
  for (let minute = 0; minute < 60; minute++) {
    seeAll(desk, 5, minute % 2 === 0 ? 'on' : 'off', `m${minute % 7}`);
    await desk.pass(MINUTE);
  }
  // Ten at once, and one each five minutes.
  expect(told(receiver).length).toBeLessThanOrEqual(10 + 12 + 1);
  await desk.pass(60 * MINUTE);
  expect(desk.alarms.numbers().webhooks[0]?.waiting).toBe(0);
});

test('while nobody answers it is tried ever more slowly, with one id; then it is told once, as it is by then', async () => {
  const { receiver, ...desk } = await setUp();
  receiver.answer(503);
  desk.see('a');
  desk.see('b');
  for (let second = 0; second < 600; second++) await desk.pass(1000);
  const { attempts } = receiver;
  // Waits of 0.05 to 0.2 s at first, doubled up to five minutes.
  expect(attempts()).toBeGreaterThan(5);
  expect(attempts()).toBeLessThan(20);
  expect(desk.alarms.numbers().webhooks[0]).toMatchObject({ state: 'failing', waiting: 2 });
  expect(desk.alarms.numbers().webhooks[0]?.failures).toEqual({ status: attempts() });
  desk.see('b', 'off');
  receiver.answer(200);
  await desk.pass(5 * MINUTE);
  expect(short(receiver)).toEqual(['drift.confirmed credit a']);
  expect(desk.alarms.numbers().webhooks[0]).toMatchObject({ state: 'idle', waiting: 0, delivered: 1 });
});

test('a receiver that asks to be left in peace is', async () => {
  const { receiver, ...desk } = await setUp();
  receiver.answer(429, { 'retry-after': '120' });
  desk.see('a');
  await desk.pass(1000);
  receiver.answer(200);
  for (let second = 0; second < 119; second++) await desk.pass(1000);
  expect(receiver.attempts()).toBe(1);
  await desk.pass(2000);
  expect(short(receiver)).toEqual(['drift.confirmed credit a']);
});

test('a message that is refused is passed over, counted, and no obstacle for the next', async () => {
  const { receiver, ...desk } = await setUp();
  receiver.answer(400);
  desk.see('a');
  await desk.pass(1000);
  receiver.answer(200);
  desk.see('b');
  await desk.pass(1000);
  expect(short(receiver)).toEqual(['drift.confirmed credit b']);
  expect(desk.alarms.numbers().webhooks[0]).toMatchObject({ refused: 1, delivered: 1 });
});

test('after a restart nothing is told twice, and what was not told is', async () => {
  const data = await temporaryFolder();
  const { receiver, plan, ...desk } = await setUp({ data });
  desk.see('told');
  await desk.pass(1000);
  receiver.answer(503);
  desk.see('untold');
  await desk.pass(1000);
  await desk.alarms.stop();
  receiver.answer(200);
  const next = await openDesk([plan], { data, clock: desk.clock });
  // The new process finds both drifting once more.
  next.see('told');
  next.see('untold');
  await next.pass(1000);
  await next.pass(MINUTE);
  expect(short(receiver)).toEqual(['drift.confirmed credit told', 'drift.confirmed credit untold']);
  next.see('told', 'off');
  await next.pass(1000);
  expect(short(receiver)[2]).toBe('drift.resolved credit told');
});

test('an address is never said: neither in logs nor in states', async () => {
  const { receiver, warnings, ...desk } = await setUp({}, { headers: { authorization: 'Bearer hunter2' } });
  receiver.answer(403);
  desk.see('a');
  await desk.pass(1000);
  const said = JSON.stringify([warnings, desk.alarms.numbers(), desk.alarms.list()]);
  expect(said).toContain('answered 403');
  expect(said).not.toMatch(/hunter2|key=k/);
  expect(desk.alarms.numbers().webhooks[0]?.failures).toEqual({ credentials: 1 });
});
