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

const TRAILED =
  'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\nX-Sum: 43\r\n\r\n';

test('trailers of an answer reach a client that takes them, and their announcement with them', async () => {
  await start(async (wire) => {
    upstream.requests.push(await wire.message());
    wire.write(TRAILED);
  });
  const answer = await ask(gate.port, request('POST', '/m', ['TE: trailers', 'Connection: TE'], '{}'));
  expect(valuesOf(answer.headers, 'trailer')).toEqual(['X-Sum']);
  expect(answer.trailers).toEqual(['X-Sum', '42', 'X-Sum', '43']);
  expect(valuesOf(upstream.requests[0]?.headers ?? [], 'te')).toEqual(['trailers']);
  answer.wire.destroy();
});

test('trailers do not reach a client that has not asked for them', async () => {
  await start(async (wire) => {
    upstream.requests.push(await wire.message());
    wire.write(TRAILED);
  });
  const answer = await ask(gate.port, request('POST', '/m', [], '{}'));
  expect(answer.body.toString()).toBe('ok');
  expect(answer.trailers).toEqual([]);
  expect(valuesOf(answer.headers, 'trailer')).toEqual([]);
  expect(valuesOf(upstream.requests[0]?.headers ?? [], 'te')).toEqual([]);
  answer.wire.destroy();
});

test('trailers of a request reach the upstream', async () => {
  await start(async (wire) => {
    upstream.requests.push(await wire.message());
    wire.write(OK);
  });
  const answer = await ask(
    gate.port,
    'POST /m HTTP/1.1\r\nHost: a\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Sum: 42\r\n\r\n',
  );
  expect(statusOf(answer)).toBe(200);
  expect(upstream.requests[0]?.trailers).toEqual(['X-Sum', '42']);
  expect(valuesOf(upstream.requests[0]?.headers ?? [], 'trailer')).toEqual(['X-Sum']);
  answer.wire.destroy();
});

test('100 Continue comes once the request is let in, and the body after it', async () => {
  await start(async (wire) => {
    upstream.requests.push(await wire.message());
    wire.write(OK);
  });
  const client = await dial(gate.port);
  client.write('POST /m HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
  expect((await client.head()).startLine).toBe('HTTP/1.1 100 Continue');
  client.write('{}');
  expect(statusOf(await client.message())).toBe(200);
  expect(valuesOf(upstream.requests[0]?.headers ?? [], 'expect')).toEqual([]);
  client.destroy();
});

test('a request that is refused early gets no 100 Continue', async () => {
  await start(
    (wire) => wire.destroy(),
    { match: { paths: ['/m'], methods: null, host: null, headers: {} } },
    { bodyBytesMax: 10 },
  );
  for (const [path, length, status] of [
    ['/m', 11, 413],
    ['/elsewhere', 2, 404],
  ] as const) {
    const answer = await ask(
      gate.port,
      `POST ${path} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`,
    );
    expect(statusOf(answer)).toBe(status);
    answer.wire.destroy();
  }
  expect(upstream.wires).toEqual([]);
});

test('HTTP/1.0 gets no 100 Continue, whatever it expects', async () => {
  await start(async (wire) => {
    await wire.message();
    wire.write(OK);
  });
  const answer = await ask(gate.port, 'POST /m HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}');
  expect(statusOf(answer)).toBe(200);
  answer.wire.destroy();
});

const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.js>; rel=preload\r\n\r\n';

test('early hints are passed on before the answer, to those who speak HTTP/1.1', async () => {
  await start(async (wire) => {
    for (;;) {
      await wire.message();
      wire.write(HINTS + OK);
    }
  });
  const client = await dial(gate.port);
  client.write(request('POST', '/m', [], '{}'));
  const hints = await client.head();
  expect(statusOf(hints)).toBe(103);
  expect(valuesOf(hints.headers, 'link').join(', ')).toBe('</a.css>; rel=preload, </b.js>; rel=preload');
  expect(statusOf(await client.message())).toBe(200);
  client.destroy();
  const old = await ask(gate.port, 'GET /m HTTP/1.0\r\n\r\n');
  expect(statusOf(old)).toBe(200);
  old.wire.destroy();
});

test('102 Processing is swallowed, however often it comes', async () => {
  await start(async (wire) => {
    await wire.message();
    wire.write('HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n');
    wire.write(OK);
  });
  const answer = await ask(gate.port, request('POST', '/m', [], '{}'));
  expect(statusOf(answer)).toBe(200);
  answer.wire.destroy();
});

test('a 100 that nobody asked for is no news; only undici takes it for an invalid answer', async () => {
  await start(async (wire) => {
    await wire.message();
    wire.write(`HTTP/1.1 100 Continue\r\n\r\n${OK}`);
  });
  const held = await ask(gate.port, request('POST', '/m', [], '{}'));
  expect(statusOf(held)).toBe(FAST_LANE ? 200 : 502);
  expect(valuesOf(held.headers, 'headgate-error')).toEqual(FAST_LANE ? [] : ['upstream_invalid']);
  held.wire.destroy();
  const streamed = await dial(gate.port);
  streamed.write('POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{');
  await until(() => upstream.wires.length === 2, 'the streamed request');
  streamed.write('}');
  expect(statusOf(await streamed.message())).toBe(200);
  streamed.destroy();
});

test.each([
  ['with a length', 'Content-Length: 4\r\n\r\nwhoa'],
  ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nwhoa\r\n0\r\n\r\n'],
  ['to the end of the connection', '\r\nwhoa'],
])('an answer %s that overtakes its request arrives whole, and the connection is closed', async (_, rest) => {
  await start(async (wire) => {
    await wire.head();
    wire.write(`HTTP/1.1 429 Slow Down\r\n${rest}`);
    wire.end();
  });
  const client = await dial(gate.port);
  client.write(`POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: ${8 * 1024 * 1024}\r\n\r\n`);
  const piece = 'x'.repeat(64 * 1024);
  for (let i = 0; i < 16; i++) client.write(piece);
  const answer = await client.message();
  expect(statusOf(answer)).toBe(429);
  expect(answer.body.toString()).toBe('whoa');
  expect(valuesOf(answer.headers, 'connection')).toEqual(['close']);
  for (let i = 0; i < 16; i++) client.write(piece);
  expect(await client.over()).toBe('end');
  const [record] = await gate.records(1);
  expect(record).toMatchObject({ status: 429, failure: -1, responseBytes: 4 });
  client.destroy();
});
