import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPlainHead } from '../../src/http/plain-head.ts';
import { plainHeadsAlike } from './heads-alike.ts';

const RUNS = 4000;

test('what is taken for plain is read by llhttp in the same way', async () => {
  const { property, taken, close } = await plainHeadsAlike();
  await fc.assert(property, { numRuns: RUNS });
  expect(taken()).toBeGreaterThan(RUNS * 0.15);
  await close();
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
