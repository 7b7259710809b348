// A captured call as CloudEvents 1.0, with the types and extension attributes of KServe's payload logger (kserve, pkg/logger:
// worker.go, handler.go), so that what reads those can read these: a request and a response with one id, bodies as data.
// Three things are better said here: a response has its own content type and status, and bodies have no content coding.

import type { CloudEventsSinkPlan } from '../../config/plan.ts';
import { decodeBody } from '../../protocols/decode-body.ts';
import type { CaptureRow } from '../row.ts';

export interface CloudEvent {
  /** Context attributes but for specversion and datacontenttype, in order. */
  readonly attributes: readonly (readonly [string, string])[];
  readonly contentType: string | null;
  /** null: the record has no body. */
  readonly data: Uint8Array | null;
}

const TYPES = {
  request: 'org.kubeflow.serving.inference.request',
  response: 'org.kubeflow.serving.inference.response',
} as const;

/** KServe knows `default` and `canary`. */
const ENDPOINTS: Readonly<Record<string, string>> = { champion: 'default', challenger: 'canary', shadow: 'shadow' };

/** The events of one call, the request first. A call without an answer has no response. */
export function cloudEventsOf(
  row: CaptureRow,
  { events, namespace }: Pick<CloudEventsSinkPlan, 'events' | 'namespace'>,
): CloudEvent[] {
  const sides = (['request', 'response'] as const).filter(
    (side) => (events === 'all' || events === side) && (side === 'request' || row.status > 0),
  );
  return sides.map((side) => eventOf(row, side, namespace));
}

function eventOf(row: CaptureRow, side: 'request' | 'response', namespace: string): CloudEvent {
  const isResponse = side === 'response';
  const headers = headersOf(isResponse ? row.response_headers : row.request_headers);
  const { data, coding } = dataOf(row[side], headers);
  const at = isResponse ? row.at + row.latency_ms : row.at;
  return {
    attributes: [
      ['id', row.decision_id],
      ['source', `urn:headgate:${row.model}:${row.version}`],
      ['type', TYPES[side]],
      ['time', new Date(at).toISOString()],
      ['inferenceservicename', row.model],
      ['namespace', namespace],
      ['component', 'predictor'],
      ['endpoint', ENDPOINTS[row.role] ?? row.role],
      ['metadata', metadataOf(row.request_headers)],
      ['modelversion', row.version],
      ...(row.unit === '' ? [] : [['unit', row.unit] as const]),
      ...(isResponse ? [['status', String(row.status)] as const] : []),
      ...(coding === null ? [] : [['contentencoding', coding] as const]),
    ],
    contentType: data === null ? null : (headers['content-type']?.at(-1) ?? 'application/octet-stream'),
    data,
  };
}

/** Without its content coding; as it came, and with the coding's name, where that cannot be undone. */
function dataOf(bytes: Uint8Array | null, headers: Readonly<Record<string, readonly string[]>>) {
  const coding = headers['content-encoding']?.join(', ') ?? null;
  if (bytes === null || coding === null) return { data: bytes, coding: null };
  try {
    return { data: decodeBody({ bytes, headers: { 'content-encoding': coding } }), coding: null };
  } catch {
    return { data: bytes, coding };
  }
}

/** JSON of name -> values, as KServe has it. */
function metadataOf(flat: readonly string[]): string {
  return JSON.stringify(headersOf(flat));
}

function headersOf(flat: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = Object.create(null);
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = flat[i] ?? '';
    headers[name] = [...(headers[name] ?? []), flat[i + 1] ?? ''];
  }
  return headers;
}

/** Headers of binary mode (HTTP binding 3.1.3). */
export function binaryHeaders({ attributes, contentType }: CloudEvent): Record<string, string> {
  const headers: Record<string, string> = { 'ce-specversion': '1.0' };
  for (const [name, value] of attributes) headers[`ce-${name}`] = headerText(value);
  if (contentType !== null) headers['content-type'] = contentType;
  return headers;
}

/**
 * Percent-encoded where a header could not carry it, and `%` itself. Quotes and blanks stay, as KServe's logger sends them: its
 * readers take `metadata` for JSON as it stands, and whoever decodes finds nothing to decode in them.
 */
function headerText(value: string): string {
  return value.replace(/%|[^\x20-\x7e]+|^ | $/gu, (part) => encodeURIComponent(part.toWellFormed()));
}

/** The JSON format (section 2 of it), for a batch. JSON data stands in it digit for digit, other data as base64. */
export function eventJson({ attributes, contentType, data }: CloudEvent): string {
  const named: (readonly [string, unknown])[] = [['specversion', '1.0'], ...attributes];
  if (contentType !== null) named.push(['datacontenttype', contentType]);
  const head = JSON.stringify(Object.fromEntries(named.map(([name, value]) => [name, typed(name, value)])));
  if (data === null) return head;
  const text = isJson(contentType) ? jsonText(data) : null;
  const last = text === null ? `"data_base64":"${Buffer.from(data).toString('base64')}"` : `"data":${text}`;
  return `${head.slice(0, -1)},${last}}`;
}

/** An integer is one in JSON, and text in headers. */
function typed(name: string, value: unknown): unknown {
  return name === 'status' ? Number(value) : value;
}

function isJson(contentType: string | null): boolean {
  return contentType !== null && /^[^;]*[/+]json\s*(?:;|$)/i.test(contentType);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function jsonText(data: Uint8Array): string | null {
  try {
    const text = utf8.decode(data);
    JSON.parse(text);
    return text;
  } catch {
    return null;
  }
}
