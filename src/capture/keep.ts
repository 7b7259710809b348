// What of an exchange may go to disk, after `capture.bodies`, `capture.redact` and `capture.hash`. Where values are masked, features
// and predictions are read again from the masked bodies, so that nothing slips out through a column.

import type { ModelPlan } from '../config/plan.ts';
import type { ExchangeRecord } from '../model.ts';
import type { Payload, Reading, Table } from '../protocols/protocol.ts';
import { protocolOf } from '../protocols/registry.ts';
import { type Masks, maskedHeaders, masksOf } from './masks.ts';
import { payloadOf } from './payload.ts';
import { readOptionsOf } from './read-options.ts';
import { type Redacted, redact } from './redact.ts';
import type { Kept } from './row.ts';

/** What the protocol read from the bodies as they came; null where it could not. */
export interface Decoded {
  readonly features: Table | null;
  readonly predictions: Table | null;
}

const NOTHING: readonly never[] = [];
const HEADER_LENGTH = 'inference-header-content-length';
/** Describe bytes that redaction writes anew. */
const DESCRIBE_BYTES: ReadonlySet<string> = new Set(['content-encoding', 'content-length', HEADER_LENGTH]);

export function keep(record: ExchangeRecord, model: ModelPlan, decoded: Decoded): Kept {
  const { bodies } = model.capture;
  const masks = masksOf(model.capture);
  if (masks !== null && masks.pointers.length > 0 && bodies !== 'none') return redacted(record, model, masks);
  const base = {
    bodies,
    withheld: NOTHING,
    requestHeaders: masks === null ? record.requestHeaders : maskedHeaders(record.requestHeaders, masks),
    responseHeaders: masks === null ? record.responseHeaders : maskedHeaders(record.responseHeaders, masks),
  };
  if (bodies === 'none') return { ...base, features: null, predictions: null, request: NOTHING, response: NOTHING };
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
export function readRedacted(record: ExchangeRecord, model: ModelPlan, masks: Masks): Decoded {
  const { features, predictions } = redacted(record, model, masks);
  return { features, predictions };
}

/** Of a record as it came from its slab: it is masked once, for the disk and for those who show values. */
const known = new WeakMap<ExchangeRecord, { readonly masks: Masks; readonly kept: Kept }>();

function redacted(record: ExchangeRecord, model: ModelPlan, masks: Masks): Kept {
  const found = known.get(record);
  if (found?.masks === masks) return found.kept;
  const kept = made(record, model, masks);
  known.set(record, { masks, kept });
  return kept;
}

function made(record: ExchangeRecord, model: ModelPlan, masks: Masks): Kept {
  const { bodies } = model.capture;
  const request = redactWhole(record.request, record.requestHeaders, record.requestBytes, masks);
  const response = redactWhole(record.response, record.responseHeaders, record.responseBytes, masks);
  const requestHeaders = described(record.requestHeaders, request, masks);
  const responseHeaders = described(record.responseHeaders, response, masks);
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
    request: full && request !== undefined ? [request.bytes] : NOTHING,
    response: full && response !== undefined ? [response.bytes] : NOTHING,
    requestHeaders,
    responseHeaders,
  };
}

/** A body of which only the first part is held might parse all the same. */
function redactWhole(
  pieces: readonly Uint8Array[],
  headers: readonly string[],
  bytes: number,
  { pointers }: Masks,
): Redacted | undefined {
  const payload = payloadOf(pieces, headers);
  return payload.bytes.length === bytes ? redact(payload, pointers) : undefined;
}

function tableOf(
  body: Redacted | undefined,
  headers: readonly string[],
  read: (payload: Payload) => Reading,
): Table | null {
  if (body === undefined) return null;
  const reading = read(payloadOf([body.bytes], headers));
  return reading.kind === 'table' ? reading.table : null;
}

/** The headers that fit the body as it is written now. */
function described(flat: readonly string[], body: Redacted | undefined, masks: Masks): readonly string[] {
  const left = maskedHeaders(flat, masks).filter((_, i) => !DESCRIBE_BYTES.has(flat[i - (i % 2)] ?? ''));
  return body === undefined || body.jsonBytes === null ? left : [...left, HEADER_LENGTH, String(body.jsonBytes)];
}
