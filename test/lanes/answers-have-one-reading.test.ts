import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AnswerHead, readAnswerHead } from '../../src/http/answer-head.ts';
import { ChunkedReader } from '../../src/http/chunked-reader.ts';
import { anyChunkedBody, anyHead } from './answer-bytes.ts';
import { readAnswer } from './in-memory.ts';
import { cuts, pieces } from './mutations.ts';

// Whatever our reader of answers takes, llhttp reads in the same way. Where ours is the stricter, the call fails: that is
// safe, and listed in the-ways-out-differ-only-here.test.ts.

const RUNS = Number(process.env['HEADGATE_TEST_HEADS'] ?? 3000);

function bodyFor({ frame }: AnswerHead): { wire: string; body: string } {
  switch (frame.kind) {
    case 'none':
      return { wire: '', body: '' };
    case 'length':
      return { wire: 'b'.repeat(frame.bytes), body: 'b'.repeat(frame.bytes) };
    case 'chunked':
      return { wire: '3\r\nabc\r\n0\r\n\r\n', body: 'abc' };
    case 'close':
      return { wire: 'to the end', body: 'to the end' };
  }
}

test('a head that is taken is read by llhttp in the same way', async () => {
  let taken = 0;
  let offered = 0;
  await fc.assert(
    fc.asyncProperty(anyHead, fc.constantFrom('POST', 'GET', 'HEAD'), async (text, method) => {
      const head = text.slice(0, text.indexOf('\r\n\r\n') + 4);
      offered++;
      const read = head.length < 4 ? 'none' : readAnswerHead(head, method);
      if (typeof read === 'string' || read.status < 200) return;
      if (read.frame.kind === 'length' && read.frame.bytes > 200_000) return;
      taken++;
      const { wire, body } = bodyFor(read);
      // llhttp refuses a tab after the coding, which RFC 9110 section 5.5 says is no part of the value.
      const forOracle = head.replace(/(chunked)[ \t]+\r/gi, '$1\r');
      const oracle = await readAnswer(forOracle + wire, method, read.frame.kind === 'close');
      expect(oracle).toEqual({
        status: read.status,
        statusText: read.statusText,
        rawHeaders: read.rawHeaders,
        body,
        trailers: [],
        // A connection may be closed without need, but never kept against llhttp's advice.
        keepAlive: read.keepAlive ? true : expect.any(Boolean),
      });
    }),
    { numRuns: RUNS },
  );
  expect(taken / offered).toBeGreaterThan(0.15);
});

interface Decoded {
  readonly body: string;
  readonly trailers: readonly string[];
  /** Bytes used. */
  readonly used: number;
}

/** @returns what is wrong, or null where it is incomplete */
function decode(parts: readonly string[]): Decoded | string | null {
  const reader = new ChunkedReader();
  let body = '';
  let trailers: readonly string[] = [];
  let used = 0;
  const sink = {
    data(chunk: Uint8Array) {
      body += Buffer.from(chunk).toString('latin1');
    },
    end(flat: readonly string[]) {
      trailers = flat;
    },
  };
  for (const part of parts) {
    const end = reader.read(Buffer.from(part, 'latin1'), 0, sink);
    if (typeof end === 'string') return end;
    used += end;
    if (reader.over) return { body, trailers, used };
  }
  return null;
}

test('a chunked body that is taken is read by llhttp in the same way, wherever it is cut', async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(anyChunkedBody, cuts, async (text, at) => {
      const decoded = decode([text]);
      expect(decode(pieces(text, at))).toEqual(decoded);
      if (typeof decoded === 'string' || decoded === null) return;
      taken++;
      const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
      const oracle = await readAnswer(head + text.slice(0, decoded.used), 'POST', false);
      expect({ body: oracle?.body, trailers: oracle?.trailers }).toEqual({
        body: decoded.body,
        trailers: decoded.trailers,
      });
      // Not a byte fewer would have been enough.
      expect(await readAnswer(head + text.slice(0, decoded.used - 1), 'POST', false)).toBeNull();
    }),
    { numRuns: RUNS },
  );
  expect(taken / RUNS).toBeGreaterThan(0.15);
});

test('a trailer full of blanks is read in a moment', () => {
  const before = performance.now();
  expect(decode([`0\r\nX-T: a${' '.repeat(60_000)}b\r\n\r\n`])).toMatchObject({ used: 60_014 });
  expect(performance.now() - before).toBeLessThan(200);
});

test.each([
  ['an endless size line', `5;${'x'.repeat(17_000)}`],
  ['endless trailers', `0\r\n${'X-T: 1\r\n'.repeat(9000)}`],
])('%s is refused', (_, text) => {
  expect(decode([text])).toBe('CHUNK_LINE_TOO_LONG');
  expect(decode(pieces(text, 'every'))).toBe('CHUNK_LINE_TOO_LONG');
});
