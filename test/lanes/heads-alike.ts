// The properties of our readers: whatever they take, llhttp takes and reads in the same way. A request that two parsers read
// differently is a smuggled one; an answer, a poisoned one.

import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { type AnswerHead, readAnswerHead } from '../../src/http/answer-head.ts';
import { ChunkedReader } from '../../src/http/chunked-reader.ts';
import { readPlainHead } from '../../src/http/plain-head.ts';
import { anyHead as anyAnswerHead, anyChunkedBody } from './answer-bytes.ts';
import type { Checked } from './checked.ts';
import { readAnswer, requestReader } from './in-memory.ts';
import { cuts, pieces } from './mutations.ts';
import { anyHead, FOLLOWING } from './request-bytes.ts';

/** How much of what was offered has been taken: a property that nothing enters says nothing. */
export interface Counted extends Checked {
  readonly taken: () => number;
}

const BODY_BYTES_MAX = 100_000;

/** As a connection does it: a head ends with the first empty line. */
const headOf = (text: string): string => text.slice(0, text.indexOf('\r\n\r\n') + 4);

export async function plainHeadsAlike(): Promise<Counted> {
  const llhttp = requestReader();
  let taken = 0;
  const property = fc.asyncProperty(anyHead, async (text: string) => {
    const head = headOf(text);
    const plain = head.length < 4 ? null : readPlainHead(head);
    if (plain === null || plain.bodyBytes > BODY_BYTES_MAX) return;
    taken++;
    const body = 'b'.repeat(plain.bodyBytes);
    // Nothing may follow a request that closes its connection.
    const read = await llhttp.read(`${head}${body}${plain.keepAlive ? FOLLOWING : ''}`);
    const { method, target, rawHeaders, keepAlive } = plain;
    deepStrictEqual(read[0], { method, target, rawHeaders, body, keepAlive });
    deepStrictEqual(
      read.slice(1).map((request) => request.target),
      keepAlive ? ['/m/length?following'] : [],
    );
  });
  return { property, taken: () => taken, close: async () => llhttp.close() };
}

function bodyFor({ frame }: AnswerHead): { wire: string; body: string } {
  switch (frame.kind) {
    case 'none':
      return { wire: '', body: '' };
    case 'length':
      return { wire: 'b'.repeat(frame.bytes), body: 'b'.repeat(frame.bytes) };
    case 'chunked':
      return { wire: '3\r\nabc\r\n0\r\n\r\n', body: 'abc' };
    case 'close':
      return { wire: 'to the end', body: 'to the end' };
  }
}

export async function answerHeadsAlike(): Promise<Counted> {
  let taken = 0;
  const methods = fc.constantFrom('POST', 'GET', 'HEAD');
  const property = fc.asyncProperty(anyAnswerHead, methods, async (text: string, method: string) => {
    const head = headOf(text);
    const read = head.length < 4 ? 'incomplete' : readAnswerHead(head, method);
    if (typeof read === 'string' || read.status < 200) return;
    if (read.frame.kind === 'length' && read.frame.bytes > BODY_BYTES_MAX) return;
    taken++;
    const { wire, body } = bodyFor(read);
    // llhttp refuses a tab after the coding, which RFC 9110 section 5.5 says is no part of the value. The status line stays as it is.
    const forOracle = head.replace(/(\r\n[^\r\n]*chunked)[ \t]+(?=\r)/gi, '$1');
    const oracle = await readAnswer(forOracle + wire, method, read.frame.kind === 'close');
    const { status, statusText, rawHeaders } = read;
    // A connection may be closed without need, but never kept against llhttp's advice.
    const keepAlive = read.keepAlive ? true : (oracle?.keepAlive ?? false);
    deepStrictEqual(oracle, { status, statusText, rawHeaders, body, trailers: [], keepAlive });
  });
  return { property, taken: () => taken, close: async () => {} };
}

export interface Decoded {
  readonly body: string;
  readonly trailers: readonly string[];
  /** Bytes used. */
  readonly used: number;
}

/** @returns what is wrong, or null where it is incomplete */
export function decode(parts: readonly string[]): Decoded | string | null {
  const reader = new ChunkedReader();
  let body = '';
  let trailers: readonly string[] = [];
  let used = 0;
  const sink = {
    data(chunk: Uint8Array) {
      body += Buffer.from(chunk).toString('latin1');
    },
    end(flat: readonly string[]) {
      trailers = flat;
    },
  };
  for (const part of parts) {
    const end = reader.read(Buffer.from(part, 'latin1'), 0, sink);
    if (typeof end === 'string') return end;
    used += end;
    if (reader.over) return { body, trailers, used };
  }
  return null;
}

const CHUNKED_HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

export async function chunkedBodiesAlike(): Promise<Counted> {
  let taken = 0;
  const property = fc.asyncProperty(anyChunkedBody, cuts, async (text, at) => {
    const decoded = decode([text]);
    const cut = decode(pieces(text, at));
    // Wrong is wrong wherever it is cut; which mistake is seen first may differ.
    if (typeof decoded !== 'string' || typeof cut !== 'string') deepStrictEqual(cut, decoded);
    if (typeof decoded === 'string' || decoded === null) return;
    taken++;
    const oracle = await readAnswer(CHUNKED_HEAD + text.slice(0, decoded.used), 'POST', false);
    deepStrictEqual([oracle?.body, oracle?.trailers], [decoded.body, decoded.trailers]);
    // Not a byte fewer would have been enough.
    deepStrictEqual(await readAnswer(CHUNKED_HEAD + text.slice(0, decoded.used - 1), 'POST', false), null);
  });
  return { property, taken: () => taken, close: async () => {} };
}
