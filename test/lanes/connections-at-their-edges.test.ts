import { afterEach, expect, test } from 'vitest';
import type { ListenPlan } from '../../src/config/plan.ts';
import type { TestGate } from '../gateway/gate-fixture.ts';
import { model, plan, standstill, startGate, until, version } from '../gateway/gate-fixture.ts';
import type { RawUpstream, Wire } from '../gateway/wire.ts';
import { answering, dial, OK, rawUpstream, request, statusOf, valuesOf } from '../gateway/wire.ts';

// What bytes alone do not tell: time, room, and connections that end.

let gate: TestGate;
let upstream: RawUpstream;
const clients: Wire[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await gate.settled();
  await gate.close();
  await upstream.close();
});

async function start(serving: Promise<RawUpstream>, listen: Partial<ListenPlan> = {}): Promise<void> {
  upstream = await serving;
  gate = await startGate(plan([model([version('champion', upstream.url)])], { fastLane: true, ...listen }));
}

async function client(): Promise<Wire> {
  const wire = await dial(gate.port);
  clients.push(wire);
  return wire;
}

const TIMES: ListenPlan['timeout'] = { headMs: 10_000, requestMs: 60_000, idleMs: 75_000, stallMs: 30_000 };

test('a connection that never sends is told so after the time for a head', async () => {
  await start(answering(OK), { timeout: { ...TIMES, headMs: 100 } });
  const silent = await client();
  const answer = await silent.message();
  expect(statusOf(answer)).toBe(408);
  expect(valuesOf(answer.headers, 'headgate-error')).toEqual(['client_timeout']);
  expect(await silent.over()).toBe('end');
  expect(gate.refused('client_timeout')).toBe(1);
});

test('a kept connection stays for as long as its client was told, and a moment more', async () => {
  await start(answering(OK), { timeout: { ...TIMES, headMs: 50, idleMs: 1000 } });
  const kept = await client();
  kept.write(request('GET', '/m'));
  const answer = await kept.message();
  expect(valuesOf(answer.headers, 'keep-alive')).toEqual(['timeout=1']);
  const from = performance.now();
  expect(await kept.over()).toBe('end');
  expect(performance.now() - from).toBeGreaterThan(1500);
  expect(kept.text).toBe('');
});

test.each([
  ['the fast lane', 'GET /m HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['the general lane', 'GET /m HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n'],
])('refusals of %s that nobody reads do not hold their connection for ever', async (_, one) => {
  await start(answering(OK), { timeout: { ...TIMES, idleMs: 100, stallMs: 300 }, inflightMax: 0 });
  const deaf = await client();
  deaf.socket.pause();
  // Until the answers have filled every buffer on their way, and the gate reads no more; never half a head.
  for (let sent = 0; gate.refused('overloaded') === sent && deaf.socket.writableLength === 0; ) {
    deaf.write(one.repeat(500));
    sent += 500;
    await standstill(() => gate.refused('overloaded') + (deaf.socket.writableLength === 0 ? 0 : 1), 3);
  }
  await until(() => gate.gateCounter('connections') === 0, 'the end', 10_000);
});

test('requests ahead of their turn fill no memory', async () => {
  let held: Wire | undefined;
  await start(
    rawUpstream(async (wire) => {
      await wire.message();
      held = wire;
    }),
  );
  const eager = await client();
  const one = request('POST', '/m', [], 'x'.repeat(1000));
  eager.write(one);
  await until(() => held !== undefined, 'the call');
  for (let i = 0; i < 15; i++) eager.write(one.repeat(1000));
  await standstill(() => eager.socket.writableLength);
  // What the client could not get rid of is still its own: the kernel has some, the gate next to nothing.
  expect(eager.socket.writableLength).toBeGreaterThan(5_000_000);
  expect(gate.inflight()).toBe(1);
  eager.destroy();
  held?.write(OK);
});

test('a thousand connections with half a head each take little memory, and none is in the way', async () => {
  await start(answering(OK));
  global.gc?.();
  const before = process.memoryUsage();
  const half = `POST /m HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(1000)}`;
  for (let i = 0; i < 1000; i += 100) {
    const some = await Promise.all(Array.from({ length: 100 }, () => client()));
    for (const wire of some) wire.write(half);
  }
  await until(() => gate.gateCounter('connections') === 1000, 'the connections');
  await standstill(() => process.memoryUsage().rss, 50);
  const { heapUsed, external } = process.memoryUsage();
  // Both ends live in this process.
  expect(heapUsed + external - before.heapUsed - before.external).toBeLessThan(60_000_000);
  const good = await client();
  good.write(request('GET', '/m'));
  expect(statusOf(await good.message())).toBe(200);
});

test.each([true, false])(
  'a client that half-closes while its answer is on the way leaves nothing behind (fast lane %s)',
  async (fastLane) => {
    await start(
      rawUpstream(async (wire) => void (await wire.message())),
      { fastLane },
    );
    const gone = await client();
    gone.write(request('POST', '/m', [], 'a'));
    await until(() => (upstream.wires[0]?.total ?? 0) > 0, 'the call');
    gone.end();
    expect(await gone.over()).toBe('end');
    await until(() => gate.inflight() === 0 && upstream.wires[0]?.ended !== 'no', 'the end of the call');
    expect(gone.text).toBe('');
  },
);

test('an early answer ends the upload, not the answer', async () => {
  await start(
    rawUpstream(async (wire) => {
      await wire.head();
      wire.write('HTTP/1.1 413 No\r\nContent-Length: 4\r\n\r\nmuch');
    }),
  );
  const eager = await client();
  eager.write(`POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(400_000)}`);
  const answer = await eager.message();
  expect(answer.startLine).toBe('HTTP/1.1 413 No');
  expect(answer.body.toString()).toBe('much');
  expect(valuesOf(answer.headers, 'connection')).toEqual(['close']);
  expect(await eager.over()).toBe('end');
});
