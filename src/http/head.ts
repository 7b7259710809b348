// What the head of a request says, read in one pass over the raw headers: the facts the gate acts on, and the headers that
// go upstream. Hop-by-hop headers and what `Connection` names stay behind (RFC 9110 section 7.6.1), and they are removed
// before the gate adds its own, so that a client can never strip what the gate adds (CVE-2026-33805).

import { linesOf, pairsOf } from './field-lines.ts';
import { KnownNames } from './known-names.ts';

export interface RequestHead {
  /** Lines of the end-to-end headers, in their order and case; without host, length, forwarding and trace headers. */
  readonly forward: string;
  readonly host: string;
  /** Joined values of headers that the gate extends; empty where absent. */
  readonly forwarded: string;
  readonly forwardedFor: string;
  readonly forwardedHost: string;
  readonly forwardedProto: string;
  /** The caller's own decision id; empty where absent. */
  readonly decisionId: string;
  readonly expectContinue: boolean;
  /** Whether there is a Content-Length. */
  readonly framed: boolean;
  /** The client takes trailers (TE: trailers). */
  readonly trailers: boolean;
  /** Names of the trailers that the client announces; empty where it does not. */
  readonly trailerNames: string;
  /** What is wrong with the head, or empty. */
  readonly problem: string;
}

/** Names that a Connection list may not remove: doing so would change what the request means, or hide who sent it. */
const PROTECTED = new Set([
  'content-length',
  'content-type',
  'content-encoding',
  'host',
  'authorization',
  'traceparent',
  'tracestate',
  'forwarded',
  'x-forwarded-for',
  'headgate-decision',
  'headgate-shadow',
]);

/** What RFC 3986 section 3.2.2 allows in a host and port, underscores and all: nothing that starts a path, a user or a list. */
const HOST = /^(?:\[[\dA-Fa-f:.]+\]|[\w.!$&'()*+;=~%-]*)(?::\d*)?$/;

export const DECISION_ID = /^[\x21-\x7e]{1,128}$/;

/** The host that came last and was one: nearly always the next one's too. */
let lastHost = '';

function isHost(host: string): boolean {
  if (host === lastHost) return true;
  if (!HOST.test(host)) return false;
  lastHost = host;
  return true;
}

const join = (before: string, value: string): string => (before === '' ? value : `${before}, ${value}`);

export function readRequestHead(rawHeaders: readonly string[]): RequestHead {
  let forward = '';
  let framed = false;
  let listed: string[] | null = null;
  let host = '';
  let hosts = 0;
  let forwarded = '';
  let forwardedFor = '';
  let forwardedHost = '';
  let forwardedProto = '';
  let decisionId = '';
  let expect = '';
  let trailers = false;
  let trailerNames = '';
  let problem = '';

  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const value = rawHeaders[i + 1] as string;
    switch (SPECIAL.find(name)) {
      case '':
        forward += `${name}: ${value}\r\n`;
        break;
      case 'content-length':
        framed = true;
        break;
      case 'host':
        host = value;
        hosts++;
        break;
      case 'connection':
        listed = listNames(value, listed);
        break;
      case 'te':
        trailers ||= /(^|[,\s])trailers([,;\s]|$)/i.test(value);
        break;
      case 'trailer':
        trailerNames = join(trailerNames, value);
        break;
      case 'expect':
        expect = value;
        break;
      case 'transfer-encoding':
        // Another coding would be stripped with the header, and its bytes passed on as if they were the body.
        if (!/^chunked$/i.test(value)) problem = `Transfer-Encoding: ${printable(value)} is not supported.`;
        break;
      case 'upgrade':
        // Java's HTTP client offers h2c on every first call; ignoring it is an answer in HTTP/1.1 (RFC 9110 section 7.8).
        if (!/^\s*h2c\s*$/i.test(value))
          problem = `Upgrade to ${printable(value)} is refused: the gate speaks HTTP/1.1 only.`;
        break;
      case 'forwarded':
        forwarded = join(forwarded, value);
        break;
      case 'x-forwarded-for':
        forwardedFor = join(forwardedFor, value);
        break;
      case 'x-forwarded-host':
        forwardedHost = value;
        break;
      case 'x-forwarded-proto':
        forwardedProto = value;
        break;
      case 'headgate-decision':
        if (decisionId !== '') problem = 'The header headgate-decision came twice.';
        else if (!DECISION_ID.test(value))
          problem = 'The header headgate-decision must be 1 to 128 visible ASCII characters.';
        decisionId = value;
        break;
      default:
        break; // hop-by-hop, trace context (continued per call), or a name that only the gate may set
    }
  }

  if (listed !== null) {
    problem ||= listedProblem(listed);
    forward = withoutListed(forward, listed);
  }
  if (hosts > 1) problem ||= 'The header host came twice.';
  else if (!isHost(host)) problem ||= `Host: ${printable(host)} is not the name of a host.`;
  if (expect !== '' && !/^100-continue$/i.test(expect)) problem ||= `Expect: ${printable(expect)} cannot be met.`;
  return {
    forward,
    host,
    forwarded,
    forwardedFor,
    forwardedHost,
    forwardedProto,
    decisionId,
    expectContinue: expect !== '',
    framed,
    trailers,
    trailerNames,
    problem,
  };
}

const SPECIAL = new KnownNames([
  'te',
  'host',
  'expect',
  'trailer',
  'upgrade',
  'forwarded',
  'connection',
  'keep-alive',
  'tracestate',
  'traceparent',
  'content-length',
  'headgate-error',
  'http2-settings',
  'headgate-shadow',
  'x-forwarded-for',
  'headgate-version',
  'proxy-connection',
  'x-forwarded-host',
  'headgate-decision',
  'transfer-encoding',
  'x-forwarded-proto',
  'proxy-authenticate',
  'proxy-authorization',
]);

function listNames(value: string, before: string[] | null): string[] | null {
  if (value === 'keep-alive' || value === 'close' || value === 'Keep-Alive' || value === 'Close') return before;
  const names = before ?? [];
  for (const part of value.split(',')) {
    const name = part.trim().toLowerCase();
    if (name !== '' && name !== 'keep-alive' && name !== 'close') names.push(name);
  }
  return names;
}

/** What is wrong where Connection names a header that must stay, or empty. */
function listedProblem(listed: readonly string[]): string {
  const stays = listed.find((name) => PROTECTED.has(name));
  return stays === undefined ? '' : `Connection may not name ${stays}.`;
}

function withoutListed(forward: string, listed: readonly string[]): string {
  const pairs = pairsOf(forward);
  return linesOf(pairs.filter((_, i) => !listed.includes((pairs[i - (i % 2)] as string).toLowerCase())));
}

/** First value of a header, or undefined. @param name lower case */
export function headerOf(rawHeaders: readonly string[], name: string): string | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i] as string;
    if (candidate.length === name.length && candidate.toLowerCase() === name) return rawHeaders[i + 1];
  }
  return undefined;
}

/** A header value fit for a message: short, visible ASCII. */
function printable(value: string): string {
  return value.slice(0, 40).replace(/[^\x20-\x7e]/g, '?');
}
