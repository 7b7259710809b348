import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { FAILURES } from '../../src/errors.ts';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, standstill, startGate, until, version } from './gate-fixture.ts';
import type { RawUpstream, Wire } from './wire.ts';
import { ask, dial, OK, rawUpstream, request, statusOf, valuesOf } from './wire.ts';

let gate: TestGate;
let upstream: RawUpstream | undefined;

async function start(serve: (wire: Wire) => void | Promise<void>, more = {}, listen = {}): Promise<void> {
  upstream = await rawUpstream(serve);
  gate = await startGate(plan([model([version('champion', upstream.url)], more)], listen));
}

afterEach(async () => {
  await gate.settled();
  await gate.close();
  await upstream?.close();
  upstream = undefined;
});

const code = (failure: number | undefined): string => FAILURES[failure ?? -1]?.code ?? 'none';

const TIMES = { headMs: 10_000, requestMs: 60_000, idleMs: 75_000, stallMs: 30_000 };
const timeout = (times: Partial<Record<'connectMs' | 'firstByteMs' | 'totalMs', number>>): object => ({
  timeout: { connectMs: 250, firstByteMs: 2000, totalMs: 10_000, ...times },
});

/** A listener that never accepts, with a full backlog: the kernel lets the next connection hang. */
async function blackHole(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const worker = new Worker(
    `const { createServer } = require('node:net');
     const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       require('node:worker_threads').parentPort.postMessage(server.address().port);
       setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
     });`,
    { eval: true },
  );
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const fillers: Socket[] = [];
  let connected = 0;
  for (let i = 0; i < 8; i++) {
    fillers.push(
      connect({ port, host: '127.0.0.1' })
        .on('connect', () => connected++)
        .on('error', () => {}),
    );
  }
  await standstill(() => connected);
  return {
    port,
    async close() {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
}

test('an upstream that takes no connection: 502 after timeout.connect', async () => {
  const hole = await blackHole();
  gate = await startGate(
    plan([model([version('champion', `http://127.0.0.1:${hole.port}`)], timeout({ connectMs: 100 }))]),
  );
  const answer = await ask(gate.port, request('POST', '/m', [], '{}'));
  expect(statusOf(answer)).toBe(502);
  expect(valuesOf(answer.headers, 'headgate-error')).toEqual(['upstream_unreachable']);
  const streamed = await dial(gate.port);
  streamed.write('POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  expect(statusOf(await streamed.message())).toBe(502);
  const records = await gate.records(2);
  expect(records.map(({ failure }) => code(failure))).toEqual(['upstream_unreachable', 'upstream_unreachable']);
  expect(answer.body.toString()).toContain('No connection within 100 ms');
  answer.wire.destroy();
  streamed.destroy();
  await hole.close();
});

test('an upstream that does not begin its answer: 504 after timeout.firstByte', async () => {
  await start(async (wire) => void (await wire.message()), timeout({ firstByteMs: 60 }));
  const answer = await ask(gate.port, request('POST', '/m', [], '{}'));
  expect(statusOf(answer)).toBe(504);
  expect(valuesOf(answer.headers, 'headgate-error')).toEqual(['upstream_timeout']);
  expect(answer.body.toString()).toContain('timeout.firstByte 60 ms');
  const [record] = await gate.records(1);
  expect(record).toMatchObject({ status: 504, attempts: 1 });
  expect(record?.upstreamMs).toBeGreaterThanOrEqual(50);
  await until(() => upstream?.wires[0]?.ended !== 'no', 'the end of the call');
  answer.wire.destroy();
});

test('an upstream that does not end its answer: broken off after timeout.total', async () => {
  await start(
    async (wire) => {
      await wire.message();
      wire.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    },
    timeout({ totalMs: 80 }),
  );
  const client = await dial(gate.port);
  client.write(request('POST', '/m', [], '{}'));
  await client.seen('half');
  await expect(client.message()).rejects.toThrow('the connection ended');
  const [record] = await gate.records(1);
  expect(code(record?.failure)).toBe('upstream_timeout');
  expect(gate.counter('champion', 'champion', 'errors')).toBe(1);
  client.destroy();
});

test('total 0 is no limit', async () => {
  let up: Wire | undefined;
  await start(
    async (wire) => {
      await wire.message();
      wire.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf');
      up = wire;
    },
    timeout({ totalMs: 0, firstByteMs: 50 }),
  );
  const client = await dial(gate.port);
  client.write(request('POST', '/m', [], '{}'));
  await client.seen('half');
  await new Promise((resolve) => setTimeout(resolve, 120));
  up?.write('full');
  expect((await client.message()).body.toString()).toBe('halffull');
  client.destroy();
});

test('a client that takes nothing of its answer: broken off after the stall, and not the fault of the version', async () => {
  const piece = Buffer.alloc(64 * 1024);
  await start(
    async (wire) => {
      await wire.message();
      wire.write('HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n');
      const pump = (): void => {
        while (wire.ended === 'no' && wire.write(piece));
      };
      wire.socket.on('drain', pump);
      pump();
    },
    timeout({ totalMs: 0 }),
    { timeout: { ...TIMES, stallMs: 100 } },
  );
  const client = await dial(gate.port);
  client.socket.pause();
  client.write(request('GET', '/m'));
  const [record] = await gate.records(1);
  expect(code(record?.failure)).toBe('client_timeout');
  expect(gate.counter('champion', 'champion', 'errors')).toBe(0);
  await until(() => upstream?.wires[0]?.ended !== 'no', 'the end of the call');
  client.destroy();
});

test('a client that does not take the end of its answer is broken off too', async () => {
  await start(
    async (wire) => {
      await wire.message();
      wire.write(
        Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 6000000\r\n\r\n'), Buffer.alloc(6_000_000)]),
      );
    },
    timeout({ totalMs: 0 }),
    { timeout: { ...TIMES, stallMs: 100 } },
  );
  const client = await dial(gate.port);
  client.socket.pause();
  client.write(request('GET', '/m'));
  const [record] = await gate.records(1);
  expect(code(record?.failure)).toBe('client_timeout');
  client.destroy();
});

test('a slow upload does not eat into the time of the upstream', async () => {
  await start(
    async (wire) => {
      await wire.message();
      wire.write(OK);
    },
    timeout({ firstByteMs: 150, totalMs: 150 }),
  );
  const client = await dial(gate.port);
  client.write('POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n');
  for (const letter of 'abcd') {
    await new Promise((resolve) => setTimeout(resolve, 70));
    client.write(letter);
  }
  expect(statusOf(await client.message())).toBe(200);
  client.destroy();
});

test('a body that does not come: 408, and not the fault of the version that has begun to read it', async () => {
  await start(async (wire) => void (await wire.message()), {}, { timeout: { ...TIMES, requestMs: 100 } });
  const answer = await ask(gate.port, 'POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab');
  expect(statusOf(answer)).toBe(408);
  expect(valuesOf(answer.headers, 'headgate-error')).toEqual(['client_timeout']);
  expect(await answer.wire.over()).toBe('end');
  await until(() => upstream?.wires[0]?.ended !== 'no', 'the end of the call');
  expect(gate.counter('champion', 'champion', 'errors')).toBe(0);
  answer.wire.destroy();
});

test('an upstream that does not read a long body: 504 after timeout.firstByte', async () => {
  await start(
    (wire) => {
      wire.socket.removeAllListeners('data');
      wire.socket.pause();
    },
    timeout({ firstByteMs: 150 }),
    { bodyBytesMax: 100_000_000 },
  );
  const client = await dial(gate.port);
  client.write('POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n');
  client.write(Buffer.alloc(50_000_000));
  const answer = await client.message();
  expect(statusOf(answer)).toBe(504);
  expect(valuesOf(answer.headers, 'headgate-error')).toEqual(['upstream_timeout']);
  expect(gate.counter('champion', 'champion', 'errors')).toBe(1);
  client.destroy();
});

test('a head that trickles in is ended, however lively the trickle', async () => {
  await start((wire) => wire.destroy(), {}, { timeout: { ...TIMES, headMs: 150 } });
  const client = await dial(gate.port);
  client.write('GET / HTTP/1.1\r\nHost: a\r\n');
  const trickle = setInterval(() => client.write('X'), 20);
  const answer = await client.message();
  clearInterval(trickle);
  expect(statusOf(answer)).toBe(408);
  await client.over();
  client.destroy();
  expect(gate.refused('client_timeout')).toBe(1);
});

test('connections of refused requests whose bodies never come do not stay', async () => {
  await start((wire) => wire.destroy(), {}, { inflightMax: 0, timeout: { ...TIMES, headMs: 100, requestMs: 100 } });
  const answer = await ask(gate.port, 'POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  expect(statusOf(answer)).toBe(503);
  expect(await answer.wire.over()).toBe('end');
  await until(() => gate.gateCounter('connections') === 0, 'the end of the connection');
  answer.wire.destroy();
});
