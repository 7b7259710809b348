// The head of an upstream's answer, read strictly (RFC 9112 sections 4 to 6): what frames its body, and whether the
// connection outlives it. Anything that two readers could frame differently is refused.

import { isValue, readFieldLine } from './field-line.ts';
import { KnownNames } from './known-names.ts';

/** How the body ends. */
export type AnswerFrame =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' };

export interface AnswerHead {
  readonly status: number;
  readonly statusText: string;
  /** Flat name, value, ... latin1. */
  readonly rawHeaders: string[];
  readonly frame: AnswerFrame;
  readonly keepAlive: boolean;
  /** `timeout` of a Keep-Alive header in milliseconds, or Infinity. */
  readonly idleMs: number;
}

/**
 * @param text latin1, from the status line to the empty line, its CRLF CRLF included
 * @param method of the request that is answered
 * @returns what is wrong with it, as a code, where it cannot be read
 */
export function readAnswerHead(text: string, method: string): AnswerHead | string {
  const lineEnd = text.indexOf('\r\n');
  const minor = text.charCodeAt(7) - 48;
  if (!text.startsWith('HTTP/1.') || (minor !== 0 && minor !== 1) || text.charCodeAt(8) !== 32)
    return 'INVALID_VERSION';
  const after = text.charCodeAt(12);
  const status = statusOf(text);
  if (status === 0 || (after !== 32 && lineEnd !== 12)) return 'INVALID_STATUS';
  const statusText = text.slice(13, lineEnd);
  if (!isValue(statusText)) return 'INVALID_STATUS';

  const rawHeaders: string[] = [];
  let length = -1;
  let chunked = false;
  let connection = '';
  let idleMs = Number.POSITIVE_INFINITY;
  const end = text.length - 2;
  let at = lineEnd + 2;
  while (at < end) {
    const lineStart = at;
    at = text.indexOf('\r\n', lineStart) + 2;
    const problem = readFieldLine(text, lineStart, at - 2, rawHeaders);
    if (problem !== '') return problem;
    const name = rawHeaders[rawHeaders.length - 2] as string;
    const value = rawHeaders[rawHeaders.length - 1] as string;
    const known = FRAMING.find(name);
    if (known === '') continue;
    if (known === 'content-length') {
      if (length >= 0) return 'REPEATED_CONTENT_LENGTH';
      if (!/^\d{1,15}$/.test(value)) return 'INVALID_CONTENT_LENGTH';
      length = Number(value);
    } else if (known === 'transfer-encoding') {
      // A last coding other than chunked, or chunked twice, leaves the end of the body open to interpretation.
      if (chunked || value.toLowerCase() !== 'chunked') return 'INVALID_TRANSFER_ENCODING';
      chunked = true;
    } else if (known === 'connection') connection = `${connection},${value.toLowerCase()}`;
    else idleMs = Number(/timeout=(\d{1,6})/i.exec(value)?.[1] ?? Number.POSITIVE_INFINITY) * 1000;
  }
  if (chunked && length >= 0) return 'CONTENT_LENGTH_WITH_TRANSFER_ENCODING';
  if (chunked && minor === 0) return 'INVALID_TRANSFER_ENCODING';
  const frame = frameOf(status, method, chunked, length);
  // The answer to a HEAD may be followed by a body after all: such a connection is not trusted again.
  const keepAlive =
    frame.kind !== 'close' &&
    (method !== 'HEAD' || status < 200) &&
    (minor === 1 ? !connection.includes('close') : connection.includes('keep-alive'));
  return { status, statusText, rawHeaders, frame, keepAlive, idleMs };
}

/** Three digits, the first of them not 0; else 0. */
function statusOf(text: string): number {
  let status = 0;
  for (let i = 9; i < 12; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return 0;
    status = status * 10 + digit;
  }
  return status < 100 ? 0 : status;
}

const FRAMING = new KnownNames(['content-length', 'transfer-encoding', 'connection', 'keep-alive']);

function frameOf(status: number, method: string, chunked: boolean, length: number): AnswerFrame {
  if (method === 'HEAD' || status === 204 || status === 304 || status < 200) return NONE;
  if (chunked) return CHUNKED;
  return length >= 0 ? { kind: 'length', bytes: length } : CLOSE;
}

const NONE: AnswerFrame = { kind: 'none' };
const CHUNKED: AnswerFrame = { kind: 'chunked' };
const CLOSE: AnswerFrame = { kind: 'close' };
