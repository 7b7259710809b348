// Enrolment, rules on the body, drains and epochs through a whole gate: what is answered, and what the record says of it.

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ModelPlan } from '../../src/config/plan.ts';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, startGate, version } from './gate-fixture.ts';
import type { Message, RawUpstream } from './wire.ts';
import { answering, ask, dial, OK, request, valuesOf } from './wire.ts';

let gate: TestGate;
let upstream: RawUpstream;

beforeEach(async () => {
  upstream = await answering(OK);
  gate = await startGate(planWith({}));
});

afterEach(async () => {
  await gate.settled();
  await gate.close();
  await upstream.close();
});

function planWith(more: Partial<ModelPlan>, listen: { readonly bodyBytesHeld?: number } = {}) {
  const versions = ['old', 'new'].map((name) => version(name, upstream.url));
  return plan([model(versions, more)], listen);
}

async function send(unit: string, body = ''): Promise<string> {
  const answer = await ask(gate.port, request('POST', '/m', [`account-id: ${unit}`], body));
  answer.wire.destroy();
  return versionOf(answer);
}

const versionOf = (message: Message): string => valuesOf(message.headers, 'headgate-version')[0] ?? '';

const onBody = (value: string): ModelPlan['rules'][number] => ({
  when: { headers: {}, query: {}, path: null, body: [{ tokens: ['tier'], value }] },
  split: [0, 1],
});

test('a rule on the body waits for the whole of it, however slowly it comes', async () => {
  gate.swap(planWith({ rules: [onBody('3')] }));
  const body = '{"tier":3}';
  const wire = await dial(gate.port);
  wire.write(`POST /m HTTP/1.1\r\nHost: a\r\naccount-id: u\r\nContent-Length: ${body.length}\r\n\r\n{"ti`);
  // Other decisions come and go meanwhile, for longer than a body that nobody reads is waited for.
  let others = 0;
  for (const start = performance.now(); performance.now() - start < 60; others++)
    expect(await send('other')).toBe('old');
  wire.write('er":3}');
  expect(versionOf(await wire.message())).toBe('new');
  wire.destroy();
  const records = await gate.records(others + 1);
  expect(records.at(-1)).toMatchObject({ reason: 'rule', rule: 0, assigned: 1 });
  expect(records.at(-2)).toMatchObject({ reason: 'split', rule: -1, assigned: 0 });
});

test('a body too long to be held satisfies no rule, and is streamed on untouched', async () => {
  gate.swap(planWith({ rules: [onBody('3')] }, { bodyBytesHeld: 64 }));
  expect(await send('u', `{"tier":3,"pad":"${'x'.repeat(100)}"}`)).toBe('old');
  expect(await send('u', '{"tier":3}')).toBe('new');
});

test('who takes no part is answered by the champion, with the reason on the record', async () => {
  gate.swap(planWith({ split: [0, 1], eligible: 0, holdout: 0 }), 4);
  expect(await send('u')).toBe('old');
  gate.swap(planWith({ split: [0, 1], holdout: 1 }), 5);
  expect(await send('u')).toBe('old');
  gate.swap(planWith({ split: [0, 1], layer: { name: 'l', members: ['', 'm', 'z'], shares: [0, 0, 1] } }), 6);
  expect(await send('u')).toBe('old');
  gate.swap(planWith({ split: [0, 1], layer: { name: 'l', members: ['', 'm', 'z'], shares: [0, 1, 0] } }), 7);
  expect(await send('u')).toBe('new');
  const told = (await gate.records(4)).map(({ reason, epoch, propensity, slot }) => [
    reason,
    epoch,
    propensity,
    slot >= 0,
  ]);
  expect(told).toEqual([
    ['ineligible', 4, 1, true],
    ['holdout', 5, 1, true],
    ['ineligible', 6, 1, true],
    ['split', 7, 1, true],
  ]);
});

test('a leaving version keeps the units it was seen with over a reload, on the terms they came with', async () => {
  const drain = { version: 1, forMs: 60_000, unitsMax: 100 };
  gate.swap(planWith({ split: [0, 1], drain }), 1);
  expect(await send('seen')).toBe('new');
  gate.swap(planWith({ split: [1, 0], drain }), 2);
  expect(await send('seen')).toBe('new');
  expect(await send('fresh')).toBe('old');
  gate.swap(planWith({ split: [1, 0] }), 3);
  expect(await send('seen')).toBe('old');
  const told = (await gate.records(4)).map(({ reason, epoch, assigned }) => [reason, epoch, assigned]);
  expect(told).toEqual([
    ['split', 1, 1],
    ['drain', 1, 1],
    ['split', 2, 0],
    ['split', 3, 0],
  ]);
});

test('a unit that had to be forgotten is counted', async () => {
  gate.swap(planWith({ split: [0, 1], drain: { version: 1, forMs: 60_000, unitsMax: 2 } }));
  for (const unit of ['a', 'b', 'c']) await send(unit);
  expect(gate.counter('new', 'challenger', 'drainForgotten')).toBe(1);
});
