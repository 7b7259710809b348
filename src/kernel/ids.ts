// Identifiers made on the request path: UUIDv7 for decisions (RFC 9562 section 5.7) and W3C trace and span ids.
// Random bytes come from one refilled pool, since a call to the generator per request costs more than the id itself.

import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 4096;

const pool = Buffer.alloc(POOL_BYTES);
/** All of the pool as hex digits: an id is a slice of it. */
let digits = '';
let used = POOL_BYTES;

/** @returns where `count` fresh bytes begin */
function take(count: number): number {
  if (used + count > POOL_BYTES) {
    randomFillSync(pool);
    digits = pool.toString('hex');
    used = 0;
  }
  const at = used;
  used += count;
  return at;
}

/** Time in hex digits as the last id had it: many are made in one millisecond. */
let time = { ms: -1, digits: '' };

/** A UUIDv7: 48 bits of Unix milliseconds, then 74 random bits. */
export function uuidv7(wallMs: number): string {
  const ms = Math.floor(wallMs);
  if (ms !== time.ms) {
    const all = ms.toString(16).padStart(12, '0').slice(-12);
    time = { ms, digits: `${all.slice(0, 8)}-${all.slice(8)}-7` };
  }
  const at = 2 * take(10);
  const variant = '89ab'[(pool[at / 2] as number) & 3] as string;
  const random = digits;
  return `${time.digits}${random.slice(at + 2, at + 5)}-${variant}${random.slice(at + 5, at + 8)}-${random.slice(at + 8, at + 20)}`;
}

/** A W3C trace id: 32 hex digits, never all zero. */
export function traceId(): string {
  const id = hex(16);
  return id === NO_TRACE ? traceId() : id;
}

/** A W3C span (parent) id: 16 hex digits, never all zero. */
export function spanId(): string {
  const id = hex(8);
  return id === NO_SPAN ? spanId() : id;
}

const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

function hex(bytes: number): string {
  const at = 2 * take(bytes);
  return digits.slice(at, at + 2 * bytes);
}

/** A uniform number in [0, 1) with 32 bits, from the same pool. */
export function uniform(): number {
  return pool.readUInt32BE(take(4)) / 2 ** 32;
}
