// Keeps values off the disk: what `capture.redact` points at is blanked in the parsed body and the body is written anew.
// It fails closed: a body that cannot be parsed, or is not whole, is withheld, for nobody knows what it holds.

import { decodeBody } from '../protocols/decode-body.ts';
import type { Payload } from '../protocols/protocol.ts';

declare global {
  interface JSON {
    /** A number in the very digits given (ECMAScript proposal JSON.parse source text access, in V8 since 11.4). */
    rawJSON(digits: string): unknown;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * @param pointers reference tokens of JSON pointers (RFC 6901); one that leads nowhere blanks nothing
 * @returns the body as JSON text, without content coding; undefined: withhold it
 */
export function redact(payload: Payload, pointers: readonly (readonly string[])[]): Uint8Array | undefined {
  if (payload.bytes.length === 0) return payload.bytes;
  try {
    let body: unknown = JSON.parse(utf8.decode(decodeBody(payload)), keepDigits);
    for (const tokens of pointers) body = blanked(body, tokens, 0);
    return Buffer.from(JSON.stringify(body), 'utf8');
  } catch {
    return undefined;
  }
}

/** Integers that a double cannot hold are written as they came. */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined) return value;
  return JSON.rawJSON(context.source);
}

function blanked(node: unknown, tokens: readonly string[], depth: number): unknown {
  const token = tokens[depth];
  if (token === undefined) return blank(node);
  if (Array.isArray(node)) {
    const index = /^(?:0|[1-9]\d*)$/.test(token) ? Number(token) : -1;
    if (index >= 0 && index < node.length) node[index] = blanked(node[index], tokens, depth + 1);
  } else if (isObject(node) && Object.hasOwn(node, token)) {
    node[token] = blanked(node[token], tokens, depth + 1);
  }
  return node;
}

/** Lists keep their length, so that a tensor still fits its shape; everything else becomes null. */
function blank(node: unknown): unknown {
  return Array.isArray(node) ? node.map(blank) : null;
}

function isObject(node: unknown): node is Record<string, unknown> {
  return typeof node === 'object' && node !== null;
}
