// Bodies as captured, for the codec tests.

import type { Payload, Reading, Value } from '../../src/protocols/protocol.ts';

export function jsonPayload(body: unknown, headers: Readonly<Record<string, string>> = {}): Payload {
  return textPayload(JSON.stringify(body), { 'content-type': 'application/json', ...headers });
}

export function textPayload(text: string, headers: Readonly<Record<string, string>> = {}): Payload {
  return { bytes: new Uint8Array(Buffer.from(text)), headers };
}

/** A table as a plain object of columns, or the reason there is none. */
export function columnsOf(reading: Reading): Readonly<Record<string, readonly (Value | undefined)[]>> | string {
  if (reading.kind === 'unreadable') return reading.why;
  return Object.fromEntries(reading.table.columns.map(({ name, values }) => [name, [...values]]));
}

export const NO_FEATURES = { features: {} };
