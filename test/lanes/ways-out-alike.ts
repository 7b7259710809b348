// The property of the ways out: whatever an upstream sends, a call by our own sockets hears what a call by undici or by
// node:http hears, or fails where they are more lenient; and no call hears what was sent for the one before.

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { anyAnswer } from './answer-bytes.ts';
import type { Checked } from './checked.ts';
import type { Cuts } from './mutations.ts';
import { cuts, pieces } from './mutations.ts';
import type { Finish, Outcome, Script, Way } from './ways-out.ts';
import { call, scriptedUpstream, wayOut } from './ways-out.ts';

/** What our own reader refuses and others let pass; tested one by one in the-ways-out-differ-only-here.test.ts. */
const STRICTER: readonly RegExp[] = [
  /(?:^|\r\n\r\n)\r*\n/, // lines before the status line
  /\r(?!\n)/, // a CR that ends a line
  /^HTTP\/1\.[01] \d\d\d[^\r\n]*[^\t\r\n\x20-\x7e\x80-\xff]/m, // a control character in the reason phrase
  /transfer-encoding[ \t]*:(?![ \t]*chunked[ \t]*\r\n)/i, // any coding but chunked
  /transfer-encoding[\s\S]*transfer-encoding/i, // codings in two lines
  /HTTP\/1\.0[\s\S]*transfer-encoding/i, // chunks in HTTP/1.0
  /HTTP\/(?!1\.[01] )/, // another version
  /HTTP\/1\.1 (?:0\d\d|101)/, // no status of an answer
  /\r\n[0-9a-f]{13}/i, // chunks beyond counting
  /;/, // extensions of chunks that are no tokens
  /\r\n0+[^\r]*\r\n(?:[\s\S]*\r\n)?(?:content-length|transfer-encoding)/i, // framing in trailers
];

const CROSSED: ReadonlySet<string> = new Set(['upstream_reset', 'upstream_unreachable', 'upstream_invalid']);
const LOST: ReadonlySet<string> = new Set(['upstream_invalid', 'upstream_reset']);

/** @returns how `socket` differs from what another way made of the same bytes, or '' */
export function difference(text: string, way: Way, socket: Outcome, other: Outcome): string {
  // undici forgets the first part of a reason phrase that comes in two packets.
  const [ours, theirs] =
    way === 'undici'
      ? [
          { ...socket, statusText: '' },
          { ...other, statusText: '' },
        ]
      : [socket, other];
  if (isDeepStrictEqual(ours, theirs)) return '';
  // Broken either way, and seen to be: how much was heard before is a matter of who gives up first.
  if (LOST.has(socket.end) && LOST.has(other.end)) return '';
  if (socket.end === 'upstream_invalid' && STRICTER.some((pattern) => pattern.test(text))) return '';
  // A field line that is wrong is waited for until it is whole, or its time is over.
  if (socket.end === 'pending' && other.end === 'upstream_invalid') return '';
  return `${way}: ${JSON.stringify(theirs)}, socket: ${JSON.stringify(ours)}`;
}

let serial = 0;

export async function waysOutAlike(): Promise<Checked> {
  const upstream = await scriptedUpstream();

  async function outcome(way: Way, script: Script, method: string): Promise<Outcome> {
    const path = `/case/${++serial}`;
    upstream.script(path, script);
    const transport = wayOut(way, upstream.origin);
    const first = await call(transport, way, upstream, path, method);
    const next = await call(transport, way, upstream, `/clean${path}`);
    await transport.destroy();
    // The end of a connection, or what comes behind an answer, may cross a request on its way; nothing that was sent for another call may ever be heard.
    const heard = next.status !== 0 || next.body !== '';
    if (heard ? next.body !== 'clean' || next.end !== 'ended' : !CROSSED.has(next.end))
      throw new Error(`${way}: the next call got ${JSON.stringify(next)}`);
    return first;
  }

  const property = fc.asyncProperty(
    anyAnswer,
    cuts,
    fc.constantFrom<Finish>('open', 'end', 'end', 'reset'),
    fc.constantFrom('POST', 'POST', 'GET', 'HEAD'),
    async (text: string, at: Cuts, finish: Finish, method: string) => {
      const script: Script = { pieces: pieces(text, at), finish };
      const socket = await outcome('socket', script, method);
      // undici takes a blank behind a length for a part of it.
      const exact = text.replace(/(content-length:)([ \t]*\d+)([ \t]+)\r\n/gi, '$1$3$2\r\n');
      const undici = await outcome('undici', { pieces: pieces(exact, at), finish }, method);
      const node = await outcome('node', script, method);
      // Where those two differ (bytes behind an answer make node:http forget the answer), one of them is right.
      const apart = [difference(text, 'undici', socket, undici), difference(text, 'node', socket, node)];
      if (!apart.includes('')) throw new Error(apart.join('; '));
    },
  );
  return { property, close: () => upstream.close() };
}
