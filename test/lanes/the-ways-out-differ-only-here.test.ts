import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Finish, Outcome, ScriptedUpstream, Way } from './ways-out.ts';
import { call, scriptedUpstream, turns, WAYS, wayOut } from './ways-out.ts';
import { waysOutAlike } from './ways-out-alike.ts';

let upstream: ScriptedUpstream;
let serial = 0;

beforeAll(async () => {
  upstream = await scriptedUpstream();
});
afterAll(() => upstream.close());

test('a call hears the same by our own sockets as by undici or node:http, and nothing of the call before', async () => {
  const { property, close } = await waysOutAlike();
  await fc.assert(property, { numRuns: 250 });
  await close();
});

async function heard(way: Way, answer: string | readonly string[], finish: Finish): Promise<Outcome> {
  const path = `/${++serial}`;
  upstream.script(path, { pieces: [answer].flat(), finish });
  const transport = wayOut(way, upstream.origin);
  const outcome = await call(transport, way, upstream, path);
  await transport.destroy();
  return outcome;
}

const LENGTH_2 = 'Content-Length: 2\r\n\r\nok';

/** What each way makes of it: its end. The first column is ours. */
const DIFFERENCES: readonly (readonly [
  what: string,
  answer: string | readonly string[],
  socket: string,
  undici: string,
  node: string,
])[] = [
  [
    'a 100 that nobody has asked for',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n${LENGTH_2}`,
    'ended',
    'upstream_invalid',
    'ended',
  ],
  [
    'a blank behind the length',
    'HTTP/1.1 200 OK\r\nContent-Length: 2 \r\n\r\nokx',
    'ended',
    'upstream_reset',
    'upstream_invalid',
  ],
  ['bytes behind an answer', `HTTP/1.1 200 OK\r\n${LENGTH_2}x`, 'ended', 'ended', 'upstream_invalid'],
  ['an empty line before the answer', `\r\nHTTP/1.1 200 OK\r\n${LENGTH_2}`, 'upstream_invalid', 'ended', 'ended'],
  ['HTTP/2.0 in clear text', `HTTP/2.0 200 OK\r\n${LENGTH_2}`, 'upstream_invalid', 'ended', 'ended'],
  [
    'a CR within the reason phrase',
    `HTTP/1.1 200 O\r\rK: a\r\n${LENGTH_2}`,
    'upstream_invalid',
    'ended',
    'upstream_invalid',
  ],
  [
    'a second coding',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    'upstream_invalid',
    'ended',
    'ended',
  ],
  [
    'chunks in HTTP/1.0',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    'upstream_invalid',
    'ended',
    'ended',
  ],
  [
    'a chunk size of 14 digits',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n00000000000002\r\nok\r\n0\r\n\r\n',
    'upstream_invalid',
    'ended',
    'ended',
  ],
];

test.each(DIFFERENCES)('%s', async (_, answer, ...ends) => {
  const outcomes = await Promise.all(WAYS.map((way) => heard(way, answer, 'end')));
  expect(outcomes.map(({ end }) => end)).toEqual(ends);
});

test('a reason phrase that comes in two packets is kept whole by us, and cut by undici', async () => {
  const answer = ['HTTP/1.1 200 All', ` is well\r\n${LENGTH_2}`];
  const texts = await Promise.all(WAYS.map(async (way) => (await heard(way, answer, 'open')).statusText));
  expect(texts).toEqual(['All is well', ' is well', 'All is well']);
});

test.each([
  ['noise', 'HELLO'],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['a bare LF', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok'],
  ['a control character', 'HTTP/1.1 200 OK\r\nX-A: a\x01'],
  ['a chunk that is longer than its size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc'],
  ['a chunk size that is none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx'],
])('%s is not waited for', async (_, answer) => {
  expect((await heard('socket', answer, 'open')).end).toBe('upstream_invalid');
});

test.each([
  ['a status with an exponent', 'HTTP/1.1 5e2 OK'],
  ['a status below 100', 'HTTP/1.1 099 OK'],
  ['a switch of protocols without Upgrade', 'HTTP/1.1 101 OK'],
  ['an interim answer that closes', 'HTTP/1.1 102 P\r\nConnection: close\r\n\r\nHTTP/1.1 200 OK'],
  ['interim answers without end', `${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(3000)}HTTP/1.1 200 OK`],
])('%s is invalid', async (_, head) => {
  expect((await heard('socket', `${head}\r\n${LENGTH_2}`, 'open')).end).toBe('upstream_invalid');
});

test('a second answer is no answer to the next call, whether it comes with the first or behind it', async () => {
  const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';
  for (const way of ['socket', 'undici'] as const) {
    for (const answer of [`HTTP/1.1 200 OK\r\n${LENGTH_2}${poison}`, [`HTTP/1.1 200 OK\r\n${LENGTH_2}`, poison]]) {
      const transport = wayOut(way, upstream.origin);
      const path = `/${++serial}`;
      upstream.script(path, { pieces: [answer].flat(), finish: 'open' });
      expect((await call(transport, way, upstream, path)).body).toBe('ok');
      await turns(4);
      expect(await call(transport, way, upstream, '/clean')).toMatchObject({ body: 'clean', end: 'ended' });
      await transport.destroy();
    }
  }
});
