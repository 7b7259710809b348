// The head of an upstream's answer, read strictly (RFC 9112 sections 4 to 6): what frames its body, and whether the
// connection outlives it. Anything that two readers could frame differently is refused.

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

const TOKEN = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
  TOKEN[char.charCodeAt(0)] = 1;

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
  const status = Number(text.slice(9, 12));
  const after = text.charCodeAt(12);
  if (!(status >= 100 && status <= 999) || (after !== 32 && lineEnd !== 12)) return 'INVALID_STATUS';
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
    const nameStart = at;
    while (TOKEN[text.charCodeAt(at)] === 1) at++;
    if (at === nameStart || text.charCodeAt(at) !== 58) return 'INVALID_HEADER_NAME';
    const name = text.slice(nameStart, at);
    const valueEnd = text.indexOf('\r\n', at);
    const value = withoutBlanks(text, at + 1, valueEnd);
    if (!isValue(value)) return 'INVALID_HEADER_VALUE';
    at = valueEnd + 2;
    rawHeaders.push(name, value);
    if (name.length !== 10 && name.length !== 14 && name.length !== 17) continue;
    const lower = name.toLowerCase();
    if (lower === 'content-length') {
      if (length >= 0) return 'REPEATED_CONTENT_LENGTH';
      if (!/^\d{1,15}$/.test(value)) return 'INVALID_CONTENT_LENGTH';
      length = Number(value);
    } else if (lower === 'transfer-encoding') {
      // A last coding other than chunked, or chunked twice, leaves the end of the body open to interpretation.
      if (chunked || value.toLowerCase() !== 'chunked') return 'INVALID_TRANSFER_ENCODING';
      chunked = true;
    } else if (lower === 'connection') connection = `${connection},${value.toLowerCase()}`;
    else if (lower === 'keep-alive')
      idleMs = Number(/timeout=(\d{1,6})/i.exec(value)?.[1] ?? Number.POSITIVE_INFINITY) * 1000;
  }
  if (chunked && length >= 0) return 'CONTENT_LENGTH_WITH_TRANSFER_ENCODING';
  if (chunked && minor === 0) return 'INVALID_TRANSFER_ENCODING';
  const frame = frameOf(status, method, chunked, length);
  const keepAlive =
    frame.kind !== 'close' && (minor === 1 ? !connection.includes('close') : connection.includes('keep-alive'));
  return { status, statusText, rawHeaders, frame, keepAlive, idleMs };
}

function frameOf(status: number, method: string, chunked: boolean, length: number): AnswerFrame {
  if (method === 'HEAD' || status === 204 || status === 304 || status < 200) return NONE;
  if (chunked) return CHUNKED;
  return length >= 0 ? { kind: 'length', bytes: length } : CLOSE;
}

const NONE: AnswerFrame = { kind: 'none' };
const CHUNKED: AnswerFrame = { kind: 'chunked' };
const CLOSE: AnswerFrame = { kind: 'close' };

/** Without spaces and tabs around it. Not String.trim: in latin1 that would take a byte 0xA0 for a space. */
function withoutBlanks(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** Visible latin1, spaces and tabs: no CR, LF or NUL, so that nothing can split the answer on its way down. */
function isValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if ((code < 32 && code !== 9) || code === 127) return false;
  }
  return true;
}
