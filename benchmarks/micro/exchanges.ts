// Exchanges as the monitor gets them, for the micro benchmarks: what the gateway would hand over for the workload of all
// benchmarks (four features), and for a card holder's 23 features, one tensor each. Every decision has its primary and a shadow.

import { createSlabWriter, readSlab, type SlabMessage } from '../../src/capture/handover/slab.ts';
import type { ExchangeRecord } from '../../src/model.ts';
import { answerBody, requestBody, TARGET, unitName } from '../workload.ts';

const AT = 1_700_000_000_000;

export interface Bodies {
  readonly request: string;
  readonly response: string;
}

export interface Subject {
  readonly name: string;
  readonly features: number;
  bodies(index: number): Bodies;
}

/** The workload of `npm run bench`. */
export const BENCH: Subject = {
  name: 'bench',
  features: 4,
  bodies: (index) => ({ request: requestBody(index), response: answerBody('champion') }),
};

const MONEY = ['LIMIT_BAL', 'BILL_AMT', 'PAY_AMT'];
const CARD_COLUMNS = [
  ...['LIMIT_BAL', 'SEX', 'EDUCATION', 'MARRIAGE', 'AGE', 'PAY_0', 'PAY_2', 'PAY_3', 'PAY_4', 'PAY_5', 'PAY_6'],
  ...[1, 2, 3, 4, 5, 6].map((month) => `BILL_AMT${month}`),
  ...[1, 2, 3, 4, 5, 6].map((month) => `PAY_AMT${month}`),
];

/** A card holder of the credit-default model as its clients send one: a request of some 1,500 bytes, and MLServer's answer. */
const card: Subject = {
  name: 'card',
  features: CARD_COLUMNS.length,
  bodies(index) {
    const inputs = CARD_COLUMNS.map((name, column) => {
      const isMoney = MONEY.some((stem) => name.startsWith(stem));
      const value = isMoney
        ? ((index * 7919 + column * 104_729) % 100_000) - 500
        : ((index * 31 + column * 17) % 11) - 2;
      return { name, shape: [1, 1], datatype: isMoney ? 'FP64' : 'INT64', data: [value] };
    });
    const output = { name: 'predict', shape: [1, 1], datatype: 'INT64', parameters: { content_type: 'np' } };
    const answer = { model_name: 'credit-default', id: `row-${index}`, parameters: {} };
    return {
      request: JSON.stringify({ id: `row-${index}`, parameters: { content_type: 'pd' }, inputs }),
      response: JSON.stringify({ ...answer, outputs: [{ ...output, data: [index % 2] }] }),
    };
  },
};

export const SUBJECTS: readonly Subject[] = [BENCH, card];

/** @returns primary, shadow, primary, ... of so many decisions, read back from slabs: bodies are views of them */
export function recordsOf(subject: Subject, decisions: number): readonly ExchangeRecord[] {
  const slabs: SlabMessage[] = [];
  const writer = createSlabWriter({ post: (message) => slabs.push(message), slabsMax: 1024 });
  for (let i = 0; i < decisions; i++) {
    writer.write(exchange(subject, i, 'champion'));
    writer.write(exchange(subject, i, 'shadow'));
  }
  writer.flush();
  const records: ExchangeRecord[] = [];
  for (const { buffer, used } of slabs) readSlab(buffer, used, (record) => records.push(record));
  return records;
}

export function exchange(subject: Subject, index: number, role: 'champion' | 'shadow'): ExchangeRecord {
  const bodies = subject.bodies(index);
  const request = Buffer.from(bodies.request);
  const response = Buffer.from(bodies.response);
  const version = role === 'shadow' ? 1 : 0;
  return {
    serial: 1,
    model: 0,
    version,
    assigned: version,
    role,
    reason: 'split',
    slot: 4711,
    epoch: 1,
    rule: -1,
    propensity: 0.9,
    decisionId: `018f4d7e-6c1a-7b3c-9d2e-${String(index).padStart(12, '0')}`,
    unit: unitName(index),
    client: '127.0.0.1',
    method: 'POST',
    path: TARGET,
    status: 200,
    failure: -1,
    at: AT + 0.25,
    latencyMs: 1.5,
    upstreamMs: 1.25,
    attempts: 1,
    requestBytes: request.length,
    responseBytes: response.length,
    truncated: false,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    parentSpanId: '',
    spanId: 'b7ad6b7169203331',
    callSpanId: '00f067aa0ba902b7',
    sampled: false,
    requestHeaders: ['content-type', 'application/json'],
    responseHeaders: ['content-type', 'application/json'],
    request: [request],
    response: [response],
  };
}
