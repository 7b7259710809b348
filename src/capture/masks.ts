// What is put in the place of a value that must not reach the disk, and where: JSON pointers (RFC 6901) with two extensions, `*`
// for every member of a list or object, and in a list of named objects (the tensors of V2) the name of one.

import { createHmac } from 'node:crypto';
import type { CapturePlan } from '../config/plan.ts';
import { isIndex } from './json-spans.ts';

/** Value -> what is written instead. Lists keep their length, so that a tensor still fits its shape. */
type Mask = (node: unknown) => unknown;

export interface PointedMask {
  readonly tokens: readonly string[];
  readonly mask: Mask;
}

export interface Masks {
  readonly pointers: readonly PointedMask[];
  /** Lower-case name -> mask of its value. */
  readonly headers: ReadonlyMap<string, (value: string) => string>;
}

const known = new WeakMap<CapturePlan, Masks>();

/** null where nothing is masked. Made once per Plan. */
export function masksOf(plan: CapturePlan): Masks | null {
  const found = known.get(plan) ?? made(plan);
  known.set(plan, found);
  return found.pointers.length === 0 && found.headers.size === 0 ? null : found;
}

function made({ redact, redactHeaders, hash }: CapturePlan): Masks {
  const digest = hash === null ? null : keyedHash(hash.key);
  const hashed = digest === null ? null : leaves((leaf) => digest(textOf(leaf)));
  return {
    // What is both hashed and redacted is redacted.
    pointers: [
      ...(hash === null || hashed === null ? [] : hash.pointers.map((tokens) => ({ tokens, mask: hashed }))),
      ...redact.map((tokens) => ({ tokens, mask: BLANK })),
    ],
    headers: new Map([
      ...(hash === null || digest === null ? [] : hash.headers.map((name) => [name, digest] as const)),
      ...redactHeaders.map((name) => [name, () => ''] as const),
    ]),
  };
}

/** `hmac:` and the HMAC-SHA-256 (RFC 2104) of the text in UTF-8, 64 hex digits: equal values stay equal, and nobody without the key can try. */
function keyedHash(key: string): (text: string) => string {
  return (text) => `hmac:${createHmac('sha256', key).update(text, 'utf8').digest('hex')}`;
}

/** Lists keep their length; everything else becomes null. */
const BLANK: Mask = (node) => (Array.isArray(node) ? node.map(BLANK) : null);

/** Lists and objects keep their form; null stays null. */
function leaves(mask: (leaf: unknown) => string): Mask {
  const masked: Mask = (node) => {
    if (node === null) return null;
    if (Array.isArray(node)) return node.map(masked);
    if (!isObject(node)) return mask(node);
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, masked(value)]));
  };
  return masked;
}

/** A string as it is, anything else as JSON, a number in the digits it came in: what a caller outside can hash as well. */
function textOf(leaf: unknown): string {
  return typeof leaf === 'string' ? leaf : JSON.stringify(leaf);
}

/** @returns the body with every place of the pointer masked; one that leads nowhere masks nothing */
export function masked(node: unknown, tokens: readonly string[], mask: Mask, depth = 0): unknown {
  const token = tokens[depth];
  if (token === undefined) return mask(node);
  if (Array.isArray(node)) {
    for (const index of indicesOf(node, token)) node[index] = masked(node[index], tokens, mask, depth + 1);
  } else if (isObject(node)) {
    const keys = token === '*' ? Object.keys(node) : Object.hasOwn(node, token) ? [token] : [];
    for (const key of keys) node[key] = masked(node[key], tokens, mask, depth + 1);
  }
  return node;
}

/** Places of a list that a token means. */
export function indicesOf(list: readonly unknown[], token: string): readonly number[] {
  if (token === '*') return [...list.keys()];
  if (isIndex(token)) return Number(token) < list.length ? [Number(token)] : [];
  return [...list.keys()].filter((index) => {
    const item = list[index];
    return isObject(item) && item.name === token;
  });
}

/** A number kept in its digits (redact.ts) is an object to `typeof` alone. */
export function isObject(node: unknown): node is Record<string, unknown> {
  return typeof node === 'object' && node !== null && !Array.isArray(node) && !JSON.isRawJSON(node);
}

/** @param flat name, value, ... @returns the same list where nothing is masked in it */
export function maskedHeaders(flat: readonly string[], { headers }: Masks): readonly string[] {
  if (headers.size === 0) return flat;
  return flat.map((text, i) => {
    const mask = i % 2 === 0 ? undefined : headers.get(flat[i - 1] ?? '');
    return mask === undefined ? text : mask(text);
  });
}
