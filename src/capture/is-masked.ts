// Whether a body on record holds what a mask has left (redact.ts): it is then not the body that was sent. Told by the pointers of
// today's configuration; a value that was null by itself where one of them leads looks the same, and counts as masked.

import type { CapturePlan } from '../config/plan.ts';
import { decodeBody } from '../protocols/decode-body.ts';
import type { Payload } from '../protocols/protocol.ts';
import { spansOf } from './json-spans.ts';

const HEADER_LENGTH = 'inference-header-content-length';
const HASHED = /^hmac:[0-9a-f]{64}$/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @returns also true where the body cannot be read: nobody knows then */
export function isMasked(payload: Payload, { redact, hash }: CapturePlan): boolean {
  const blank = redact.map((tokens) => ({ tokens, isLeft: (leaf: unknown) => leaf === null }));
  const hashed = (hash?.pointers ?? []).map((tokens) => ({
    tokens,
    isLeft: (leaf: unknown) => typeof leaf === 'string' && HASHED.test(leaf),
  }));
  const pointers = [...blank, ...hashed];
  if (pointers.length === 0 || payload.bytes.length === 0) return false;
  try {
    const bytes = decodeBody(payload);
    const header = payload.headers[HEADER_LENGTH];
    const text = utf8.decode(header === undefined ? bytes : bytes.subarray(0, Number(header)));
    return pointers.some(({ tokens, isLeft }) =>
      [...spansOf(text, tokens)].some(({ start, end }) => {
        const found = [...leavesOf(JSON.parse(text.slice(start, end)))];
        return found.length > 0 && found.every(isLeft);
      }),
    );
  } catch {
    return true;
  }
}

function* leavesOf(node: unknown): Generator<unknown> {
  if (typeof node !== 'object' || node === null) yield node;
  else for (const member of Object.values(node)) yield* leavesOf(member);
}
