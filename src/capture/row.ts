// One row of the decision record: its columns, and its form inside a frame of a segment. Which bodies a row may hold was
// decided before (keep.ts); this file only writes and reads.
//
//   payload  4  uint32 length of the columns
//            4  uint32 length of the request
//            n  columns: JSON in UTF-8, beginning with {"decision_id":
//            n  request, as held
//            n  response, as held: the rest

import { FAILURES } from '../errors.ts';
import { parseJson } from '../kernel/json.ts';
import type { ExchangeRecord } from '../model.ts';
import type { Table, Value } from '../protocols/protocol.ts';
import { FRAME_HEAD_BYTES, type Frame, sealFrame } from './segments/frame.ts';

/** Column -> a value per row; NaN and infinities are null here, as JSON has no word for them. */
export type Cells = Readonly<Record<string, readonly (Value | undefined)[]>>;

/** Columns of a row but for its sequence and its bodies. Times in ms, `at` since the Unix epoch; sizes in bytes. */
export interface RowColumns {
  readonly decision_id: string;
  readonly replica: string;
  readonly generation: string;
  readonly at: number;
  readonly model: string;
  readonly version: string;
  readonly assigned: string;
  readonly role: string;
  readonly unit: string;
  /** -1 where there was no unit: such a row is not sticky. */
  readonly slot: number;
  /** Of the allocation, as the lock counts them; 0 without a lock. */
  readonly epoch: number;
  readonly propensity: number;
  readonly reason: string;
  /** Index of the rule that held, in the configuration of `generation`; null where none did. */
  readonly rule: number | null;
  readonly client: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly error: string | null;
  readonly error_source: string | null;
  readonly latency_ms: number;
  readonly upstream_ms: number;
  readonly attempts: number;
  /** Rows of the request, or of the answer where the request could not be read; null where neither could. */
  readonly rows: number | null;
  readonly request_bytes: number;
  readonly response_bytes: number;
  readonly truncated: boolean;
  readonly features: Cells | null;
  readonly predictions: Cells | null;
  readonly sample_rate: number;
  readonly trace_id: string;
  /** Flat name, value, ... */
  readonly request_headers: readonly string[];
  readonly response_headers: readonly string[];
  readonly bodies: 'full' | 'features' | 'none';
  /** Bodies left out because they could not be redacted. */
  readonly withheld: readonly ('request' | 'response')[];
}

export interface CaptureRow extends RowColumns {
  readonly sequence: number;
  /** Bytes as held; null where the row was to have none. */
  readonly request: Uint8Array | null;
  readonly response: Uint8Array | null;
}

/** What of an exchange may be written. */
export interface Kept {
  readonly bodies: RowColumns['bodies'];
  readonly withheld: RowColumns['withheld'];
  readonly features: Table | null;
  readonly predictions: Table | null;
  readonly request: readonly Uint8Array[];
  readonly response: readonly Uint8Array[];
  readonly requestHeaders: readonly string[];
  readonly responseHeaders: readonly string[];
}

/** Names that the record's indices stand for. */
export interface RowNames {
  readonly replica: string;
  readonly generation: string;
  readonly model: string;
  readonly version: string;
  readonly assigned: string;
  readonly sampleRate: number;
}

const PAYLOAD_HEAD_BYTES = 8;

export function columnsOf(record: ExchangeRecord, names: RowNames, kept: Kept): RowColumns {
  const failure = FAILURES[record.failure];
  return {
    decision_id: record.decisionId,
    replica: names.replica,
    generation: names.generation,
    at: record.at,
    model: names.model,
    version: names.version,
    assigned: names.assigned,
    role: record.role,
    unit: record.unit,
    slot: record.slot,
    epoch: record.epoch,
    propensity: record.propensity,
    reason: record.reason,
    rule: record.rule < 0 ? null : record.rule,
    client: record.client,
    method: record.method,
    path: record.path,
    status: record.status,
    error: failure?.code ?? null,
    error_source: failure?.source ?? null,
    latency_ms: record.latencyMs,
    upstream_ms: record.upstreamMs,
    attempts: record.attempts,
    rows: kept.features?.rows ?? kept.predictions?.rows ?? null,
    request_bytes: record.requestBytes,
    response_bytes: record.responseBytes,
    truncated: record.truncated,
    features: cellsOf(kept.features),
    predictions: cellsOf(kept.predictions),
    sample_rate: names.sampleRate,
    trace_id: record.traceId,
    request_headers: kept.requestHeaders,
    response_headers: kept.responseHeaders,
    bodies: kept.bodies,
    withheld: kept.withheld,
  };
}

/** `fromEntries` defines, never assigns: a column called __proto__ stays a column. */
function cellsOf(table: Table | null): Cells | null {
  return table === null ? null : Object.fromEntries(table.columns.map(({ name, values }) => [name, values]));
}

/** Room that `putRow` needs at most. */
export function rowBytesAtMost(columns: string, kept: Kept): number {
  return FRAME_HEAD_BYTES + PAYLOAD_HEAD_BYTES + columns.length * 3 + lengthOf(kept.request) + lengthOf(kept.response);
}

/** Write a row as a frame at `offset`. @param columns JSON of RowColumns @returns the frame's end */
export function putRow(bytes: Buffer, offset: number, sequence: number, columns: string, kept: Kept): number {
  const start = offset + FRAME_HEAD_BYTES;
  const columnsBytes = bytes.write(columns, start + PAYLOAD_HEAD_BYTES, 'utf8');
  const requestAt = start + PAYLOAD_HEAD_BYTES + columnsBytes;
  const responseAt = putPieces(bytes, requestAt, kept.request);
  const end = putPieces(bytes, responseAt, kept.response);
  bytes.writeUInt32LE(columnsBytes, start);
  bytes.writeUInt32LE(responseAt - requestAt, start + 4);
  return sealFrame(bytes, offset, end - start, sequence);
}

/** The three parts of a row, as views of its payload: the JSON of its columns, and its bodies. */
export function rowParts(payload: Buffer): Readonly<Record<'columns' | 'request' | 'response', Buffer>> {
  const requestAt = PAYLOAD_HEAD_BYTES + payload.readUInt32LE(0);
  const responseAt = requestAt + payload.readUInt32LE(4);
  return {
    columns: payload.subarray(PAYLOAD_HEAD_BYTES, requestAt),
    request: payload.subarray(requestAt, responseAt),
    response: payload.subarray(responseAt),
  };
}

/** @throws where the payload is no row */
export function rowOf({ payload, sequence }: Frame): CaptureRow {
  const parts = rowParts(payload);
  // The checksum vouches for the bytes, and this version of the layout for their form.
  const columns = parseJson(parts.columns.toString('utf8')) as RowColumns;
  const body = (side: 'request' | 'response', bytes: Uint8Array): Uint8Array | null =>
    columns.bodies !== 'full' || columns.withheld.includes(side) ? null : bytes;
  return {
    ...columns,
    sequence,
    request: body('request', parts.request),
    response: body('response', parts.response),
  };
}

/** Name of the model, of a frame that holds a row. */
export function modelOf(frame: Frame): string {
  return rowOf(frame).model;
}

/** Bytes that every row of this decision has at `ROW_ID_AT` of its payload. */
export function rowIdBytes(decisionId: string): Buffer {
  return Buffer.from(`{"decision_id":${JSON.stringify(decisionId)},`, 'utf8');
}

export const ROW_ID_AT = PAYLOAD_HEAD_BYTES;

function putPieces(bytes: Buffer, offset: number, pieces: readonly Uint8Array[]): number {
  let at = offset;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return at;
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}
