// Headers the gate adds on the way up, and the ones it keeps back on the way down.

import type { RequestHead } from './head.ts';
import { KnownNames } from './known-names.ts';

export interface ForwardFacts {
  readonly remoteAddress: string;
  readonly secure: boolean;
  readonly decisionId: string;
}

/**
 * The lines of the upstream headers that are the same for every attempt and every shadow of one decision.
 * Host, credentials, traceparent and the shadow mark are added per call.
 */
export function forwardLines(head: RequestHead, facts: ForwardFacts): string {
  return `${head.forward}headgate-decision: ${facts.decisionId}\r\n${hopLines(head, facts)}`;
}

/** What the gate says of the hop in front of it. */
function hopLines(head: RequestHead, facts: ForwardFacts): string {
  const isFirst =
    head.forwarded === '' && head.forwardedFor === '' && head.forwardedProto === '' && head.forwardedHost === '';
  if (!isFirst) return linesOfHop(head, facts);
  const { last } = memo;
  if (last.host === head.host && last.remoteAddress === facts.remoteAddress && last.secure === facts.secure)
    return last.lines;
  memo.last = {
    host: head.host,
    remoteAddress: facts.remoteAddress,
    secure: facts.secure,
    lines: linesOfHop(head, facts),
  };
  return memo.last.lines;
}

/** The hop that came last, of those without another before them: most requests come from few callers, to few hosts. */
const memo = { last: { host: '', remoteAddress: '-', secure: false, lines: '' } };

function linesOfHop(head: RequestHead, facts: ForwardFacts): string {
  const { remoteAddress } = facts;
  const proto = facts.secure ? 'https' : 'http';
  const host = head.host === '' ? '' : `;host=${quoted(head.host)}`;
  const element = `for=${node(remoteAddress)}${host};proto=${proto}`;
  const forwarded = head.forwarded === '' ? element : `${head.forwarded}, ${element}`;
  const forwardedFor = head.forwardedFor === '' ? remoteAddress : `${head.forwardedFor}, ${remoteAddress}`;
  const forwardedProto = head.forwardedProto === '' ? proto : head.forwardedProto;
  const forwardedHost = head.forwardedHost === '' ? head.host : head.forwardedHost;
  const lines = `forwarded: ${forwarded}\r\nx-forwarded-for: ${forwardedFor}\r\nx-forwarded-proto: ${forwardedProto}\r\n`;
  // HTTP/1.0 may come without a host.
  return forwardedHost === '' ? lines : `${lines}x-forwarded-host: ${forwardedHost}\r\n`;
}

/** RFC 7239 section 6: an IPv6 address is bracketed and quoted. */
function node(address: string): string {
  if (address === '') return 'unknown';
  return address.includes(':') ? `"[${address}]"` : address;
}

/** A token as it is, anything else as a quoted-string. */
function quoted(value: string): string {
  return /^[\w.!#$%&'*+^`|~-]+$/.test(value) ? value : `"${value.replace(/[\\"]/g, '\\$&')}"`;
}

const RESPONSE_HOP = new KnownNames([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'proxy-authenticate',
  'proxy-authentication-info',
  'headgate-error',
  'headgate-decision',
  'headgate-version',
]);

/**
 * Headers of an upstream's answer as the client gets them: the end-to-end ones, in order, with the gate's two in front.
 * @param rawHeaders flat name, value, ... (latin1)
 * @param trailers whether the client takes trailers: then their announcement is passed on, if the answer is chunked
 */
export function relayHeaders(
  rawHeaders: readonly string[],
  decisionId: string,
  version: string,
  trailers: boolean,
): string[] {
  const out: string[] = ['headgate-decision', decisionId, 'headgate-version', version];
  let listed: Set<string> | null = null;
  let chunked = false;
  let announced = '';
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const hop = RESPONSE_HOP.find(name);
    if (hop !== '') {
      if (hop === 'transfer-encoding') chunked = true;
      else if (hop === 'trailer')
        announced = announced === '' ? (rawHeaders[i + 1] as string) : `${announced}, ${rawHeaders[i + 1]}`;
      else if (hop === 'connection') listed = listedBy(rawHeaders[i + 1] as string, listed);
      continue;
    }
    out.push(name, rawHeaders[i + 1] as string);
  }
  if (trailers && chunked && announced !== '') out.push('trailer', announced);
  return listed === null ? out : without(out, listed);
}

const FRAMES: ReadonlySet<string> = new Set(['', 'content-length', 'content-type', 'content-encoding', 'trailer']);

function listedBy(value: string, before: Set<string> | null): Set<string> | null {
  const lower = value.toLowerCase();
  if (lower === 'keep-alive' || lower === 'close') return before;
  const names = before ?? new Set<string>();
  for (const part of lower.split(',')) {
    const name = part.trim();
    // An upstream cannot use Connection to strip what frames its own answer.
    if (!FRAMES.has(name)) names.add(name);
  }
  return names;
}

function without(headers: readonly string[], names: ReadonlySet<string>): string[] {
  const out: string[] = headers.slice(0, 4);
  for (let i = 4; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (!names.has(name.toLowerCase())) out.push(name, headers[i + 1] as string);
  }
  return out;
}
