// Requests as a client might send them: plain ones, ones that only the general lane takes, and ones that nobody should.

import fc from 'fast-check';
import { blank, chunked, chunking, mutated, token, value } from './mutations.ts';

export interface RequestBytes {
  readonly head: string;
  readonly body: string;
}

const method = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'PUT', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS') },
  { weight: 1, arbitrary: fc.constantFrom('PURGE', 'BREW', 'post', 'CONNECT', 'TRACE', 'G\tET', '') },
);

/** The last segment says how the recording upstream answers. */
const WAYS = [
  'length',
  'length',
  'length',
  'empty',
  'chunked',
  'trailers',
  'nothing',
  'same',
  'long',
  'closed',
  'hint',
  // An upstream that answers before the body, with too few bytes, with too many, twice, or resets what it had kept.
  'early',
  'short',
  'over',
  'twice',
  'stale',
];

/**
 * The text, with an upstream that keeps its word on how its connection goes on. Where it does not, a request right behind may meet
 * the end of that connection, or not; where it answers early, a fault further on in the request may be seen before or not: that is
 * chance in either lane.
 */
export const tame = (text: string): string => text.replaceAll(/\/m\/(?:early|short|over|twice|stale)\b/g, '/m/length');

const plainTarget = fc
  .tuple(fc.constantFrom(...WAYS), fc.stringMatching(/^[\x21\x22\x24-\x7e]{0,12}$/))
  .map(([way, query]) => `/m/${way}?${query}`);

const target = fc.oneof(
  { weight: 12, arbitrary: plainTarget },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '*',
      '/',
      'http://models.test/m/length',
      'http://other.test/m/length',
      '/m/length#fragment',
      '/m/../length',
      '/m/%2e%2E/length',
      '/m/caf\xe9',
      '/m/a b',
      'm/length',
      '//m//length',
      '/healthz',
      '/m/\x7f',
    ),
  },
);

const version = fc.oneof(
  { weight: 20, arbitrary: fc.constant('HTTP/1.1') },
  { weight: 1, arbitrary: fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/1.2', 'http/1.1', 'HTTP/1.1 ') },
);

const plainHeader = fc.tuple(token, blank, value, fc.constantFrom('', '', '', ' ', '\t')).map((parts) => {
  const [name, before, text, after] = parts;
  return `X${name}:${before}${text}${after}`;
});

const ODD = [
  'TE: trailers',
  'Expect: 100-continue',
  'Expect: 200-ok',
  'Upgrade: h2c',
  'Upgrade: websocket',
  'Connection: close',
  'Connection: keep-alive',
  'CONNECTION: CLOSE',
  'Connection: x-a',
  'Connection: close, x-a',
  'Connection: content-length',
  'Connection:',
  'Keep-Alive: timeout=5',
  'Proxy-Connection: keep-alive',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding : chunked',
  'Transfer_Encoding: chunked',
  'Content-Length: 3',
  'Content-Length: +3',
  'Content-Length: 3, 3',
  'Content-Length: 03',
  'Content-Length: 0x3',
  'Content-Length:',
  'Content-Length : 3',
  'Content_Length: 3',
  'Host: models.test',
  'Host: other.test',
  'Host: a/b',
  'X-A: 1\r\n folded',
  'X-A: 1\nX-B: 2',
  'X-A: 1\rX-B: 2',
  ' X-A: 1',
  'X-A',
  ': 1',
  'Trailer: X-T',
  'headgate-decision: my-own',
  'headgate-decision: not\tmine',
  'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  'tracestate: a=b',
  'Forwarded: for=1.2.3.4',
  'x-forwarded-for: 1.2.3.4',
  'account-id: u1',
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
  { weight: 1, arbitrary: fc.constantFrom('{"inputs":[]}', 'GET /m/length HTTP/1.1\r\nHost: smuggled\r\n\r\n') },
  { weight: 1, arbitrary: fc.integer({ min: 1000, max: 30_000 }).map((n) => 'b'.repeat(n)) },
);

const host = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('Host: models.test', 'host:models.test:8080', 'HOST: [::1]:80') },
  { weight: 1, arbitrary: fc.constantFrom('', 'Host:', 'Host: a b', 'Host: u@a') },
);

type Framing = 'length' | 'chunked' | 'none' | 'both';

/** A request that follows the grammar; what it asks for may be odd. */
export const request: fc.Arbitrary<RequestBytes> = fc
  .record({
    method,
    target,
    version,
    host,
    headers,
    body,
    chunking,
    framing: fc.constantFrom<Framing>('length', 'length', 'length', 'length', 'length', 'none', 'chunked', 'both'),
    hostAt: fc.nat(3),
  })
  .map((parts) => {
    const lines = parts.headers.slice();
    if (parts.host !== '') lines.splice(parts.hostAt, 0, parts.host);
    const bodyless = parts.framing === 'none' || (parts.method === 'GET' && parts.body.length > 20);
    if (!bodyless && parts.framing !== 'chunked') lines.push(`Content-Length: ${parts.body.length}`);
    if (parts.framing === 'chunked' || parts.framing === 'both') lines.push('Transfer-Encoding: chunked');
    return {
      head: `${[`${parts.method} ${parts.target} ${parts.version}`, ...lines].join('\r\n')}\r\n\r\n`,
      body: bodyless
        ? ''
        : parts.framing === 'length'
          ? parts.body
          : chunked(parts.body, parts.chunking.sizes, parts.chunking),
    };
  });

export const anyHead: fc.Arbitrary<string> = fc.oneof(
  { weight: 1, arbitrary: request.map(({ head }) => head) },
  { weight: 2, arbitrary: mutated(request.map(({ head }) => head)) },
);

/** Two requests in a row, the second of which shows whether the first was read to its end and no further. */
export const FOLLOWING = 'GET /m/length?following HTTP/1.1\r\nHost: models.test\r\n\r\n';
