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
    const at = (tokens: readonly string[]): unknown[] =>
      spansOf(text, tokens).map(({ start, end }) => JSON.parse(text.slice(start, end)));
    return (
      pointers.some(({ tokens, isLeft }) =>
        at(tokens).some((node) => {
          const found = [...leavesOf(node)];
          return found.length > 0 && found.every(isLeft);
        }),
      ) ||
      // An object that was found in a list by its name, and taken out as a whole: null is in its place.
      redact.some((tokens) => at(tokens.slice(0, -1)).some((node) => Array.isArray(node) && node.includes(null)))
    );
  } catch {
    return true;
  }
}

function* leavesOf(node: unknown): Generator<unknown> {
  if (typeof node !== 'object' || node === null) yield node;
  else for (const member of Object.values(node)) yield* leavesOf(member);
}
