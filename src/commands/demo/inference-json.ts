// Payments and probabilities as Open Inference Protocol (V2) JSON: what the demo's callers send and its model servers read.
// One tensor a column, one row a request. The gate reads the same bodies with its own codec.

import type { DemoVersion, Payment } from './fraud-model.ts';
import { DEMO_MODEL } from './fraud-model.ts';

const DATATYPES = {
  amount: 'FP64',
  merchant_category: 'BYTES',
  hour: 'INT64',
  distance_km: 'FP64',
  country: 'BYTES',
  account_age_days: 'INT64',
  payments_24h: 'INT64',
  card_present: 'BOOL',
} as const satisfies Record<keyof Payment, string>;

export const COLUMNS = Object.keys(DATATYPES) as readonly (keyof Payment)[];

export function inferRequest(payment: Payment): string {
  return JSON.stringify({
    inputs: COLUMNS.map((name) => ({ name, shape: [1, 1], datatype: DATATYPES[name], data: [payment[name]] })),
  });
}

/** @returns the payment in the body, or what is wrong with it, in words for the caller */
export function readInferRequest(body: string): { readonly payment: Payment } | { readonly problem: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return { problem: 'the body is not JSON' };
  }
  const inputs = (parsed as { inputs?: unknown } | null)?.inputs;
  if (!Array.isArray(inputs)) return { problem: 'inputs: an array of tensors is expected' };
  const values = new Map<unknown, unknown>();
  for (const input of inputs as { name?: unknown; data?: unknown }[]) {
    values.set(input?.name, Array.isArray(input?.data) ? input.data[0] : undefined);
  }
  const number = (name: keyof Payment): number => Number(values.get(name) ?? Number.NaN);
  const text = (name: keyof Payment): string => String(values.get(name) ?? '');
  const payment: Payment = {
    amount: number('amount'),
    merchant_category: text('merchant_category'),
    hour: number('hour'),
    distance_km: number('distance_km'),
    country: text('country'),
    account_age_days: number('account_age_days'),
    payments_24h: number('payments_24h'),
    card_present: values.get('card_present') === true,
  };
  const bad = COLUMNS.find((name) => Number.isNaN(payment[name]));
  return bad === undefined ? { payment } : { problem: `${bad}: a number is expected` };
}

/** About one payment in fifty. */
const DECLINED_FROM = 0.2;

export function inferResponse(version: DemoVersion, probability: number): string {
  const rounded = Number(probability.toFixed(6));
  return JSON.stringify({
    model_name: DEMO_MODEL,
    model_version: version,
    outputs: [
      { name: 'fraud_probability', shape: [1, 1], datatype: 'FP64', data: [rounded] },
      { name: 'approved', shape: [1, 1], datatype: 'BOOL', data: [rounded < DECLINED_FROM] },
    ],
  });
}
