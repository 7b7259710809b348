// What a span says of a call, in the words of OpenTelemetry's semantic conventions for HTTP, and in Headgate's own under
// `headgate.`. No query string, no unit, no header: nothing that could hold a secret.

import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_PATH,
} from '@opentelemetry/semantic-conventions';
import { FAILURES } from '../errors.ts';
import type { ExchangeRecord } from '../model.ts';

/** Names behind the indices of a record, and where the version stands. */
export interface SpanNames {
  readonly model: string;
  readonly version: string;
  readonly assigned: string;
  /** scheme://host:port where the version has one endpoint; null where it has several. */
  readonly origin: string | null;
}

/** The methods that the conventions know; any other is `_OTHER`, so that callers cannot invent values. */
const METHODS: ReadonlySet<string> = new Set('CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '));

export function serverAttributes(record: ExchangeRecord, names: SpanNames): Attributes {
  return { ...common(record, names), [ATTR_CLIENT_ADDRESS]: record.client };
}

export function callAttributes(record: ExchangeRecord, names: SpanNames): Attributes {
  const attributes = common(record, names);
  if (record.attempts > 1) attributes[ATTR_HTTP_REQUEST_RESEND_COUNT] = record.attempts - 1;
  if (names.origin !== null && URL.canParse(names.origin)) {
    const { hostname, port, protocol } = new URL(names.origin);
    attributes[ATTR_SERVER_ADDRESS] = hostname;
    attributes[ATTR_SERVER_PORT] = port !== '' ? Number(port) : protocol === 'https:' ? 443 : 80;
  }
  return attributes;
}

function common(record: ExchangeRecord, names: SpanNames): Attributes {
  const { method, path, status, failure } = record;
  const query = path.indexOf('?');
  const attributes: Attributes = {
    [ATTR_URL_PATH]: query < 0 ? path : path.slice(0, query),
    'headgate.decision': record.decisionId,
    'headgate.model': names.model,
    'headgate.version': names.version,
    'headgate.assigned': names.assigned,
    'headgate.role': record.role,
    'headgate.reason': record.reason,
    'headgate.slot': record.slot,
    'headgate.attempts': record.attempts,
  };
  if (METHODS.has(method)) attributes[ATTR_HTTP_REQUEST_METHOD] = method;
  else {
    attributes[ATTR_HTTP_REQUEST_METHOD] = '_OTHER';
    attributes[ATTR_HTTP_REQUEST_METHOD_ORIGINAL] = method;
  }
  if (status > 0) attributes[ATTR_HTTP_RESPONSE_STATUS_CODE] = status;
  const error = FAILURES[failure]?.code ?? (status >= 500 ? String(status) : undefined);
  if (error !== undefined) attributes[ATTR_ERROR_TYPE] = error;
  return attributes;
}
