// Answers that Headgate makes itself: a problem document (RFC 9457) with the code in a header, so that a caller can tell
// them from an upstream's.

import { STATUS_CODES } from 'node:http';
import type { Failure } from '../errors.ts';
import { failureKind, problemJson } from '../errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { RequestHead } from '../http/head.ts';

/** Bodies up to this size are read off after a refusal, so that the connection can be kept. */
const READ_OFF_BYTES_MAX = 64 * 1024;

/** What HTTP forbids in this head, given its version; or empty. */
export function headProblem(head: RequestHead, exchange: Exchange): string {
  if (exchange.httpVersion === '1.1') return head.host === '' ? 'The header host is missing.' : '';
  // RFC 9112 section 6.1: HTTP/1.0 has no transfer codings, so the framing of such a request is in doubt.
  return exchange.body.length < 0 ? 'Transfer-Encoding is not part of HTTP/1.0.' : '';
}

/** @param version name of the version it was meant for, or '' */
export function refuse(exchange: Exchange, failure: Failure, decisionId: string, version: string): void {
  const kind = failureKind(failure.code);
  const body = Buffer.from(problemJson(failure, decisionId));
  const headers = [
    'content-type',
    'application/problem+json',
    'content-length',
    String(body.length),
    'headgate-error',
    kind.code,
    'headgate-decision',
    decisionId,
  ];
  if (version !== '') headers.push('headgate-version', version);
  if (kind.status === 503) headers.push('retry-after', '1');
  if (mustClose(exchange, failure)) exchange.closeAfter();
  exchange.start(kind.status, STATUS_CODES[kind.status] ?? '', headers);
  if (exchange.method !== 'HEAD') exchange.write(body);
  exchange.end([]);
}

/** A client in the middle of a long body, or one whose bytes cannot be trusted, gets its answer and a closed connection. */
function mustClose(exchange: Exchange, failure: Failure): boolean {
  if (failure.code === 'bad_request' || failure.code === 'client_timeout') return true;
  const { length } = exchange.body;
  return length < 0 || length > READ_OFF_BYTES_MAX;
}
