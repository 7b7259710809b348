// Raw tensors of V2's binary data extension: little-endian, back to back, no padding; BYTES elements are a 32-bit length and
// their bytes. https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md

import type { Value } from './protocol.ts';
import { CELLS_MAX } from './row-table.ts';
import { Unreadable } from './unreadable.ts';

interface Element {
  readonly bytes: number;
  read(view: DataView, at: number): Value;
}

/** 64-bit integers beyond 2^53 stay exact as decimal text. */
const exact = (value: bigint): Value => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
};

const ELEMENTS: ReadonlyMap<string, Element> = new Map<string, Element>([
  ['BOOL', { bytes: 1, read: (view, at) => view.getUint8(at) !== 0 }],
  ['INT8', { bytes: 1, read: (view, at) => view.getInt8(at) }],
  ['INT16', { bytes: 2, read: (view, at) => view.getInt16(at, true) }],
  ['INT32', { bytes: 4, read: (view, at) => view.getInt32(at, true) }],
  ['INT64', { bytes: 8, read: (view, at) => exact(view.getBigInt64(at, true)) }],
  ['UINT8', { bytes: 1, read: (view, at) => view.getUint8(at) }],
  ['UINT16', { bytes: 2, read: (view, at) => view.getUint16(at, true) }],
  ['UINT32', { bytes: 4, read: (view, at) => view.getUint32(at, true) }],
  ['UINT64', { bytes: 8, read: (view, at) => exact(view.getBigUint64(at, true)) }],
  ['FP16', { bytes: 2, read: (view, at) => halfToNumber(view.getUint16(at, true)) }],
  ['BF16', { bytes: 2, read: (view, at) => brainToNumber(view.getUint16(at, true)) }],
  ['FP32', { bytes: 4, read: (view, at) => view.getFloat32(at, true) }],
  ['FP64', { bytes: 8, read: (view, at) => view.getFloat64(at, true) }],
]);

/** @throws Unreadable where the bytes do not hold whole elements of the datatype */
export function valuesOfBytes(datatype: string, bytes: Uint8Array): readonly Value[] {
  if (datatype === 'BYTES') return strings(bytes);
  const element = ELEMENTS.get(datatype);
  if (element === undefined) throw new Unreadable('a tensor has an unknown datatype');
  const count = bytes.length / element.bytes;
  if (!Number.isInteger(count)) throw new Unreadable('a binary tensor ends inside an element');
  if (count > CELLS_MAX) throw new Unreadable(`more than ${CELLS_MAX} cells`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values: Value[] = new Array(count);
  for (let i = 0; i < count; i++) values[i] = element.read(view, i * element.bytes);
  return values;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function strings(bytes: Uint8Array): readonly Value[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values: Value[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (values.length === CELLS_MAX) throw new Unreadable(`more than ${CELLS_MAX} cells`);
    const end = at + 4 <= bytes.length ? at + 4 + view.getUint32(at, true) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) throw new Unreadable('a binary tensor ends inside an element');
    values.push(text(bytes.subarray(at + 4, end)));
    at = end;
  }
  return values;
}

/** Bytes that are no UTF-8 (an image, say) become latin1: a category, byte for byte. */
function text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  }
}

/** IEEE 754 binary16. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16: the upper half of a binary32. */
function brainToNumber(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}
