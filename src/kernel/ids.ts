// Identifiers made on the request path: UUIDv7 for decisions (RFC 9562 section 5.7) and W3C trace and span ids.
// Random bytes come from one refilled pool, since a call to the generator per request costs more than the id itself.

import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 8192;
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;

function take(count: number): number {
  if (used + count > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const at = used;
  used += count;
  return at;
}

const hex = (byte: number): string => HEX[byte] as string;
const at = (index: number): number => pool[index] as number;

function hexRun(start: number, count: number): string {
  let text = '';
  for (let i = start; i < start + count; i++) text += hex(at(i));
  return text;
}

/** A UUIDv7: 48 bits of Unix milliseconds, then 74 random bits. */
export function uuidv7(wallMs: number): string {
  const p = take(10);
  const ms = Math.floor(wallMs);
  const high = Math.floor(ms / 65536);
  const low = ms & 0xffff;
  return (
    hex((high >>> 24) & 255) +
    hex((high >>> 16) & 255) +
    hex((high >>> 8) & 255) +
    hex(high & 255) +
    '-' +
    hex(low >>> 8) +
    hex(low & 255) +
    '-' +
    hex(0x70 | (at(p) & 0x0f)) +
    hex(at(p + 1)) +
    '-' +
    hex(0x80 | (at(p + 2) & 0x3f)) +
    hex(at(p + 3)) +
    '-' +
    hexRun(p + 4, 6)
  );
}

/** A W3C trace id: 32 hex digits, never all zero. */
export function traceId(): string {
  const p = take(16);
  pool[p] = at(p) | 1;
  return hexRun(p, 16);
}

/** A W3C span (parent) id: 16 hex digits, never all zero. */
export function spanId(): string {
  const p = take(8);
  pool[p] = at(p) | 1;
  return hexRun(p, 8);
}

/** A uniform number in [0, 1) with 32 bits, from the same pool. */
export function uniform(): number {
  const p = take(4);
  return (((at(p) << 24) | (at(p + 1) << 16) | (at(p + 2) << 8) | at(p + 3)) >>> 0) / 2 ** 32;
}
