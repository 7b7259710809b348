import { afterEach, expect, test } from 'vitest';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, startGate, version } from './gate-fixture.ts';
import type { Message, RawUpstream } from './wire.ts';
import { answering, ask, OK, rawUpstream, request, statusOf, valuesOf } from './wire.ts';

let gate: TestGate;
const upstreams: RawUpstream[] = [];

afterEach(async () => {
  await gate.settled();
  await gate.close();
  for (const upstream of upstreams.splice(0)) await upstream.close();
});

async function start(more = {}, listen = {}, made: Promise<RawUpstream> = answering(OK)): Promise<void> {
  const upstream = await made;
  upstreams.push(upstream);
  const match = { paths: ['/m'], methods: null, host: null, headers: {} };
  const once = { attempts: 1, on: [], budget: 0 } as const;
  gate = await startGate(plan([model([version('champion', upstream.url)], { match, retry: once, ...more })], listen));
}

const UUIDV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The one id in the head; where the gate made the answer, its body says the same. */
function idOf(answer: Message): string {
  const ids = valuesOf(answer.headers, 'headgate-decision');
  expect(ids.length).toBe(1);
  if (valuesOf(answer.headers, 'headgate-error').length > 0) {
    expect(JSON.parse(answer.body.toString())).toMatchObject({ decision: ids[0] });
  }
  return ids[0] ?? '';
}

async function answerTo(bytes: string): Promise<Message> {
  const answer = await ask(gate.port, bytes);
  answer.wire.destroy();
  return answer;
}

const OWN = 'headgate-decision: order-17';
const LONG = 'Content-Length: 99999999';

/** What is sent, with a place for one header more, and the status and code it is answered with. */
const CASES: readonly (readonly [string, (own: string[]) => string, number, string | undefined, object, object])[] = [
  ['an answer', (own) => request('POST', '/m', own, '{}'), 200, undefined, {}, {}],
  ['no model', (own) => request('POST', '/other', own, '{}'), 404, 'no_model', {}, {}],
  ['a bad target', (own) => request('GET', '/m#x', own), 400, 'bad_request', {}, {}],
  ['a bad head', (own) => request('GET', '/m', [...own, 'Expect: cake']), 400, 'bad_request', {}, {}],
  ['a long body', (own) => request('POST', '/m', [...own, LONG]), 413, 'body_too_large', {}, {}],
  ['too many calls', (own) => request('POST', '/m', own, '{}'), 503, 'overloaded', { inflightMax: 0 }, {}],
  ['too many in all', (own) => request('POST', '/m', own, '{}'), 503, 'overloaded', {}, { inflightMax: 0 }],
  [
    'no key',
    (own) => request('POST', '/m', own, '{}'),
    400,
    'sticky_key_missing',
    { sticky: { source: { kind: 'header', name: 'a' }, missing: 'reject' } },
    {},
  ],
  ['CONNECT', (own) => request('CONNECT', 'a:1', own), 400, 'bad_request', {}, {}],
];

test.each(CASES)('%s carries the id of the caller, or a new one', async (_, bytes, status, code, more, listen) => {
  await start(more, listen);
  const own = await answerTo(bytes([OWN]));
  expect([statusOf(own), valuesOf(own.headers, 'headgate-error')[0]]).toEqual([status, code]);
  expect(idOf(own)).toBe('order-17');
  const [first, second] = [await answerTo(bytes([])), await answerTo(bytes([]))];
  expect(idOf(first)).toMatch(UUIDV7);
  expect(idOf(second)).toMatch(UUIDV7);
  expect(idOf(first)).not.toBe(idOf(second));
});

test("an upstream's failure carries it too", async () => {
  await start(
    {},
    {},
    rawUpstream((wire) => wire.reset()),
  );
  const answer = await answerTo(request('POST', '/m', [OWN], '{}'));
  expect([statusOf(answer), idOf(answer)]).toEqual([502, 'order-17']);
});

test.each([
  ['an id that is too long', `headgate-decision: ${'x'.repeat(129)}`],
  ['an id with a space', 'headgate-decision: a b'],
  ['an id beyond ASCII', 'headgate-decision: caf\xe9'],
])('%s is refused, and not echoed', async (_, header) => {
  await start();
  const answer = await answerTo(request('POST', '/m', [header], '{}'));
  expect(statusOf(answer)).toBe(400);
  expect(idOf(answer)).toMatch(UUIDV7);
});

test.each([
  ['no HTTP', 'what is this\r\n\r\n', 400],
  ['a head over the limit', `GET /m HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`, 431],
  ['a version that is not spoken', 'GET /m HTTP/2.0\r\nHost: a\r\n\r\n', 400],
])('%s is answered with a new id: nobody has read one', async (_, bytes, status) => {
  await start();
  const answer = await answerTo(bytes);
  expect(statusOf(answer)).toBe(status);
  expect(idOf(answer)).toMatch(UUIDV7);
});

test('a head that is late is answered 408, with a new id', async () => {
  await start({}, { timeout: { headMs: 50, requestMs: 60_000, idleMs: 75_000, stallMs: 30_000 } });
  const answer = await answerTo('GET /m HTTP/1.1\r\nHost:');
  expect(statusOf(answer)).toBe(408);
  expect(idOf(answer)).toMatch(UUIDV7);
});

test('a request that comes while the gate drains is answered, and its connection closed', async () => {
  await start({}, { drainMs: 4000 });
  const client = await ask(gate.port, request('POST', '/m', [], '{}'));
  const drained = gate.gateway.drain(true);
  client.wire.write(request('POST', '/m', [OWN], '{}'));
  const answer = await client.wire.message();
  expect([statusOf(answer), idOf(answer)]).toEqual([200, 'order-17']);
  expect(valuesOf(answer.headers, 'connection')).toEqual(['close']);
  expect(await client.wire.over()).toBe('end');
  client.wire.destroy();
  await drained;
  await gate.settled();
  gate = await startGate(plan([]));
});
