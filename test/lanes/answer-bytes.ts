// Answers as an upstream might send them: well-formed ones in every framing, odd ones, and ones that are wrong.

import fc from 'fast-check';
import { blank, chunked, chunking, mutated, token, value } from './mutations.ts';

export interface AnswerBytes {
  /** Interim heads and what else comes before the final one. */
  readonly before: string;
  readonly head: string;
  readonly body: string;
  /** What comes after the body: nothing, if all is well. */
  readonly after: string;
}

const statusLine = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom('HTTP/1.1 200 OK', 'HTTP/1.1 422 Unprocessable Content', 'HTTP/1.1 503 Busy'),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'HTTP/1.0 200 OK',
      'HTTP/1.1 204 No Content',
      'HTTP/1.1 304 Not Modified',
      'HTTP/1.1 200',
      'HTTP/1.1 200 ',
      'HTTP/1.1 299 caf\xe9 au lait',
      'HTTP/1.1 999 Odd',
      'HTTP/1.1 205 Reset Content',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'HTTP/1.1 5e2 OK',
      'HTTP/1.1 1e2 OK',
      'HTTP/1.1 0x9 OK',
      'HTTP/1.1 099 Low',
      'HTTP/1.1 2000 OK',
      'HTTP/1.1 20 OK',
      'HTTP/1.1  200 OK',
      'HTTP/1.1\t200 OK',
      'HTTP/1.2 200 OK',
      'HTTP/2.0 200 OK',
      'http/1.1 200 OK',
      'HTTP/1.1 200\tOK',
      'HTTP/1.1 200OK',
      'HTTP/1.1 101 Switching Protocols',
      'ICY 200 OK',
      'HTTP/1.1 200 a\rb',
      '\r\nHTTP/1.1 200 OK',
    ),
  },
);

const plainHeader = fc.tuple(token, blank, value, fc.constantFrom('', '', '', ' ', '\t')).map((parts) => {
  const [name, before, text, after] = parts;
  return `X${name}:${before}${text}${after}`;
});

const ODD = [
  'Connection: close',
  'Connection: keep-alive',
  'connection: Close, X-A',
  'Connection: x-close',
  'Keep-Alive: timeout=5, max=10',
  'Keep-Alive: timeout=0',
  'Content-Length: 3',
  'Content-Length: +3',
  'Content-Length: 3, 3',
  'Content-Length: 03',
  'Content-Length: 0x3',
  'Content-Length:',
  'Content-Length : 3',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: Chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, gzip',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding:',
  'Upgrade: h2c',
  'Trailer: X-T',
  'Date: Thu, 01 Jan 1970 00:00:00 GMT',
  'Set-Cookie: a=1',
  'Set-Cookie: b=2',
  'headgate-error: internal',
  'headgate-version: other',
  'X-A: 1\r\n folded',
  'X-A: 1\nX-B: 2',
  'X-A: 1\rX-B: 2',
  ' X-A: 1',
  'X-A',
  ': 1',
  'X A: 1',
] as const;

const headers = fc
  .tuple(
    fc.array(plainHeader, { maxLength: 4 }),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 2, arbitrary: fc.array(fc.constantFrom(...ODD), { maxLength: 2 }) },
    ),
  )
  .map(([plain, odd]) => [...plain, ...odd]);

const body = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1')) },
  { weight: 1, arbitrary: fc.constant('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison') },
  { weight: 1, arbitrary: fc.integer({ min: 1000, max: 100_000 }).map((n) => 'a'.repeat(n)) },
);

const INTERIM = [
  '',
  '',
  '',
  '',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n',
  'HTTP/1.1 102 P\r\n\r\n',
];

type Framing = 'length' | 'chunked' | 'close' | 'short' | 'long';
const FRAMINGS: readonly Framing[] = ['length', 'length', 'length', 'chunked', 'chunked', 'close', 'short', 'long'];

export const answer: fc.Arbitrary<AnswerBytes> = fc
  .record({
    before: fc.constantFrom(...INTERIM),
    statusLine,
    headers,
    body,
    chunking,
    framing: fc.constantFrom(...FRAMINGS),
    after: fc.constantFrom('', '', '', '', '', '', 'x', '\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'),
  })
  .map((parts) => {
    const { framing } = parts;
    const declared = parts.body.length + (framing === 'short' ? 7 : framing === 'long' ? -3 : 0);
    const lines = parts.headers.slice();
    if (framing === 'chunked') lines.push('Transfer-Encoding: chunked');
    else if (framing !== 'close') lines.push(`Content-Length: ${Math.max(0, declared)}`);
    const bodyless = / (?:1\d\d|204|304)\b/.test(parts.statusLine);
    return {
      before: parts.before,
      head: `${[parts.statusLine, ...lines].join('\r\n')}\r\n\r\n`,
      body: bodyless
        ? ''
        : framing === 'chunked'
          ? chunked(parts.body, parts.chunking.sizes, parts.chunking)
          : parts.body,
      after: parts.after,
    };
  });

const whole = ({ before, head, body: bytes, after }: AnswerBytes): string => before + head + bytes + after;

export const anyAnswer: fc.Arbitrary<string> = fc.oneof(
  { weight: 1, arbitrary: answer.map(whole) },
  { weight: 2, arbitrary: mutated(answer.map(whole)) },
);

export const anyHead: fc.Arbitrary<string> = fc.oneof(
  { weight: 1, arbitrary: answer.map(({ head }) => head) },
  { weight: 2, arbitrary: mutated(answer.map(({ head }) => head)) },
);

const chunkedBody = fc.tuple(body, chunking).map(([bytes, how]) => chunked(bytes.slice(0, 300), how.sizes, how));

export const anyChunkedBody: fc.Arbitrary<string> = fc.oneof(
  { weight: 1, arbitrary: chunkedBody },
  { weight: 2, arbitrary: mutated(chunkedBody) },
);
