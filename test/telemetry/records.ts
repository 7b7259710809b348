// Exchange records for the tests of this room.

import type { ExchangeRecord } from '../../src/model.ts';

export const NAMES = { model: 'credit-default', version: 'boosted', assigned: 'boosted' };

export function record(facts: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    serial: 1,
    model: 0,
    version: 1,
    assigned: 1,
    role: 'challenger',
    reason: 'split',
    slot: 1234,
    epoch: 0,
    rule: -1,
    propensity: 0.1,
    decisionId: '018f0000-0000-7000-8000-000000000001',
    unit: 'acct-secret',
    client: '127.0.0.1',
    method: 'POST',
    path: '/v2/models/credit-default/infer?token=hunter2',
    status: 200,
    failure: -1,
    at: 1_700_000_000_000,
    latencyMs: 12.5,
    upstreamMs: 10.25,
    attempts: 1,
    requestBytes: 300,
    responseBytes: 80,
    truncated: false,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    parentSpanId: 'b7ad6b7169203331',
    spanId: '00f067aa0ba902b7',
    callSpanId: '53995c3f42cd8ad8',
    sampled: true,
    requestHeaders: ['authorization', 'Bearer hunter2'],
    responseHeaders: [],
    request: [new TextEncoder().encode('hunter2')],
    response: [new TextEncoder().encode('hunter2')],
    ...facts,
  };
}
