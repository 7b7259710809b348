import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { RetryPlan } from '../../src/config/plan.ts';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, startGate, until, version } from './gate-fixture.ts';
import type { RawUpstream } from './wire.ts';
import { answering, ask, dial, OK, rawUpstream, request, statusOf, valuesOf } from './wire.ts';

let gate: TestGate;
const upstreams: RawUpstream[] = [];

afterEach(async () => {
  await gate.settled();
  await gate.close();
  for (const upstream of upstreams.splice(0)) await upstream.close();
});

/** An address that refuses connections. */
async function refusing(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

async function kept(made: Promise<RawUpstream>): Promise<RawUpstream> {
  const upstream = await made;
  upstreams.push(upstream);
  return upstream;
}

const retry = (more: Partial<RetryPlan> = {}): RetryPlan => ({ attempts: 2, on: ['connect'], budget: 0.2, ...more });
const BREAKER = { failures: 1000, openMs: 10_000 };

test('a refused connection: the other endpoint takes the request, held or streamed', async () => {
  const good = await kept(answering(OK));
  const urls = [await refusing(), good.url];
  gate = await startGate(
    plan([model([version('champion', urls, { balance: 'roundRobin' })], { retry: retry(), breaker: BREAKER })], {
      bodyBytesHeld: 1000,
    }),
  );
  for (let i = 0; i < 4; i++) {
    const answer = await ask(gate.port, request('POST', '/m', [], `body ${i}`));
    expect(statusOf(answer)).toBe(200);
    answer.wire.destroy();
  }
  const body = 'x'.repeat(5000);
  for (let i = 0; i < 2; i++) {
    const answer = await ask(gate.port, request('POST', '/m', [], body));
    expect(statusOf(answer)).toBe(200);
    answer.wire.destroy();
  }
  expect(good.requests.map((r) => r.body.toString())).toEqual(['body 0', 'body 1', 'body 2', 'body 3', body, body]);
  const records = await gate.records(6);
  expect(records.map(({ attempts }) => attempts).sort()).toEqual([1, 1, 1, 2, 2, 2]);
  expect(gate.counter('champion', 'champion', 'retries')).toBe(3);
});

test('a refused connection and no other endpoint: 502 after all attempts', async () => {
  gate = await startGate(
    plan([model([version('champion', await refusing())], { retry: retry({ attempts: 3 }), breaker: BREAKER })]),
  );
  const answer = await ask(gate.port, request('POST', '/m', [], '{}'));
  expect(statusOf(answer)).toBe(502);
  expect(valuesOf(answer.headers, 'headgate-error')).toEqual(['upstream_unreachable']);
  expect((await gate.records(1))[0]).toMatchObject({ attempts: 3, status: 502 });
  answer.wire.destroy();
});

test('without connect in retry.on nothing is tried again', async () => {
  gate = await startGate(
    plan([model([version('champion', await refusing())], { retry: retry({ on: [] }), breaker: BREAKER })]),
  );
  const answer = await ask(gate.port, request('POST', '/m', [], '{}'));
  expect((await gate.records(1))[0]).toMatchObject({ attempts: 1, status: 502 });
  answer.wire.destroy();
});

const resetting = (): Promise<RawUpstream> =>
  rawUpstream(async (wire, self) => {
    self.requests.push(await wire.message());
    wire.reset();
  });

test.each([
  ['POST', ['connect'], 1],
  ['POST', ['connect', 'reset'], 2],
  ['GET', ['connect'], 2],
  ['DELETE', ['connect'], 1],
] as const)('%s after a reset with retry.on %j is sent %i time(s)', async (method, on, times) => {
  const bad = await kept(resetting());
  gate = await startGate(plan([model([version('champion', bad.url)], { retry: retry({ on }), breaker: BREAKER })]));
  const answer = await ask(gate.port, request(method, '/m/1'));
  expect(statusOf(answer)).toBe(502);
  expect(bad.requests.length).toBe(times);
  answer.wire.destroy();
});

test('an answer of 503 is asked again where the model says so, and given back when attempts are used up', async () => {
  const busy = await kept(answering('HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy'));
  gate = await startGate(plan([model([version('champion', busy.url)], { retry: retry({ attempts: 3, on: [503] }) })]));
  const answer = await ask(gate.port, request('POST', '/m', [], '{}'));
  expect(answer.startLine).toBe('HTTP/1.1 503 Busy');
  expect(answer.body.toString()).toBe('busy');
  expect(valuesOf(answer.headers, 'headgate-error')).toEqual([]);
  expect(busy.requests.length).toBe(3);
  expect((await gate.records(1))[0]).toMatchObject({ attempts: 3, status: 503, failure: -1 });
  answer.wire.destroy();
});

test('an answer of 503 that becomes 200 is answered with 200', async () => {
  let asked = 0;
  const flaky = await kept(answering(() => (++asked === 1 ? 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n' : OK)));
  gate = await startGate(plan([model([version('champion', flaky.url)], { retry: retry({ on: [503] }) })]));
  const answer = await ask(gate.port, request('POST', '/m', [], '{}'));
  expect(statusOf(answer)).toBe(200);
  expect(flaky.requests.map(({ body }) => body.toString())).toEqual(['{}', '{}']);
  answer.wire.destroy();
});

test('retries stay within their budget', async () => {
  const busy = await kept(answering('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n'));
  gate = await startGate(
    plan([
      model([version('champion', busy.url)], {
        retry: retry({ on: [503], budget: 0.1 }),
        breaker: { failures: 1e6, openMs: 1 },
      }),
    ]),
  );
  const client = await dial(gate.port);
  for (let i = 0; i < 100; i++) {
    client.write(request('POST', '/m', [], '{}'));
    await client.message();
  }
  client.destroy();
  // Ten saved up at the start, and one for every ten calls.
  expect(busy.requests.length - 100).toBeGreaterThanOrEqual(10);
  expect(busy.requests.length - 100).toBeLessThanOrEqual(20);
});

test('a body too long to hold is not sent twice', async () => {
  const bad = await kept(resetting());
  gate = await startGate(
    plan([model([version('champion', bad.url)], { retry: retry({ on: ['connect', 'reset'] }), breaker: BREAKER })], {
      bodyBytesHeld: 1000,
    }),
  );
  const answer = await ask(gate.port, request('POST', '/m', [], 'x'.repeat(2000)));
  expect(statusOf(answer)).toBe(502);
  expect(bad.requests.length).toBe(1);
  answer.wire.destroy();
});

test('a slow body that was held all the same can be sent again', async () => {
  const bad = await kept(resetting());
  gate = await startGate(
    plan([model([version('champion', bad.url)], { retry: retry({ on: ['connect', 'reset'] }), breaker: BREAKER })]),
  );
  const client = await dial(gate.port);
  client.write('POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab');
  await until(() => bad.wires.length === 1, 'the call');
  client.write('cd');
  expect(statusOf(await client.message())).toBe(502);
  expect(bad.requests.map(({ body }) => body.toString())).toEqual(['abcd', 'abcd']);
  client.destroy();
});

test('a kept connection that the upstream has closed is not used again', async () => {
  const closing = await kept(
    rawUpstream(async (wire, self) => {
      self.requests.push(await wire.message());
      wire.write(OK);
      wire.end();
    }),
  );
  gate = await startGate(plan([model([version('champion', closing.url)], { retry: retry({ attempts: 1 }) })]));
  const client = await dial(gate.port);
  for (let i = 0; i < 20; i++) {
    client.write(request('POST', '/m', [], '{}'));
    expect(statusOf(await client.message())).toBe(200);
    await until(() => closing.wires.every(({ ended }) => ended !== 'no'), 'the end of the connection');
  }
  client.destroy();
});
