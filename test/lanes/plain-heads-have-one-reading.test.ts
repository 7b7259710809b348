import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { readPlainHead } from '../../src/http/plain-head.ts';
import { requestReader } from './in-memory.ts';
import { anyHead, FOLLOWING } from './request-bytes.ts';

// Whatever the fast lane takes, llhttp reads in the same way: the same method, target and headers, a body of the same length,
// and the same end of the connection. A difference here is a smuggled request.

const llhttp = requestReader();
afterAll(() => llhttp.close());

const BODY_BYTES_MAX = 50_000;

test('what is taken for plain is read by llhttp in the same way', async () => {
  let taken = 0;
  let offered = 0;
  await fc.assert(
    fc.asyncProperty(anyHead, async (text) => {
      // As the connection does: a head ends with the first empty line.
      const head = text.slice(0, text.indexOf('\r\n\r\n') + 4);
      offered++;
      const plain = head.length < 4 ? null : readPlainHead(head);
      if (plain === null || plain.bodyBytes > BODY_BYTES_MAX) return;
      taken++;
      const body = 'b'.repeat(plain.bodyBytes);
      // Nothing may follow a request that closes its connection.
      const [first, second, ...more] = await llhttp.read(`${head}${body}${plain.keepAlive ? FOLLOWING : ''}`);
      expect(first).toEqual({
        method: plain.method,
        target: plain.target,
        rawHeaders: plain.rawHeaders,
        body,
        keepAlive: plain.keepAlive,
      });
      expect(second?.target).toBe(plain.keepAlive ? '/m/length?following' : undefined);
      expect(more).toEqual([]);
    }),
    { numRuns: Number(process.env['HEADGATE_TEST_HEADS'] ?? 4000) },
  );
  // The property says something only where heads are taken.
  expect(taken / offered).toBeGreaterThan(0.15);
});

const PLAIN = 'POST /m?a=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nX-A:  b c \t\r\n\r\n';

test('a plain head, in full', () => {
  expect(readPlainHead(PLAIN)).toEqual({
    method: 'POST',
    target: '/m?a=1',
    rawHeaders: ['Host', 'a', 'Content-Length', '3', 'X-A', 'b c'],
    bodyBytes: 3,
    keepAlive: true,
  });
});

test.each([
  ['HTTP/1.0', PLAIN.replace('1.1', '1.0')],
  ['a lower-case method', PLAIN.replace('POST', 'post')],
  ['an unknown method', PLAIN.replace('POST', 'LINK')],
  ['two blanks', PLAIN.replace('POST ', 'POST  ')],
  ['a blank after the version', PLAIN.replace('1.1\r', '1.1 \r')],
  ['the absolute form', PLAIN.replace('/m', 'http://a/m')],
  ['a fragment', PLAIN.replace('?a=1', '#a')],
  ['bytes above ASCII in the target', PLAIN.replace('?a=1', '\xe9')],
  ['no host', PLAIN.replace('Host', 'Hos')],
  ['two hosts', PLAIN.replace('X-A', 'Host')],
  ['two lengths, alike', PLAIN.replace('X-A:  b c', 'Content-Length: 3')],
  ['a signed length', PLAIN.replace(': 3', ': +3')],
  ['a list of lengths', PLAIN.replace(': 3', ': 3, 3')],
  ['a hexadecimal length', PLAIN.replace(': 3', ': 0x3')],
  ['a length beyond counting', PLAIN.replace(': 3', `: ${'9'.repeat(16)}`)],
  ['an empty length', PLAIN.replace(': 3', ':')],
  ['a blank before a colon', PLAIN.replace('Length:', 'Length :')],
  ['folding', PLAIN.replace('b c', 'b\r\n c')],
  ['a bare CR', PLAIN.replace('b c', 'b\rc')],
  ['a bare LF', PLAIN.replace('b c', 'b\nc')],
  ['LF alone at the end of a line', PLAIN.replace('a\r\n', 'a\n')],
  ['a NUL', PLAIN.replace('b c', 'b\0c')],
  ['bytes above ASCII in a value', PLAIN.replace('b c', 'caf\xe9')],
  ['a line without a colon', PLAIN.replace('X-A:', 'X-A')],
  ['a line without a name', PLAIN.replace('X-A', '')],
  ['a line that begins with a blank', PLAIN.replace('X-A', ' X-A')],
  ['TE', PLAIN.replace('X-A:  b c', 'TE: trailers')],
  ['Expect', PLAIN.replace('X-A:  b c', 'Expect: 100-continue')],
  ['Upgrade', PLAIN.replace('X-A:  b c', 'Upgrade: h2c')],
  ['Trailer', PLAIN.replace('X-A:  b c', 'Trailer: X-T')],
  ['Keep-Alive', PLAIN.replace('X-A:  b c', 'Keep-Alive: timeout=5')],
  ['Transfer-Encoding', PLAIN.replace('X-A:  b c', 'Transfer-Encoding: chunked')],
  ['Transfer-Encoding in odd case', PLAIN.replace('X-A:  b c', 'tRANSFER-eNCODING: identity')],
  ['Connection with a list', PLAIN.replace('X-A:  b c', 'Connection: close, x-a')],
])('%s is left to the general lane', (_, text) => {
  expect(text).not.toBe(PLAIN);
  expect(readPlainHead(text)).toBeNull();
});
