// What an error of a transport means: whose fault it is, and what to say of it. One table for undici and node:http, which
// use the same parser and the same codes of the operating system.

import type { Failure } from '../errors.ts';
import { handshakeFailure } from '../http/handshake-failure.ts';

/** How far a call had come when it failed. */
export interface Progress {
  /** Whether bytes may have reached the upstream. */
  readonly sent: boolean;
  /** Whether a byte of the answer had come, as far as the transport can tell. */
  readonly answering: boolean;
  /** Whether the head of the answer had come. */
  readonly started: boolean;
  readonly connectTimeoutMs: number;
}

/** The gate's own deadline for a connection. */
export const CONNECT_TIMEOUT = 'UND_ERR_CONNECT_TIMEOUT';

/** Ends of an answer that come too early: the parser words them as errors of its own. */
function isCutShort(error: Error, code: string): boolean {
  return (
    code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' ||
    code === 'HPE_INVALID_EOF_STATE' ||
    /Invalid EOF/.test(error.message)
  );
}

export function transportFailure(error: Error, progress: Progress): Failure {
  const failure = failureOf(error, progress);
  return progress.answering || progress.started ? { ...failure, answering: true } : failure;
}

function failureOf(error: Error, { sent, started, connectTimeoutMs }: Progress): Failure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    return { code: 'bad_request', detail: `The request cannot be forwarded: ${error.message}.` };
  }
  if (code === CONNECT_TIMEOUT) {
    return { code: 'upstream_unreachable', detail: `No connection within ${connectTimeoutMs} ms.` };
  }
  if (started && isCutShort(error, code)) return broken(started, code);
  if (
    error.name === 'HTTPParserError' ||
    code.startsWith('HPE_') ||
    code === 'UND_ERR_HEADERS_OVERFLOW' ||
    isCutShort(error, code)
  ) {
    return {
      code: 'upstream_invalid',
      detail: `The answer is not valid HTTP/1.1 (${code === '' ? error.message : code}).`,
    };
  }
  // undici gives up on an interim 100 that it has not asked for, and on a switch of protocols.
  if (/^bad (?:response|upgrade)$/.test(error.message)) {
    return { code: 'upstream_invalid', detail: 'The upstream sent a 100 or 101 that nobody had asked for.' };
  }
  // Whatever has no code comes from no socket: a fault of our own.
  if (code === '' && error.name !== 'AggregateError')
    return { code: 'internal', detail: `${error.name}: ${error.message}.` };
  // With TLS 1.3 a refused client certificate is heard of after the request has left; the request was not read (RFC 8446 section 4.6).
  const handshake = started ? null : handshakeFailure(error, code);
  if (handshake !== null) return { code: 'upstream_unreachable', detail: `Connecting failed: ${handshake}.` };
  if (!sent) return { code: 'upstream_unreachable', detail: `Connecting failed (${code === '' ? error.name : code}).` };
  return broken(started, code);
}

function broken(started: boolean, code: string): Failure {
  return {
    code: 'upstream_reset',
    detail: `The connection broke ${started ? 'during' : 'before'} the answer (${code}).`,
  };
}
