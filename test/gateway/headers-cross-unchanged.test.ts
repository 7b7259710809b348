import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, startGate, version } from './gate-fixture.ts';
import type { Message, RawUpstream } from './wire.ts';
import { answering, ask, dial, OK, request, statusOf, valuesOf } from './wire.ts';

let gate: TestGate;
let upstream: RawUpstream;
let answer: string | Uint8Array = OK;

beforeAll(async () => {
  upstream = await answering(() => answer);
  gate = await startGate(plan([model([version('champion', upstream.url)])]));
});

afterAll(async () => {
  await gate.settled();
  await gate.close();
  await upstream.close();
});

async function through(
  headers: readonly string[],
  reply: string | Uint8Array = OK,
): Promise<{ up: readonly string[]; down: readonly string[]; message: Message }> {
  answer = reply;
  const message = await ask(gate.port, request('POST', '/m', headers, '{}'));
  message.wire.destroy();
  return { up: upstream.requests.at(-1)?.headers ?? [], down: message.headers, message };
}

/** What is left of flat headers without some names. */
function without(headers: readonly string[], names: readonly string[]): string[] {
  return headers.filter((_, i) => !names.includes(headers[i - (i % 2)]?.toLowerCase() ?? ''));
}

const ADDED_UP = [
  'host',
  'connection',
  'content-length',
  'headgate-decision',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'traceparent',
];
const ADDED_DOWN = ['headgate-decision', 'headgate-version', 'connection', 'keep-alive'];

test('duplicates keep their order and their case on the way up', async () => {
  const sent = ['X-B', '1', 'x-a', '2', 'X-B', '3', 'Accept', 'a/b', 'ACCEPT', 'c/d', 'Cookie', 'a=1', 'Cookie', 'b=2'];
  const { up } = await through(sent.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${sent[i + 1]}`] : [])));
  expect(without(up, ADDED_UP)).toEqual(sent);
});

test('duplicates keep their order and their case on the way down, Set-Cookie among them', async () => {
  const sent = ['Set-Cookie', 'a=1; Path=/', 'X-B', '1', 'set-cookie', 'b=2', 'x-b', '2', 'Vary', 'a', 'Vary', 'b'];
  const lines = sent.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${sent[i + 1]}\r\n`] : [])).join('');
  const { down } = await through([], `HTTP/1.1 200 OK\r\n${lines}Content-Length: 2\r\n\r\nok`);
  expect(without(down, ADDED_DOWN)).toEqual([...sent, 'Content-Length', '2']);
});

test('an answer without Date gets none, one with Date keeps it', async () => {
  expect(valuesOf((await through([])).down, 'date')).toEqual([]);
  const dated = 'HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n';
  expect(valuesOf((await through([], dated)).down, 'date')).toEqual(['Thu, 01 Jan 1970 00:00:00 GMT']);
});

test.each([
  ['latin1', Buffer.from('caf\xe9 \xff\xa0\x80', 'latin1')],
  ['UTF-8', Buffer.from('Zoë 東京 🙂', 'utf8')],
])('%s bytes of values stay the same bytes', async (_, bytes) => {
  const text = bytes.toString('latin1');
  const { up } = await through([`X-Name: ${text}`]);
  expect(Buffer.from(valuesOf(up, 'x-name')[0] ?? '', 'latin1')).toEqual(bytes);
  const { down } = await through(
    [],
    Buffer.from(`HTTP/1.1 200 OK\r\nX-Name: ${text}\r\nContent-Length: 0\r\n\r\n`, 'latin1'),
  );
  expect(Buffer.from(valuesOf(down, 'x-name')[0] ?? '', 'latin1')).toEqual(bytes);
});

test.each(['Custom Phrase', '', 'Zo\xc3\xab'])('reason phrase %j comes back', async (phrase) => {
  const { message } = await through([], Buffer.from(`HTTP/1.1 299 ${phrase}\r\nContent-Length: 0\r\n\r\n`, 'latin1'));
  expect(message.startLine).toBe(`HTTP/1.1 299 ${phrase}`);
});

test('hop-by-hop headers and those that Connection names stay on their hop, both ways', async () => {
  const { up } = await through([
    'Connection: keep-alive, X-Hop',
    'Connection: x-other',
    'X-Hop: 1',
    'x-OTHER: 2',
    'Keep-Alive: timeout=9',
    'Proxy-Connection: keep-alive',
    'Proxy-Authorization: Basic eA==',
    'TE: gzip',
    'X-Kept: 3',
  ]);
  expect(without(up, ADDED_UP)).toEqual(['X-Kept', '3']);
  const { down } = await through(
    [],
    'HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nX-Kept: 3\r\nContent-Length: 2\r\n\r\nok',
  );
  expect(without(down, ADDED_DOWN)).toEqual(['X-Kept', '3', 'Content-Length', '2']);
});

test.each([
  'content-length',
  'Host',
  'authorization',
  'traceparent',
  'headgate-decision',
  'x-forwarded-for',
  'Forwarded',
  'content-type',
])('Connection may not name %s', async (name) => {
  const before = upstream.requests.length;
  const { message } = await through([`Connection: close, ${name}`, 'Content-Type: text/plain']);
  expect(statusOf(message)).toBe(400);
  expect(valuesOf(message.headers, 'headgate-error')).toEqual(['bad_request']);
  expect(upstream.requests.length).toBe(before);
});

test('an upstream cannot strip with Connection what frames its answer or what the gate adds', async () => {
  const { down, message } = await through(
    [],
    'HTTP/1.1 200 OK\r\nConnection: content-length, content-type, content-encoding, headgate-version\r\nContent-Type: a/b\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok',
  );
  expect(valuesOf(down, 'content-type')).toEqual(['a/b']);
  expect(valuesOf(down, 'content-encoding')).toEqual(['gzip']);
  expect(valuesOf(down, 'headgate-version')).toEqual(['champion']);
  expect(message.body.toString()).toBe('ok');
});

test('names that only the gate may set are not taken from either side', async () => {
  const { up, down } = await through(
    ['Headgate-Shadow: x', 'Headgate-Version: x', 'Headgate-Error: x'],
    'HTTP/1.1 200 OK\r\nHeadgate-Version: fake\r\nHeadgate-Error: overloaded\r\nHeadgate-Decision: fake\r\nContent-Length: 2\r\n\r\nok',
  );
  expect(without(up, ADDED_UP)).toEqual([]);
  expect(valuesOf(down, 'headgate-version')).toEqual(['champion']);
  expect(valuesOf(down, 'headgate-error')).toEqual([]);
  expect(valuesOf(down, 'headgate-decision')[0]).toMatch(/^[0-9a-f-]{36}$/);
});

test('forwarding headers are extended, not replaced', async () => {
  const fresh = (await through([])).up;
  expect(valuesOf(fresh, 'forwarded')).toEqual(['for=127.0.0.1;host=models.test;proto=http']);
  expect(valuesOf(fresh, 'x-forwarded-for')).toEqual(['127.0.0.1']);
  expect(valuesOf(fresh, 'x-forwarded-host')).toEqual(['models.test']);
  expect(valuesOf(fresh, 'x-forwarded-proto')).toEqual(['http']);
  const { up } = await through([
    'Forwarded: for=1.2.3.4',
    'Forwarded: for="[::1]"',
    'X-Forwarded-For: 1.2.3.4',
    'X-Forwarded-For: 5.6.7.8',
    'X-Forwarded-Host: outer.test',
    'X-Forwarded-Proto: https',
  ]);
  expect(valuesOf(up, 'forwarded')).toEqual(['for=1.2.3.4, for="[::1]", for=127.0.0.1;host=models.test;proto=http']);
  expect(valuesOf(up, 'x-forwarded-for')).toEqual(['1.2.3.4, 5.6.7.8, 127.0.0.1']);
  expect(valuesOf(up, 'x-forwarded-host')).toEqual(['outer.test']);
  expect(valuesOf(up, 'x-forwarded-proto')).toEqual(['https']);
  expect(valuesOf(up, 'host')).toEqual([new URL(upstream.url).host]);
});

test('the trace is continued upstream, and started where there is none', async () => {
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const { up } = await through([`traceparent: ${parent}`, 'tracestate: a=1', 'tracestate: b=2']);
  const [sent = ''] = valuesOf(up, 'traceparent');
  expect(sent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
  expect(sent).not.toBe(parent);
  expect(valuesOf(up, 'tracestate')).toEqual(['a=1,b=2']);
  expect(valuesOf((await through([])).up, 'traceparent')).toEqual([
    expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/),
  ]);
});

test("a decision's own id is taken, returned and sent; a bad one is refused", async () => {
  const { up, down } = await through(['Headgate-Decision: order/17']);
  expect(valuesOf(up, 'headgate-decision')).toEqual(['order/17']);
  expect(valuesOf(down, 'headgate-decision')).toEqual(['order/17']);
  for (const bad of [['a b'], ['x'.repeat(129)], ['caf\xe9'], ['a', 'b']]) {
    const { message } = await through(bad.map((id) => `Headgate-Decision: ${id}`));
    expect(statusOf(message)).toBe(400);
  }
  expect(statusOf((await through([`Headgate-Decision: ${'x'.repeat(128)}`])).message)).toBe(200);
});

test('more headers than node counts by itself are none too many', async () => {
  const many = Array.from({ length: 2500 }, (_, i) => `h${i}: ${i}`);
  const { up } = await through(many);
  expect(without(up, ADDED_UP).length).toBe(5000);
});

test('content codings pass untouched, and none is asked for', async () => {
  const coded = Buffer.from([0x1f, 0x8b, 0, 255, 1, 2, 3]);
  const head = Buffer.from('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\n');
  const { up, message } = await through([], Buffer.concat([head, coded]));
  expect(valuesOf(up, 'accept-encoding')).toEqual([]);
  expect(valuesOf(message.headers, 'content-encoding')).toEqual(['gzip']);
  expect(message.body).toEqual(coded);
});

test('two requests on one connection, sent at once, are answered in order', async () => {
  answer = OK;
  const client = await dial(gate.port);
  client.write(
    request('POST', '/m', ['Headgate-Decision: first'], 'a') +
      request('POST', '/m', ['Headgate-Decision: second'], 'b'),
  );
  expect(valuesOf((await client.message()).headers, 'headgate-decision')).toEqual(['first']);
  expect(valuesOf((await client.message()).headers, 'headgate-decision')).toEqual(['second']);
  client.destroy();
});
