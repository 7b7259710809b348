import { afterEach, expect, test } from 'vitest';
import type { TestGate } from './gate-fixture.ts';
import { FAST_LANE, model, plan, startGate, until, version } from './gate-fixture.ts';
import type { RawUpstream, Wire } from './wire.ts';
import { ask, dial, OK, rawUpstream, request, statusOf, valuesOf } from './wire.ts';

let gate: TestGate;
let upstream: RawUpstream;

async function start(serve: (wire: Wire) => void | Promise<void>, more = {}, listen = {}): Promise<void> {
  upstream = await rawUpstream(serve);
  gate = await startGate(plan([model([version('champion', upstream.url)], more)], listen));
}

afterEach(async () => {
  await gate.settled();
  await gate.close();
  await upstream.close();
});

const INVALID: readonly (readonly [string, string])[] = [
  ['a status line that is none', 'HELLO\r\n\r\n'],
  ['a status that is no number', 'HTTP/1.1 abc OK\r\n\r\n'],
  ['HTTP/2', 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'.replace('2.0', '3.7')],
  ['a head over 64 KiB', `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(70_000)}\r\n\r\n`],
  ['a NUL in a header', 'HTTP/1.1 200 OK\r\nX-A: a\x00b\r\nContent-Length: 0\r\n\r\n'],
  ['a folded header', 'HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 0\r\n\r\n'],
  ['a header name with a space', 'HTTP/1.1 200 OK\r\nX A: a\r\nContent-Length: 0\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
  ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
];

test.each(INVALID.flatMap(([what, bytes]) => [[what, 'held', bytes] as const, [what, 'streamed', bytes] as const]))(
  '%s in answer to a %s request is a 502, upstream_invalid',
  async (_, kind, bytes) => {
    await start(async (wire) => {
      await wire.head();
      wire.write(bytes);
    });
    const client = await dial(gate.port);
    if (kind === 'held') client.write(request('POST', '/m', [], '{}'));
    else client.write('POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    const answer = await client.message();
    expect(statusOf(answer)).toBe(502);
    expect(valuesOf(answer.headers, 'headgate-error')).toEqual(['upstream_invalid']);
    expect(valuesOf(answer.headers, 'headgate-version')).toEqual(['champion']);
    const [record] = await gate.records(1);
    expect(record).toMatchObject({ status: 502, role: 'champion', attempts: 1 });
    client.destroy();
  },
);

test.each(['a close', 'a reset'] as const)('%s before the answer is a 502, upstream_reset', async (how) => {
  await start(async (wire) => {
    await wire.message();
    if (how === 'a close') wire.destroy();
    else wire.reset();
  });
  const answer = await ask(gate.port, request('POST', '/m', [], '{}'));
  expect(statusOf(answer)).toBe(502);
  expect(valuesOf(answer.headers, 'headgate-error')).toEqual(['upstream_reset']);
  expect(upstream.wires.length).toBe(1);
  answer.wire.destroy();
});

test('half a head before the end is a 502, upstream_reset', async () => {
  await start(async (wire) => {
    await wire.message();
    wire.write('HTTP/1.1 200 OK\r\nX-');
    wire.end();
  });
  const answer = await ask(gate.port, request('POST', '/m', [], '{}'));
  expect(statusOf(answer)).toBe(502);
  expect(valuesOf(answer.headers, 'headgate-error')).toEqual(['upstream_reset']);
  answer.wire.destroy();
});

const CUT: readonly (readonly [string, string])[] = [
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
  ['a length and Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\nhalf'],
  ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  [
    'chunks and Connection: close',
    'HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  ],
  ['half a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nhalf'],
];

test.each(
  CUT.flatMap(([framing, bytes]) =>
    (['held', 'streamed'] as const).flatMap((kind) =>
      (['end', 'reset'] as const).map((how) => [framing, kind, how, bytes] as const),
    ),
  ),
)('an answer with %s to a %s request that breaks off by %s is seen as broken', async (_framing, kind, how, bytes) => {
  let up: Wire | undefined;
  await start(async (wire) => {
    await wire.head();
    wire.write(bytes);
    up = wire;
  });
  const client = await dial(gate.port);
  if (kind === 'held') client.write(request('POST', '/m', [], '{}'));
  else client.write('POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  await client.seen('half');
  if (how === 'end') up?.end();
  else up?.reset();
  await expect(client.message()).rejects.toThrow('the connection ended');
  const [record] = await gate.records(1);
  expect(record).toMatchObject({ status: 200, responseBytes: 4 });
  expect(record?.failure).toBeGreaterThanOrEqual(0);
  expect(gate.counter('champion', 'champion', 'errors')).toBe(1);
  client.destroy();
});

test('an answer that ends with its connection is whole when that closes, and broken when it is reset', async () => {
  let up: Wire | undefined;
  await start(async (wire) => {
    await wire.message();
    wire.write('HTTP/1.1 200 OK\r\n\r\nhalf');
    up = wire;
  });
  const whole = await dial(gate.port);
  whole.write(request('POST', '/m', [], '{}'));
  await whole.seen('half');
  up?.end();
  expect((await whole.message()).body.toString()).toBe('half');
  const broken = await dial(gate.port);
  broken.write(request('POST', '/m', [], '{}'));
  await broken.seen('half');
  up?.reset();
  await expect(broken.message()).rejects.toThrow('the connection ended');
  // To HTTP/1.0 the end of the connection is the end of the answer: only a reset tells.
  const old = await dial(gate.port);
  old.write('GET /m HTTP/1.0\r\n\r\n');
  await old.seen('half');
  up?.reset();
  expect(await old.over()).toBe('reset');
  for (const client of [whole, broken, old]) client.destroy();
});

test('an upstream of HTTP/1.0 is understood', async () => {
  await start(async (wire) => {
    await wire.message();
    wire.write('HTTP/1.0 200 OK\r\nServer: BaseHTTP\r\n\r\nold but whole');
    wire.end();
  });
  const answer = await ask(gate.port, request('POST', '/m', [], '{}'));
  expect(answer.startLine).toBe('HTTP/1.1 200 OK');
  expect(answer.body.toString()).toBe('old but whole');
  answer.wire.destroy();
});

test('bytes after an answer are not taken for the next one', async () => {
  await start(async (wire) => {
    for (;;) {
      await wire.message();
      wire.write(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`);
    }
  });
  const client = await dial(gate.port);
  for (let i = 0; i < 3; i++) {
    client.write(request('POST', '/m', [], '{}'));
    const answer = await client.message();
    expect(answer.body.toString()).not.toContain('poison');
  }
  client.destroy();
});

test('a client that leaves cancels the call: before the answer, in the middle of it, and while it is queued', async () => {
  await start(async (wire) => {
    await wire.message();
    if (upstream.wires.length > 1) wire.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
  });
  const waiting = await dial(gate.port);
  waiting.write(request('POST', '/m', [], '{}'));
  await until(() => (upstream.wires[0]?.total ?? 0) > 0, 'the call');
  waiting.destroy();
  await until(() => upstream.wires[0]?.ended !== 'no', 'the end of the call');
  const reading = await dial(gate.port);
  reading.write(request('POST', '/m', [], '{}'));
  await reading.seen('half');
  reading.destroy();
  await until(() => upstream.wires[1]?.ended !== 'no', 'the end of the second call');
  const records = await gate.records(2);
  expect(records.map(({ status }) => status)).toEqual([499, 200]);
  expect(new Set(records.map(({ failure }) => failure)).size).toBe(1);
  expect(gate.counter('champion', 'champion', 'errors')).toBe(0);
});

test('a call that waits for a connection is never sent once its client has left', async () => {
  upstream = await rawUpstream(async (wire) => {
    upstream.requests.push(await wire.message());
  });
  gate = await startGate(plan([model([version('champion', upstream.url, { connectionsMax: 1 })])]));
  const first = await dial(gate.port);
  first.write(request('POST', '/m', ['X-N: first'], '{}'));
  await until(() => upstream.requests.length === 1, 'the first call');
  const second = await dial(gate.port);
  second.write(request('POST', '/m', ['X-N: second'], '{}'));
  await until(() => gate.inflight() === 2, 'the second request');
  const third = await dial(gate.port);
  third.write(request('POST', '/m', ['X-N: third'], '{}'));
  await until(() => gate.inflight() === 3, 'the third request');
  second.destroy();
  await until(() => gate.inflight() === 2, 'the second to leave');
  upstream.wires[0]?.write(OK);
  expect(statusOf(await first.message())).toBe(200);
  await until(() => upstream.requests.length === 1 || upstream.requests.length === 2, 'the third');
  for (let i = 0; upstream.requests.length < 2 && i < 1000; i++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    const wire = upstream.wires[0];
    if (wire !== undefined && wire.buffer.length > 0) upstream.requests.push(await wire.message());
  }
  expect(upstream.requests.map(({ headers }) => valuesOf(headers, 'x-n')[0])).toEqual(['first', 'third']);
  upstream.wires.at(-1)?.write(OK);
  expect(statusOf(await third.message())).toBe(200);
  first.destroy();
  third.destroy();
});

test('a client that leaves requests behind leaves no decision behind', async () => {
  await start(async (wire) => {
    await wire.message();
  });
  const client = await dial(gate.port);
  client.write(request('POST', '/m', [], '{}') + request('POST', '/m', [], '{}'));
  // The general lane begins both at once, the fast lane the second after the first.
  const begun = FAST_LANE ? 1 : 2;
  await until(() => gate.inflight() === begun, 'the requests');
  client.destroy();
  await until(() => gate.inflight() === 0, 'the end of both');
  expect((await gate.records(begun)).map(({ status }) => status)).toEqual(Array(begun).fill(499));
});
