// Exchange records for tests: a plain one, and arbitrary ones for properties.

import fc from 'fast-check';
import { type ExchangeRecord, REASONS, ROLES } from '../../src/model.ts';

const PLAIN: ExchangeRecord = {
  serial: 1,
  model: 0,
  version: 0,
  assigned: 0,
  role: 'champion',
  reason: 'split',
  slot: 4711,
  epoch: 0,
  rule: -1,
  propensity: 0.9,
  decisionId: '01890a5d-ac96-774b-bcce-b302099a8057',
  unit: 'acct-1',
  client: '127.0.0.1',
  method: 'POST',
  path: '/v2/models/credit-default/infer',
  status: 200,
  failure: -1,
  at: 1_700_000_000_000.25,
  latencyMs: 3.5,
  upstreamMs: 3.25,
  attempts: 1,
  requestBytes: 2,
  responseBytes: 2,
  truncated: false,
  traceId: '0af7651916cd43dd8448eb211c80319c',
  parentSpanId: '',
  spanId: 'b7ad6b7169203331',
  callSpanId: '00f067aa0ba902b7',
  sampled: true,
  requestHeaders: ['content-type', 'application/json'],
  responseHeaders: ['content-type', 'application/json'],
  request: [],
  response: [],
};

export function exchange(changes: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return { ...PLAIN, ...changes };
}

/** Held bytes of a body from JSON text, with the true lengths that belong to them. */
export function bodies(request: string, response: string): Partial<ExchangeRecord> {
  const requestBytes = Buffer.from(request);
  const responseBytes = Buffer.from(response);
  return {
    request: [requestBytes],
    response: [responseBytes],
    requestBytes: requestBytes.length,
    responseBytes: responseBytes.length,
  };
}

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const float = fc.double({ noNaN: true });
const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
const text = fc.oneof(
  latin1,
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
  fc.nat({ max: 5000 }).map((length) => 'x'.repeat(length)),
);
const pieces = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 3 });

export const arbitraryRecord: fc.Arbitrary<ExchangeRecord> = fc.record({
  serial: int32,
  model: int32,
  version: int32,
  assigned: int32,
  role: fc.constantFrom(...ROLES),
  reason: fc.constantFrom(...REASONS),
  slot: int32,
  epoch: int32,
  rule: int32,
  propensity: float,
  decisionId: text,
  unit: text,
  client: text,
  method: text,
  path: text,
  status: int32,
  failure: int32,
  at: float,
  latencyMs: float,
  upstreamMs: float,
  attempts: int32,
  requestBytes: float,
  responseBytes: float,
  truncated: fc.boolean(),
  traceId: text,
  parentSpanId: text,
  spanId: text,
  callSpanId: text,
  sampled: fc.boolean(),
  requestHeaders: fc.array(text, { maxLength: 8 }),
  responseHeaders: fc.array(text, { maxLength: 8 }),
  request: pieces,
  response: pieces,
});
