// Keeps values off the disk: what `capture.redact` and `capture.hash` point at is replaced in the text of the body; the rest of it
// stays as it came. It fails closed: a body that cannot be parsed, or is not whole, is withheld, for nobody knows what it holds.
// Binary tensors (V2) that a pointer means are written as JSON; the others stay as they are.

import { parseJson } from '../kernel/json.ts';
import { valuesOfBytes } from '../protocols/binary-tensor.ts';
import { decodeBody } from '../protocols/decode-body.ts';
import type { Payload } from '../protocols/protocol.ts';
import { spansOf } from './json-spans.ts';
import { indicesOf, isObject, masked, type PointedMask } from './masks.ts';

declare global {
  interface JSON {
    /** A number in the very digits given (ECMAScript proposal JSON.parse source text access, in V8 since 11.4). */
    rawJSON(digits: string): unknown;
    isRawJSON(value: unknown): boolean;
  }
}

const HEADER_LENGTH = 'inference-header-content-length';
const utf8 = new TextDecoder('utf-8', { fatal: true });

export interface Redacted {
  /** Without content coding. */
  readonly bytes: Uint8Array;
  /** Length of the JSON in front of binary tensors; null where it is all. */
  readonly jsonBytes: number | null;
}

/** @returns undefined: withhold the body */
export function redact(payload: Payload, pointers: readonly PointedMask[]): Redacted | undefined {
  if (payload.bytes.length === 0) return { bytes: payload.bytes, jsonBytes: null };
  try {
    const bytes = decodeBody(payload);
    const header = payload.headers[HEADER_LENGTH];
    return header === undefined ? redactJson(bytes, pointers) : redactBinary(bytes, Number(header), pointers);
  } catch {
    return undefined;
  }
}

function redactJson(bytes: Uint8Array, pointers: readonly PointedMask[]): Redacted {
  let text = utf8.decode(bytes);
  // What follows trusts that it is JSON.
  JSON.parse(text);
  for (const { tokens, mask } of pointers) {
    let out = '';
    let from = 0;
    for (const { start, end } of spansOf(text, tokens)) {
      out += text.slice(from, start) + JSON.stringify(mask(parsed(text.slice(start, end))));
      from = end;
    }
    if (from > 0) text = out + text.slice(from);
  }
  return { bytes: Buffer.from(text, 'utf8'), jsonBytes: null };
}

function parsed(text: string): unknown {
  return parseJson(text, keepDigits);
}

/** Numbers are written as they came: a double may not hold them, and 1.0 is not 1 to everybody. */
function keepDigits(value: number, source: string): unknown {
  return String(value) === source ? value : JSON.rawJSON(source);
}

function applied(body: unknown, pointers: readonly PointedMask[]): unknown {
  return pointers.reduce((node, { tokens, mask }) => masked(node, tokens, mask), body);
}

/** @throws where the sizes in the description are not those of the bytes behind it */
function redactBinary(bytes: Uint8Array, jsonBytes: number, pointers: readonly PointedMask[]): Redacted {
  if (!Number.isSafeInteger(jsonBytes) || jsonBytes <= 0 || jsonBytes > bytes.length) throw new Error('no description');
  const body = parsed(utf8.decode(bytes.subarray(0, jsonBytes)));
  if (!isObject(body)) throw new Error('no object');
  const kept: Uint8Array[] = [];
  let at = jsonBytes;
  for (const member of ['inputs', 'outputs']) {
    const tensors = body[member];
    if (!Array.isArray(tensors)) continue;
    for (const [index, tensor] of tensors.entries()) {
      const size = binarySize(tensor);
      if (size === null || !isObject(tensor) || !isObject(tensor.parameters)) continue;
      const piece = bytes.subarray(at, at + size);
      if (piece.length !== size) throw new Error('a tensor is not whole');
      at += size;
      if (!pointers.some(({ tokens }) => meansData(tokens, member, tensors, index))) {
        kept.push(piece);
        continue;
      }
      delete tensor.parameters.binary_data_size;
      tensor.data = Array.from(valuesOfBytes(String(tensor.datatype), piece));
    }
  }
  if (at !== bytes.length) throw new Error('bytes are left');
  const json = Buffer.from(JSON.stringify(applied(body, pointers)), 'utf8');
  return kept.length === 0
    ? { bytes: json, jsonBytes: null }
    : { bytes: Buffer.concat([json, ...kept]), jsonBytes: json.length };
}

function binarySize(tensor: unknown): number | null {
  const parameters = isObject(tensor) ? tensor.parameters : undefined;
  const size = isObject(parameters) ? parameters.binary_data_size : undefined;
  if (size === undefined) return null;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw new Error('no size');
  return size;
}

/** Whether a pointer leads to the data of a tensor, or above it. */
function meansData(
  [member, place, part]: readonly string[],
  name: string,
  tensors: readonly unknown[],
  index: number,
): boolean {
  if (member !== name && member !== '*') return false;
  if (place === undefined) return true;
  return indicesOf(tensors, place).includes(index) && (part === undefined || part === 'data' || part === '*');
}
