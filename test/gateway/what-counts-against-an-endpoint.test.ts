import { afterEach, expect, test } from 'vitest';
import type { HealthPlan } from '../../src/config/plan.ts';
import { FAILURES } from '../../src/errors.ts';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, startGate, until, version } from './gate-fixture.ts';
import type { Message, RawUpstream } from './wire.ts';
import { answering, ask, OK, rawUpstream, request, statusOf, valuesOf } from './wire.ts';

let gate: TestGate;
const upstreams: RawUpstream[] = [];

afterEach(async () => {
  await gate.settled();
  await gate.close();
  for (const upstream of upstreams.splice(0)) await upstream.close();
});

async function kept(made: Promise<RawUpstream>): Promise<RawUpstream> {
  const upstream = await made;
  upstreams.push(upstream);
  return upstream;
}

function status(code: number): string {
  return `HTTP/1.1 ${code} So\r\nContent-Length: 2\r\nX-Own: yes\r\n\r\nno`;
}

async function answerNow(): Promise<Message> {
  const answer = await ask(gate.port, request('POST', '/m', [], '{}'));
  answer.wire.destroy();
  return answer;
}

async function statuses(count: number): Promise<number[]> {
  const seen: number[] = [];
  for (let i = 0; i < count; i++) seen.push(statusOf(await answerNow()));
  return seen;
}

const ONCE = { attempts: 1, on: [], budget: 0 };
const LONG = { failures: 3, openMs: 60_000 };

test.each([502, 503, 504])('an endpoint that answers %i for ever is ejected', async (code) => {
  const bad = await kept(answering(status(code)));
  const good = await kept(answering(OK));
  gate = await startGate(
    plan([
      model([version('champion', [bad.url, good.url], { balance: 'roundRobin' })], { retry: ONCE, breaker: LONG }),
    ]),
  );
  expect((await statuses(20)).filter((seen) => seen === code).length).toBe(3);
  expect(bad.requests.length).toBe(3);
  expect(good.requests.length).toBe(17);
});

test.each([200, 301, 400, 404, 429, 500, 501])('an endpoint that answers %i for ever is asked on', async (code) => {
  const upstream = await kept(answering(status(code)));
  gate = await startGate(plan([model([version('champion', upstream.url)], { retry: ONCE, breaker: LONG })]));
  expect(await statuses(8)).toEqual(Array(8).fill(code));
});

test('an answer in between starts the count again', async () => {
  let calls = 0;
  const upstream = await kept(answering(() => (++calls % 3 === 0 ? OK : status(503))));
  gate = await startGate(plan([model([version('champion', upstream.url)], { retry: ONCE, breaker: LONG })]));
  expect(await statuses(9)).toEqual([503, 503, 200, 503, 503, 200, 503, 503, 200]);
});

test("a single endpoint's own 503 is relayed until the breaker opens; then the gate's is sent", async () => {
  const upstream = await kept(answering(status(503)));
  gate = await startGate(plan([model([version('champion', upstream.url)], { retry: ONCE, breaker: LONG })]));
  for (let i = 0; i < 3; i++) {
    const own = await answerNow();
    expect([statusOf(own), own.body.toString()]).toEqual([503, 'no']);
    expect(valuesOf(own.headers, 'x-own')).toEqual(['yes']);
    expect(valuesOf(own.headers, 'headgate-error')).toEqual([]);
  }
  const refused = await answerNow();
  expect(statusOf(refused)).toBe(503);
  expect(valuesOf(refused.headers, 'headgate-error')).toEqual(['no_healthy_upstream']);
  expect(upstream.requests.length).toBe(3);
  const records = await gate.records(4);
  expect(records.map(({ failure }) => FAILURES[failure]?.code)).toEqual([
    undefined,
    undefined,
    undefined,
    'no_healthy_upstream',
  ]);
});

test('retry.on: [503] asks another endpoint, and the sick one is ejected all the same', async () => {
  const bad = await kept(answering(status(503)));
  const good = await kept(answering(OK));
  gate = await startGate(
    plan([
      model([version('champion', [bad.url, good.url], { balance: 'roundRobin' })], {
        retry: { attempts: 2, on: [503], budget: 1 },
        breaker: LONG,
      }),
    ]),
  );
  expect(await statuses(20)).toEqual(Array(20).fill(200));
  expect(bad.requests.length).toBe(3);
  expect(good.requests.length).toBe(20);
});

test('a shadow that answers 503 for ever is left alone, and the calls of its version as such are not', async () => {
  const primary = await kept(answering(OK));
  const shadow = await kept(answering(status(503)));
  gate = await startGate(
    plan([
      model([version('champion', primary.url), version('candidate', shadow.url)], {
        breaker: LONG,
        mirrors: [{ version: 1, share: 1, timeoutMs: 1000, callsMax: 8, bytesMax: 1e6 }],
      }),
    ]),
  );
  for (let i = 0; i < 6; i++) {
    expect(statusOf(await answerNow())).toBe(200);
    await gate.settled();
  }
  expect(shadow.requests.length).toBe(3);
  expect(gate.shadowDrops('candidate')).toEqual({ no_healthy_upstream: 3 });
});

const CHECK: HealthPlan = { path: '/ready', intervalMs: 10, timeoutMs: 500, healthyAfter: 1, unhealthyAfter: 2 };

function checked(answer: () => string): Promise<RawUpstream> {
  return answering(({ startLine }) => (startLine.includes('/ready') ? answer() : OK));
}

const isCheck = ({ startLine }: Message): boolean => startLine.startsWith('GET /ready ');

test.each([
  [200, true],
  [204, true],
  [299, true],
  [301, false],
  [304, false],
  [404, false],
  [503, false],
])('a check answered %i: healthy is %s', async (code, healthy) => {
  const bodyless = code === 204 || code === 304;
  const upstream = await kept(checked(() => (bodyless ? `HTTP/1.1 ${code} So\r\n\r\n` : status(code))));
  gate = await startGate(plan([model([version('champion', upstream.url, { health: CHECK })], { retry: ONCE })]));
  await until(() => upstream.requests.filter(isCheck).length >= 4, 'four checks');
  expect(statusOf(await answerNow())).toBe(healthy ? 200 : 503);
});

test("checks carry the version's credentials, and the host a client would name", async () => {
  const upstream = await kept(
    answering((asked) => {
      if (!isCheck(asked)) return OK;
      return valuesOf(asked.headers, 'authorization')[0] === 'Bearer check-me' ? OK : status(401);
    }),
  );
  const auth = { type: 'bearer', token: 'check-me' } as const;
  gate = await startGate(plan([model([version('champion', upstream.url, { health: CHECK, auth })], { retry: ONCE })]));
  await until(() => upstream.requests.filter(isCheck).length >= 4, 'four checks');
  expect(statusOf(await answerNow())).toBe(200);
  expect(valuesOf(upstream.requests.find(isCheck)?.headers ?? [], 'host')).toEqual([`127.0.0.1:${upstream.port}`]);
});

test('a reload of retry, breaker, timeouts or another endpoint forgets neither an ejection nor a bad check', async () => {
  const dead = await kept(rawUpstream((wire) => wire.reset()));
  const ill = await kept(checked(() => status(503)));
  const good = await kept(answering(OK));
  const third = await kept(answering(OK));
  const versions = (urls: readonly string[], more = {}) => [
    version('champion', urls, { balance: 'roundRobin', ...more }),
  ];
  const base = { retry: ONCE, breaker: { failures: 1, openMs: 60_000 } };
  gate = await startGate(plan([model(versions([dead.url, good.url]), base)]));
  await statuses(4);
  const ejected = dead.wires.length;
  for (const more of [
    { breaker: { failures: 2, openMs: 50_000 } },
    { retry: { attempts: 1, on: [], budget: 0.5 } },
    { timeout: { connectMs: 300, firstByteMs: 2000, totalMs: 10_000 } },
  ]) {
    gate.swap(plan([model(versions([dead.url, good.url]), { ...base, ...more })]));
    expect(await statuses(4)).toEqual([200, 200, 200, 200]);
  }
  gate.swap(plan([model(versions([dead.url, good.url, third.url], { connectionsMax: 7 }), base)]));
  expect(await statuses(6)).toEqual(Array(6).fill(200));
  expect(dead.wires.length).toBe(ejected);

  gate.swap(plan([model(versions([ill.url], { health: CHECK }), base)]));
  await until(() => ill.requests.filter(isCheck).length >= 4, 'checks');
  gate.swap(plan([model(versions([ill.url], { health: { ...CHECK, intervalMs: 60_000 } }), base)]));
  expect(await statuses(2)).toEqual([503, 503]);
  // Without checks nothing would bring it back: it is asked again.
  gate.swap(plan([model(versions([ill.url]), base)]));
  expect(await statuses(1)).toEqual([200]);
});

test('a reload of what connections do not depend on keeps them', async () => {
  const upstream = await kept(answering(OK));
  const other = await kept(answering(OK));
  const fresh = (urls: readonly string[], failures: number, budget: number) =>
    plan([
      model([version('champion', urls, { balance: 'roundRobin' })], {
        breaker: { failures, openMs: 1000 },
        retry: { attempts: 2, on: ['connect'], budget },
      }),
    ]);
  gate = await startGate(fresh([upstream.url], 5, 0.2));
  await statuses(2);
  gate.swap(fresh([upstream.url], 6, 0.2));
  await statuses(2);
  gate.swap(fresh([upstream.url], 6, 0.4));
  await statuses(2);
  gate.swap(fresh([upstream.url, other.url], 6, 0.4));
  await statuses(4);
  expect(upstream.requests.length).toBe(8);
  expect(upstream.wires.length).toBe(1);
});
