import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, startGate, version } from './gate-fixture.ts';
import type { RawUpstream } from './wire.ts';
import { answering, ask, dial, OK, request, statusOf, valuesOf } from './wire.ts';

let gate: TestGate;
let upstream: RawUpstream;

beforeAll(async () => {
  upstream = await answering(OK);
  gate = await startGate(
    plan([model([version('champion', upstream.url)])], {
      timeout: { headMs: 300, requestMs: 400, idleMs: 75_000, stallMs: 30_000 },
    }),
  );
});

afterAll(async () => {
  await gate.settled();
  await gate.close();
  await upstream.close();
});

const big = (count: number): string =>
  Array.from({ length: count }, (_, i) => `X-${i}: ${'v'.repeat(60)}\r\n`).join('');

const MALFORMED: readonly (readonly [string, string, number, string])[] = [
  ['no host', 'GET / HTTP/1.1\r\n\r\n', 400, 'bad_request'],
  ['an empty host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', 400, 'bad_request'],
  ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', 400, 'bad_request'],
  ['a host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 400, 'bad_request'],
  ['a host with a user', 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n', 400, 'bad_request'],
  ['a list of hosts', 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n', 400, 'bad_request'],
  [
    'a length and chunks',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'bad_request',
  ],
  [
    'chunks and a length',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n',
    400,
    'bad_request',
  ],
  [
    'two lengths',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd',
    400,
    'bad_request',
  ],
  [
    'the same length twice',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd',
    400,
    'bad_request',
  ],
  ['a list of lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\nabcd', 400, 'bad_request'],
  ['a signed length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nabcd', 400, 'bad_request'],
  [
    'another transfer coding',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    400,
    'bad_request',
  ],
  [
    'an unknown transfer coding',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    400,
    'bad_request',
  ],
  [
    'chunked twice',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'bad_request',
  ],
  [
    'chunks in HTTP/1.0',
    'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'bad_request',
  ],
  [
    'a chunk size that is none',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
    400,
    'bad_request',
  ],
  [
    'a chunk longer than its size',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n',
    400,
    'bad_request',
  ],
  ['a folded header', 'GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n folded\r\n\r\n', 400, 'bad_request'],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost: a\r\nX-A : 1\r\n\r\n', 400, 'bad_request'],
  ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: a\r\nX-A: a\x00b\r\n\r\n', 400, 'bad_request'],
  ['a bare CR in a header', 'GET / HTTP/1.1\r\nHost: a\r\nX-A: a\rb\r\n\r\n', 400, 'bad_request'],
  ['bare LF line ends', 'GET / HTTP/1.1\nHost: a\n\n', 400, 'bad_request'],
  ['a control character in the target', 'GET /a\x01b HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'bad_request'],
  ['bytes over ASCII in the target', 'GET /caf\xe9 HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'bad_request'],
  ['a fragment', 'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'bad_request'],
  ['dot segments', 'GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'bad_request'],
  ['encoded dot segments', 'GET /a/%2e%2E/b HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'bad_request'],
  ['half-encoded dot segments', 'GET /a/.%2e HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'bad_request'],
  ['a single dot', 'GET /a/./b HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'bad_request'],
  ['the asterisk', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'bad_request'],
  ['another host in absolute form', 'GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'bad_request'],
  ['another scheme in absolute form', 'GET ftp://a/x HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'bad_request'],
  ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', 400, 'bad_request'],
  ['an upgrade', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n', 400, 'bad_request'],
  ['an unknown method', 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'bad_request'],
  [
    'another expectation',
    'POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nContent-Length: 1\r\n\r\na',
    400,
    'bad_request',
  ],
  ['HTTP/2.0', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 400, 'bad_request'],
  ['HTTP/0.9', 'GET / HTTP/0.9\r\nHost: a\r\n\r\n', 400, 'bad_request'],
  ['noise', 'garbage\r\n\r\n', 400, 'bad_request'],
  ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'bad_request'],
  ['a head over the limit', `GET / HTTP/1.1\r\nHost: a\r\n${big(600)}\r\n`, 431, 'headers_too_large'],
  ['a target over the limit', `GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431, 'headers_too_large'],
  ['half a head', 'GET / HTTP/1.1\r\nHost: a\r\nX-', 408, 'client_timeout'],
  ['half a body', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc', 408, 'client_timeout'],
  [
    'half a chunked body',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    408,
    'client_timeout',
  ],
];

test.each(MALFORMED)('%s', async (_, bytes, status, code) => {
  const before = upstream.requests.length;
  const answer = await ask(gate.port, Buffer.from(bytes, 'latin1'));
  expect(statusOf(answer)).toBe(status);
  expect(valuesOf(answer.headers, 'content-type')).toEqual(['application/problem+json']);
  expect(valuesOf(answer.headers, 'headgate-error')).toEqual([code]);
  expect(valuesOf(answer.headers, 'connection')).toEqual(['close']);
  expect(JSON.parse(answer.body.toString())).toMatchObject({ type: `urn:headgate:${code}`, status, code });
  expect(await answer.wire.over()).toBe('end');
  expect(answer.wire.text).toBe('');
  answer.wire.destroy();
  // What a streamed body had begun is broken off; nothing else ever reached the upstream.
  expect(upstream.requests.length).toBe(before);
});

test('an offer of h2c is ignored', async () => {
  const answer = await ask(
    gate.port,
    request('GET', '/m', ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk']),
  );
  expect(statusOf(answer)).toBe(200);
  const { headers } = upstream.requests.at(-1) ?? { headers: [] };
  expect([...valuesOf(headers, 'upgrade'), ...valuesOf(headers, 'http2-settings')]).toEqual([]);
  answer.wire.destroy();
});

test('the absolute form of the same host goes on in origin form', async () => {
  const answer = await ask(gate.port, 'GET http://Models.Test/m?x=1 HTTP/1.1\r\nHost: models.test\r\n\r\n');
  expect(statusOf(answer)).toBe(200);
  expect(upstream.requests.at(-1)?.startLine).toBe('GET /m?x=1 HTTP/1.1');
  answer.wire.destroy();
});

test('targets that look odd and are not pass as they are', async () => {
  for (const target of [
    '//double//slash',
    '/a/..b/c',
    '/a/%2F/b',
    '/a/%252e/b',
    '/x?../..',
    '/a;b=c,d',
    "/~!$&'()*+",
  ]) {
    const answer = await ask(gate.port, request('GET', target));
    expect(statusOf(answer)).toBe(200);
    expect(upstream.requests.at(-1)?.startLine).toBe(`GET ${target} HTTP/1.1`);
    answer.wire.destroy();
  }
});

test('garbage after a good request does not spoil its answer', async () => {
  const client = await dial(gate.port);
  client.write(`${request('POST', '/m', [], '{}')}garbage\r\n\r\n`);
  const answer = await client.message();
  expect(statusOf(answer)).toBe(200);
  expect(answer.body.toString()).toBe('ok');
  expect(await client.over()).toBe('end');
  expect(client.text === '' || client.text.startsWith('HTTP/1.1 400 ')).toBe(true);
  client.destroy();
});

test('HTTP/1.0 without a host is served, and its connection closed', async () => {
  const answer = await ask(gate.port, 'POST /m HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}');
  expect(statusOf(answer)).toBe(200);
  expect(answer.body.toString()).toBe('ok');
  expect(await answer.wire.over()).toBe('end');
  const { headers } = upstream.requests.at(-1) ?? { headers: [] };
  expect(valuesOf(headers, 'forwarded')).toEqual(['for=127.0.0.1;proto=http']);
  expect(valuesOf(headers, 'x-forwarded-host')).toEqual([]);
  answer.wire.destroy();
});

test('HTTP/1.0 may keep its connection', async () => {
  const client = await dial(gate.port);
  for (let i = 0; i < 2; i++) {
    client.write('GET /m HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    const answer = await client.message();
    expect(statusOf(answer)).toBe(200);
    expect(valuesOf(answer.headers, 'connection')).toEqual(['keep-alive']);
  }
  client.destroy();
});

test('an idle kept-alive connection outlives the limit for heads', async () => {
  const client = await dial(gate.port);
  client.write(request('GET', '/m'));
  await client.message();
  // Longer than headMs and one round of node's own check for late heads.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  client.write(request('GET', '/m'));
  expect(statusOf(await client.message())).toBe(200);
  client.destroy();
});
