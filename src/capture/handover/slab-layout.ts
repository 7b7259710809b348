// The binary form of one exchange record inside a slab. The writer and the reader are the same process and version, so there
// is no version number and no byte order: only what is fast on both sides. Slabs as a whole are slab.ts's business.
//
// One record, from an offset that is a multiple of 8:
//   6 float64   at, latencyMs, upstreamMs, propensity, requestBytes, responseBytes
//   16 int32    length of the record, serial, model, version, assigned, slot, status, failure, attempts, flags,
//               number of request-header strings, of response-header strings, held bytes of request, of response, epoch, rule
//   n int32     one per string, in the order written: byte length * 2, plus 1 where the string is UTF-16
//   bytes       the strings (latin1, or UTF-16 little-endian where a character does not fit), request, response, padding

import { type ExchangeRecord, REASONS, ROLES } from '../../model.ts';

const FLOATS = 6;
const INTS = 16;
const HEAD_BYTES = FLOATS * 8 + INTS * 4;
/** decisionId, unit, client, method, path, traceId, parentSpanId, spanId, callSpanId. */
const STRINGS = 9;
const FLAG_TRUNCATED = 1;
const FLAG_SAMPLED = 2;
const ROLE_SHIFT = 2;
const REASON_SHIFT = 4;

/** Three views of one buffer. */
export interface SlabViews {
  readonly bytes: Buffer;
  readonly floats: Float64Array;
  readonly ints: Int32Array;
}

export function viewSlab(buffer: ArrayBuffer): SlabViews {
  return { bytes: Buffer.from(buffer), floats: new Float64Array(buffer), ints: new Int32Array(buffer) };
}

/** Room that a record takes at most: every character counted twice, so that nothing has to be scanned. A multiple of 8. */
export function bytesAtMost(record: ExchangeRecord): number {
  let characters =
    record.decisionId.length +
    record.unit.length +
    record.client.length +
    record.method.length +
    record.path.length +
    record.traceId.length +
    record.parentSpanId.length +
    record.spanId.length +
    record.callSpanId.length;
  for (const text of record.requestHeaders) characters += text.length;
  for (const text of record.responseHeaders) characters += text.length;
  const strings = STRINGS + record.requestHeaders.length + record.responseHeaders.length;
  const bodies = lengthOf(record.request) + lengthOf(record.response);
  return (HEAD_BYTES + strings * 4 + characters * 2 + bodies + 7) & ~7;
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}

/** Write a record at `start`, where there is room for `bytesAtMost`. @returns the offset of the next one */
export function pack(views: SlabViews, start: number, record: ExchangeRecord): number {
  const { floats, ints, bytes } = views;
  const f = start / 8;
  floats[f] = record.at;
  floats[f + 1] = record.latencyMs;
  floats[f + 2] = record.upstreamMs;
  floats[f + 3] = record.propensity;
  floats[f + 4] = record.requestBytes;
  floats[f + 5] = record.responseBytes;

  const { requestHeaders, responseHeaders } = record;
  const n = start / 4 + FLOATS * 2;
  let length = n + INTS;
  let at = (length + STRINGS + requestHeaders.length + responseHeaders.length) * 4;
  const put = (text: string): void => {
    const narrow = putNarrow(bytes, at, text);
    if (!narrow) putWide(bytes, at, text);
    const taken = narrow ? text.length : text.length * 2;
    ints[length++] = taken * 2 + (narrow ? 0 : 1);
    at += taken;
  };
  put(record.decisionId);
  put(record.unit);
  put(record.client);
  put(record.method);
  put(record.path);
  put(record.traceId);
  put(record.parentSpanId);
  put(record.spanId);
  put(record.callSpanId);
  for (const text of requestHeaders) put(text);
  for (const text of responseHeaders) put(text);
  const requestAt = at;
  at = putPieces(bytes, at, record.request);
  const responseAt = at;
  at = putPieces(bytes, at, record.response);

  const end = (at + 7) & ~7;
  ints[n] = end - start;
  ints[n + 1] = record.serial;
  ints[n + 2] = record.model;
  ints[n + 3] = record.version;
  ints[n + 4] = record.assigned;
  ints[n + 5] = record.slot;
  ints[n + 6] = record.status;
  ints[n + 7] = record.failure;
  ints[n + 8] = record.attempts;
  ints[n + 9] =
    (record.truncated ? FLAG_TRUNCATED : 0) |
    (record.sampled ? FLAG_SAMPLED : 0) |
    (ROLES.indexOf(record.role) << ROLE_SHIFT) |
    (REASONS.indexOf(record.reason) << REASON_SHIFT);
  ints[n + 10] = requestHeaders.length;
  ints[n + 11] = responseHeaders.length;
  ints[n + 12] = responseAt - requestAt;
  ints[n + 13] = at - responseAt;
  ints[n + 14] = record.epoch;
  ints[n + 15] = record.rule;
  return end;
}

/** Write one string a byte a character. @returns false at the first character that does not fit */
function putNarrow(bytes: Uint8Array, start: number, text: string): boolean {
  const { length } = text;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) return false;
    bytes[start + i] = code;
  }
  return true;
}

/** UTF-16 keeps any JavaScript string as it is, lone surrogates included, and its size is known before it is written. */
function putWide(bytes: Uint8Array, start: number, text: string): void {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    bytes[start + i * 2] = code & 255;
    bytes[start + i * 2 + 1] = code >>> 8;
  }
}

function putPieces(bytes: Uint8Array, start: number, pieces: readonly Uint8Array[]): number {
  let at = start;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return at;
}

/**
 * The record at `start`. Its bodies are views of the slab.
 * @throws RangeError where the bytes are not those that `pack` made
 */
export function unpack(views: SlabViews, start: number, used: number): { record: ExchangeRecord; end: number } {
  const { floats, ints, bytes } = views;
  const f = start / 8;
  const n = start / 4 + FLOATS * 2;
  const total = intAt(ints, n);
  if (total < HEAD_BYTES || total % 8 !== 0 || start + total > used) {
    throw new RangeError(`slab: a record at byte ${start} of ${used} claims ${total} bytes`);
  }
  const requestStrings = intAt(ints, n + 10);
  const responseStrings = intAt(ints, n + 11);
  let length = n + INTS;
  let at = (length + STRINGS + requestStrings + responseStrings) * 4;
  const take = (): string => {
    const code = intAt(ints, length++);
    const from = at;
    at += code >>> 1;
    if (code === 0) return '';
    return (code & 1) === 0 ? bytes.toString('latin1', from, at) : bytes.toString('utf16le', from, at);
  };
  const takeList = (count: number): string[] => {
    const list: string[] = [];
    for (let i = 0; i < count; i++) list.push(take());
    return list;
  };
  const takeBody = (count: number): Uint8Array[] => {
    if (count === 0) return [];
    const from = at;
    at += count;
    return [bytes.subarray(from, at)];
  };
  const flags = intAt(ints, n + 9);
  // The order of the properties is the order of the bytes: each `take` moves on.
  const record: ExchangeRecord = {
    decisionId: take(),
    unit: take(),
    client: take(),
    method: take(),
    path: take(),
    traceId: take(),
    parentSpanId: take(),
    spanId: take(),
    callSpanId: take(),
    requestHeaders: takeList(requestStrings),
    responseHeaders: takeList(responseStrings),
    request: takeBody(intAt(ints, n + 12)),
    response: takeBody(intAt(ints, n + 13)),
    serial: intAt(ints, n + 1),
    model: intAt(ints, n + 2),
    version: intAt(ints, n + 3),
    assigned: intAt(ints, n + 4),
    slot: intAt(ints, n + 5),
    epoch: intAt(ints, n + 14),
    rule: intAt(ints, n + 15),
    status: intAt(ints, n + 6),
    failure: intAt(ints, n + 7),
    attempts: intAt(ints, n + 8),
    truncated: (flags & FLAG_TRUNCATED) !== 0,
    sampled: (flags & FLAG_SAMPLED) !== 0,
    role: ROLES[(flags >>> ROLE_SHIFT) & 3] ?? 'champion',
    reason: REASONS[(flags >>> REASON_SHIFT) & 15] ?? 'split',
    at: floats[f] as number,
    latencyMs: floats[f + 1] as number,
    upstreamMs: floats[f + 2] as number,
    propensity: floats[f + 3] as number,
    requestBytes: floats[f + 4] as number,
    responseBytes: floats[f + 5] as number,
  };
  return { record, end: start + total };
}

function intAt(ints: Int32Array, index: number): number {
  return ints[index] as number;
}
