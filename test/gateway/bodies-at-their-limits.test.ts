import { afterAll, beforeAll, expect, test } from 'vitest';
import { CAPTURE_DROPS } from '../../src/model.ts';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, startGate, until, version } from './gate-fixture.ts';
import type { RawUpstream } from './wire.ts';
import { answering, ask, dial, OK, rawUpstream, request, statusOf, valuesOf } from './wire.ts';

const HELD = 16 * 1024;
const MAX = 64 * 1024;
let gate: TestGate;
let upstream: RawUpstream;

beforeAll(async () => {
  upstream = await answering(OK);
  gate = await startGate(
    plan([model([version('champion', upstream.url)])], { bodyBytesHeld: HELD, bodyBytesMax: MAX }),
  );
});

afterAll(async () => {
  await gate.settled();
  await gate.close();
  await upstream.close();
});

const SIZES = [0, 1, HELD - 1, HELD, HELD + 1, MAX - 1, MAX];

function chunked(body: Buffer, size: number): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const piece = body.subarray(at, at + size);
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([
    Buffer.from('POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'),
    ...pieces,
    Buffer.from('0\r\n\r\n'),
  ]);
}

function sized(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`), body]);
}

const content = (size: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 255));

test.each(
  SIZES.flatMap((size) => [
    [size, 'a length', sized(content(size))] as const,
    [size, 'small chunks', chunked(content(size), 1000)] as const,
    [size, 'one chunk', chunked(content(size), MAX)] as const,
  ]),
)('%i bytes with %s arrive whole, and are recorded with their true length', async (size, _, bytes) => {
  const before = (await gate.records(0)).length;
  const answer = await ask(gate.port, bytes);
  answer.wire.destroy();
  expect(statusOf(answer)).toBe(200);
  expect(upstream.requests.at(-1)?.body.equals(content(size))).toBe(true);
  const record = (await gate.records(before + 1)).at(-1);
  expect(record).toMatchObject({ requestBytes: size, truncated: size > HELD, failure: -1, status: 200 });
  const kept = Buffer.concat(record?.request ?? []);
  expect(kept.equals(content(size).subarray(0, HELD))).toBe(true);
});

test('a length over the limit is refused before the body is read', async () => {
  const refused = gate.refused('body_too_large');
  const seen = upstream.requests.length;
  const answer = await ask(gate.port, `POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: ${MAX + 1}\r\n\r\n`);
  expect(statusOf(answer)).toBe(413);
  expect(valuesOf(answer.headers, 'headgate-error')).toEqual(['body_too_large']);
  expect(valuesOf(answer.headers, 'connection')).toEqual(['close']);
  expect(gate.refused('body_too_large')).toBe(refused + 1);
  expect(upstream.requests.length).toBe(seen);
  answer.wire.destroy();
});

test('a client that goes on sending a refused body still reads its answer', async () => {
  const answer = await ask(gate.port, sized(content(MAX * 8)));
  expect(statusOf(answer)).toBe(413);
  expect(await answer.wire.over()).toBe('end');
  answer.wire.destroy();
});

test('chunks over the limit are refused when they cross it, and the upstream never gets them whole', async () => {
  const seen = upstream.requests.length;
  const before = (await gate.records(0)).length;
  const answer = await ask(gate.port, chunked(content(MAX + 1), 1000));
  expect(statusOf(answer)).toBe(413);
  expect(await answer.wire.over()).toBe('end');
  expect(upstream.requests.length).toBe(seen);
  const record = (await gate.records(before + 1)).at(-1);
  expect(record).toMatchObject({ status: 413, role: 'champion' });
  answer.wire.destroy();
});

test('a record keeps what is held of a long answer, and its true length', async () => {
  const long = content(HELD * 5);
  const talkative = await answering(() =>
    Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${long.length}\r\n\r\n`), long]),
  );
  const other = await startGate(plan([model([version('champion', talkative.url)])], { bodyBytesHeld: HELD }));
  const answer = await ask(other.port, request('GET', '/m'));
  expect(answer.body.equals(long)).toBe(true);
  const [record] = await other.records(1);
  expect(record).toMatchObject({ responseBytes: long.length, truncated: true });
  expect(Buffer.concat(record?.response ?? []).equals(long.subarray(0, HELD))).toBe(true);
  answer.wire.destroy();
  await other.settled();
  await other.close();
  await talkative.close();
});

test.each(['GET', 'DELETE', 'OPTIONS', 'PUT', 'PATCH'])(
  '%s may carry a body, with a length or in chunks',
  async (method) => {
    for (const [headers, body] of [
      ['Content-Length: 3', 'abc'],
      ['Transfer-Encoding: chunked', '3\r\nabc\r\n0\r\n\r\n'],
    ]) {
      const answer = await ask(gate.port, `${method} /m HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n${body}`);
      expect(statusOf(answer)).toBe(200);
      expect(upstream.requests.at(-1)?.startLine).toBe(`${method} /m HTTP/1.1`);
      expect(upstream.requests.at(-1)?.body.toString()).toBe('abc');
      answer.wire.destroy();
    }
  },
);

test.each(['GET', 'DELETE', 'POST'])('a slow %s body is streamed in its own framing', async (method) => {
  const client = await dial(gate.port);
  client.write(`${method} /m HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc`);
  const before = upstream.wires.length;
  await until(
    () => upstream.wires.length > before || upstream.wires.some((wire) => wire.total > 0),
    'the head upstream',
  );
  await new Promise((resolve) => setTimeout(resolve, 40));
  client.write('def');
  expect(statusOf(await client.message())).toBe(200);
  expect(upstream.requests.at(-1)).toMatchObject({ framing: 'length' });
  expect(upstream.requests.at(-1)?.body.toString()).toBe('abcdef');
  client.destroy();
});

test('a record of two bodies as long as a reload has allowed is handed over; one beyond every bound is counted', async () => {
  const long = content(1024 * 1024);
  const echo = await rawUpstream(async (wire, self) => {
    const message = await wire.message();
    self.requests.push(message);
    wire.write(
      Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${message.body.length}\r\n\r\n`), message.body]),
    );
  });
  const models = [model([version('champion', echo.url)])];
  const other = await startGate(plan(models, { bodyBytesHeld: 1024 }));
  other.swap(plan(models, { bodyBytesHeld: long.length }));
  expect(statusOf(await ask(other.port, sized(long)))).toBe(200);
  const [record] = await other.records(1);
  expect(Buffer.concat(record?.request ?? []).equals(long)).toBe(true);
  expect(Buffer.concat(record?.response ?? []).equals(long)).toBe(true);
  expect(other.received()).toBe(1);
  expect(other.captureDrops()).toEqual(CAPTURE_DROPS.map(() => 0));
  await other.settled();
  await other.close();
  await echo.close();
});

test('a reload that changes the buffer never cuts a body that is on its way', async () => {
  const slow = await rawUpstream(async (wire, self) => {
    self.requests.push(await wire.message());
    wire.write(OK);
  });
  const models = [
    model([version('champion', slow.url)], {
      sticky: { source: { kind: 'body', tokens: ['unit'] }, missing: 'champion' },
    }),
  ];
  const other = await startGate(plan(models, { bodyBytesHeld: 1024 }));
  const body = content(3000);
  const client = await dial(other.port);
  client.write(
    `POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n${body.subarray(0, 1000).toString('latin1')}\r\n`,
  );
  await until(() => other.inflight() === 1, 'the request');
  other.swap(plan(models, { bodyBytesHeld: 1024 * 1024 }));
  client.write(`7d0\r\n${body.subarray(1000).toString('latin1')}\r\n0\r\n\r\n`);
  expect(statusOf(await client.message())).toBe(200);
  expect(slow.requests[0]?.body.equals(body)).toBe(true);
  client.destroy();
  await other.settled();
  await other.close();
  await slow.close();
});
