// Heads that admit a single reading. The fast lane takes a request only if its head is one of these: HTTP/1.1, a known
// method, a plain origin-form target, token names, visible-ASCII values, no folding, one Host, at most one well-formed
// Content-Length, and nothing that changes the framing or the protocol. A request is smuggled where two parsers read it
// differently; what could be read twice is refused here and left to the general lane.

import { KnownNames } from './known-names.ts';

export interface PlainHead {
  readonly method: string;
  readonly target: string;
  /** Flat name, value, ... in order and case. */
  readonly rawHeaders: string[];
  /** Content-Length; 0 where there is none. */
  readonly bodyBytes: number;
  /** False where the client asks for the connection to be closed after the answer. */
  readonly keepAlive: boolean;
}

const METHODS: ReadonlySet<string> = new Set(['POST', 'GET', 'PUT', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS']);

/** The first three are read; the presence of any other sends a request to the general lane. */
const MATTERS = new KnownNames([
  'host',
  'content-length',
  'connection',
  'te',
  'expect',
  'trailer',
  'upgrade',
  'keep-alive',
  'http2-settings',
  'proxy-connection',
  'transfer-encoding',
]);

/** 1: a character of a token (RFC 9110 section 5.6.2). 2: allowed in a value. 3: both. */
const KIND = new Uint8Array(256);
for (let code = 0x20; code <= 0x7e; code++) KIND[code] = 2;
KIND[9] = 2;
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
  KIND[char.charCodeAt(0)] = 3;

const CR = 13;
const COLON = 58;

/**
 * @param text head as latin1, from the method to the empty line, its CRLF CRLF included
 * @returns null where the head is not plain
 */
export function readPlainHead(text: string): PlainHead | null {
  const methodEnd = text.indexOf(' ');
  const targetEnd = text.indexOf(' ', methodEnd + 1);
  const method = text.slice(0, methodEnd);
  if (!METHODS.has(method) || !text.startsWith(' HTTP/1.1\r\n', targetEnd)) return null;
  const target = text.slice(methodEnd + 1, targetEnd);
  if (!isPlainTarget(target)) return null;

  const rawHeaders: string[] = [];
  const end = text.length - 2;
  let hosts = 0;
  let bodyBytes = -1;
  let keepAlive = true;
  let at = targetEnd + 11;
  while (at < end) {
    const nameStart = at;
    while (KIND[text.charCodeAt(at)] === 3) at++;
    if (at === nameStart || text.charCodeAt(at) !== COLON) return null;
    const name = text.slice(nameStart, at);
    at++;
    while (isBlank(text.charCodeAt(at))) at++;
    const valueStart = at;
    while ((KIND[text.charCodeAt(at)] as number) >= 2) at++;
    if (text.charCodeAt(at) !== CR || text.charCodeAt(at + 1) !== 10) return null;
    let valueEnd = at;
    while (valueEnd > valueStart && isBlank(text.charCodeAt(valueEnd - 1))) valueEnd--;
    const value = text.slice(valueStart, valueEnd);
    at += 2;
    rawHeaders.push(name, value);
    const known = MATTERS.find(name);
    if (known === '') continue;
    if (known === 'host') hosts++;
    else if (known === 'content-length') {
      if (bodyBytes >= 0 || !/^\d{1,15}$/.test(value)) return null;
      bodyBytes = Number(value);
    } else if (known === 'connection') {
      const option = value.toLowerCase();
      if (option === 'close') keepAlive = false;
      else if (option !== 'keep-alive') return null;
    } else return null;
  }
  return at === end && hosts === 1
    ? { method, target, rawHeaders, bodyBytes: Math.max(0, bodyBytes), keepAlive }
    : null;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** Origin-form, visible ASCII, without a fragment. */
function isPlainTarget(target: string): boolean {
  if (target.charCodeAt(0) !== 47) return false;
  for (let i = 1; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code <= 32 || code >= 127 || code === 35) return false;
  }
  return true;
}
