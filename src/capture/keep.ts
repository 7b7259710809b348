// What of an exchange may go to disk, after `capture.bodies` and `capture.redact`. Where values are redacted, features and
// predictions are read again from the redacted bodies, so that nothing slips out through a column.

import type { ModelPlan } from '../config/plan.ts';
import type { ExchangeRecord } from '../model.ts';
import type { Payload, Reading, Table } from '../protocols/protocol.ts';
import { protocolOf } from '../protocols/registry.ts';
import { payloadOf } from './payload.ts';
import { readOptionsOf } from './read-options.ts';
import { redact } from './redact.ts';
import type { Kept } from './row.ts';

/** What the protocol read from the bodies as they came; null where it could not. */
export interface Decoded {
  readonly features: Table | null;
  readonly predictions: Table | null;
}

const NOTHING: readonly never[] = [];
/** Describe bytes that redaction writes anew. */
const DESCRIBE_BYTES: ReadonlySet<string> = new Set(['content-encoding', 'content-length']);

export function keep(record: ExchangeRecord, model: ModelPlan, decoded: Decoded): Kept {
  const { bodies, redact: pointers } = model.capture;
  const { requestHeaders, responseHeaders } = record;
  const base = { bodies, withheld: NOTHING, requestHeaders, responseHeaders };
  if (bodies === 'none') return { ...base, features: null, predictions: null, request: NOTHING, response: NOTHING };
  if (pointers.length > 0) return redacted(record, model);
  const full = bodies === 'full';
  return {
    ...base,
    features: decoded.features,
    predictions: decoded.predictions,
    request: full ? record.request : NOTHING,
    response: full ? record.response : NOTHING,
  };
}

/** What the protocol reads from the bodies after redaction; null where it cannot, and where nothing could be redacted. */
export function readRedacted(record: ExchangeRecord, model: ModelPlan): Decoded {
  const { features, predictions } = redacted(record, model);
  return { features, predictions };
}

function redacted(record: ExchangeRecord, model: ModelPlan): Kept {
  const { bodies, redact: pointers } = model.capture;
  const requestHeaders = withoutDescription(record.requestHeaders);
  const responseHeaders = withoutDescription(record.responseHeaders);
  const request = redact(payloadOf(record.request, record.requestHeaders), pointers);
  const response = redact(payloadOf(record.response, record.responseHeaders), pointers);
  const protocol = protocolOf(model.protocol);
  const full = bodies === 'full';
  return {
    bodies,
    withheld: [
      ...(request === undefined ? (['request'] as const) : NOTHING),
      ...(response === undefined ? (['response'] as const) : NOTHING),
    ],
    features: tableOf(request, requestHeaders, (payload) => protocol.readRequest(payload, readOptionsOf(model))),
    predictions: tableOf(response, responseHeaders, (payload) => protocol.readResponse(payload)),
    request: full && request !== undefined ? [request] : NOTHING,
    response: full && response !== undefined ? [response] : NOTHING,
    requestHeaders,
    responseHeaders,
  };
}

function tableOf(
  bytes: Uint8Array | undefined,
  headers: readonly string[],
  read: (payload: Payload) => Reading,
): Table | null {
  if (bytes === undefined) return null;
  const reading = read(payloadOf([bytes], headers));
  return reading.kind === 'table' ? reading.table : null;
}

function withoutDescription(flat: readonly string[]): readonly string[] {
  return flat.filter((_, i) => !DESCRIBE_BYTES.has(flat[i - (i % 2)] ?? ''));
}
