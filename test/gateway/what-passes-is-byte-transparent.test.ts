import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, startGate, version } from './gate-fixture.ts';
import type { Message, RawUpstream } from './wire.ts';
import { ask, rawUpstream, statusOf } from './wire.ts';

// Whatever a client and an upstream can say to each other directly, they can say through the gate: random requests and
// answers, once without the gate and once with it, compared byte for byte but for the headers that the gate documents.

let gate: TestGate;
let upstream: RawUpstream;
let answer: Buffer = Buffer.alloc(0);
let closes = false;

beforeAll(async () => {
  upstream = await rawUpstream(async (wire, self) => {
    for (;;) {
      await wire.until(
        () => wire.buffer.length > 0 || wire.ended !== 'no',
        () => 'a request',
        60_000,
      );
      if (wire.ended !== 'no') return;
      self.requests.push(await wire.message());
      wire.write(answer);
      if (closes) {
        wire.end();
        return;
      }
    }
  });
  gate = await startGate(plan([model([version('champion', upstream.url)])], { bodyBytesHeld: 2000 }));
});

afterAll(async () => {
  await gate.settled();
  await gate.close();
  await upstream.close();
});

const RUNS = Number(process.env.HEADGATE_TEST_TRANSPARENCY_RUNS ?? 150);

const RESERVED = new Set([
  ...['host', 'connection', 'keep-alive', 'te', 'trailer', 'upgrade', 'expect', 'content-length', 'transfer-encoding'],
  ...['forwarded', 'traceparent', 'tracestate', 'http2-settings', 'set-cookie', 'cookie', 'date'],
]);
const ADDED = new Set([
  ...[
    'host',
    'connection',
    'keep-alive',
    'content-length',
    'transfer-encoding',
    'headgate-decision',
    'headgate-version',
  ],
  ...['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'traceparent'],
]);

const token = fc
  .string({ unit: fc.constantFrom(..."abcXYZ019-_.!#$%&'*+^`|~"), minLength: 1, maxLength: 24 })
  .filter((name) => !RESERVED.has(name.toLowerCase()) && !/^(?:headgate|proxy|x-forwarded)-/i.test(name));
const byte = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 33, max: 126 }) },
  { weight: 1, arbitrary: fc.constantFrom(32, 9) },
  { weight: 2, arbitrary: fc.integer({ min: 128, max: 255 }) },
);
const value = fc.array(byte, { maxLength: 40 }).map((bytes) =>
  Buffer.from(bytes)
    .toString('latin1')
    .replace(/^[ \t]+|[ \t]+$/g, ''),
);
const headers = fc.array(fc.tuple(token, value), { maxLength: 12 });
/** Sizes on both sides of what is held; the bytes follow from the size. */
const body = fc.oneof(fc.nat({ max: 200 }), fc.integer({ min: 1500, max: 9000 }));
const bytesOf = (size: number): Uint8Array => new Uint8Array(size).map((_, i) => (i * 31 + size) & 255);
const framing = fc.constantFrom('length', 'chunked', 'close');
const target = fc
  .array(fc.string({ unit: fc.constantFrom(..."abz09-_~!$&'()*+,;=:@%"), maxLength: 8 }), { maxLength: 4 })
  .map((segments) => `/${segments.join('/')}`)
  .chain((path) =>
    fc
      .option(fc.string({ unit: fc.constantFrom(...'abz09-=&?/%.+'), maxLength: 20 }), { nil: null })
      .map((query) => (query === null ? path : `${path}?${query}`)),
  );

function message(
  start: string,
  pairs: readonly (readonly [string, string])[],
  payload: Uint8Array,
  how: string,
  piece: number,
): Buffer {
  const lines = pairs.map(([name, text]) => `${name}: ${text}\r\n`).join('');
  const content = Buffer.from(payload);
  if (how === 'length')
    return Buffer.concat([
      Buffer.from(`${start}\r\n${lines}Content-Length: ${content.length}\r\n\r\n`, 'latin1'),
      content,
    ]);
  if (how === 'close') return Buffer.concat([Buffer.from(`${start}\r\n${lines}\r\n`, 'latin1'), content]);
  const chunks: Buffer[] = [Buffer.from(`${start}\r\n${lines}Transfer-Encoding: chunked\r\n\r\n`, 'latin1')];
  for (let at = 0; at < content.length; at += piece) {
    const part = content.subarray(at, at + piece);
    chunks.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}

/** What of a message the gate must not touch. */
function kept({ headers: flat, body: payload }: Message): { readonly headers: string[]; readonly body: string } {
  return {
    headers: flat.filter((_, i) => !ADDED.has(flat[i - (i % 2)]?.toLowerCase() ?? '')),
    body: payload.toString('latin1'),
  };
}

test('requests and answers pass as they are', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        method: fc.constantFrom('POST', 'PUT', 'PATCH', 'GET', 'DELETE'),
        target,
        up: headers,
        sent: body,
        upFraming: fc.constantFrom('length', 'chunked'),
        status: fc.oneof(
          fc.constantFrom(200, 201, 207, 299, 302, 404, 418, 500, 503, 599),
          fc.integer({ min: 400, max: 599 }),
        ),
        phrase: fc.string({ unit: fc.constantFrom(...'abc XYZ-'), maxLength: 12 }).map((text) => text.trim()),
        down: headers,
        returned: body,
        downFraming: framing,
        piece: fc.integer({ min: 1, max: 4000 }),
      }),
      async (c) => {
        answer = message(
          `HTTP/1.1 ${c.status} ${c.phrase}`,
          c.down,
          bytesOf(c.returned),
          c.downFraming,
          Math.max(c.piece, 50),
        );
        closes = c.downFraming === 'close';
        const bytes = message(
          `${c.method} ${c.target} HTTP/1.1`,
          [['Host', 'models.test'], ...c.up],
          bytesOf(c.sent),
          c.upFraming,
          Math.max(c.piece, 50),
        );
        const direct = await ask(upstream.port, bytes);
        const directRequest = upstream.requests.pop();
        const gated = await ask(gate.port, bytes);
        const gatedRequest = upstream.requests.pop();
        direct.wire.destroy();
        gated.wire.destroy();
        if (directRequest === undefined || gatedRequest === undefined) throw new Error('a request got lost');
        expect(gatedRequest.startLine).toBe(directRequest.startLine);
        expect(kept(gatedRequest)).toEqual(kept(directRequest));
        // Where an upstream sends no reason phrase, the usual one is put in: it means nothing (RFC 9112 section 4).
        if (c.phrase === '') expect(statusOf(gated)).toBe(c.status);
        else expect(gated.startLine).toBe(direct.startLine);
        expect(kept(gated)).toEqual(kept(direct));
      },
    ),
    { numRuns: RUNS },
  );
}, 120_000);
