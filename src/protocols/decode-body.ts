// Undoes Content-Encoding on a captured copy, so that codecs see what the sender meant. Synchronous, since it runs in the
// monitor alone; the decoded size and the number of codings are bounded, since both are the sender's choice (zip bombs).

import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import type { Payload } from './protocol.ts';
import { Unreadable } from './unreadable.ts';

export const DECODED_BYTES_MAX = 8 * 1024 * 1024;
const CODINGS_MAX = 3;

type Decoder = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

/** RFC 9110 section 8.4.1; RFC 8878 for zstd. */
const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateEither],
  ['br', brotliDecompressSync],
  ['zstd', zstdDecompressSync],
]);

/**
 * @returns the body without its content codings; the same bytes where it has none
 * @throws Unreadable where a coding is unknown or broken, or a bound is passed
 */
export function decodeBody(payload: Payload, bytesMax = DECODED_BYTES_MAX): Uint8Array {
  const header = payload.headers['content-encoding'];
  if (header === undefined) return within(payload.bytes, bytesMax);
  const codings = header
    .split(',', 16)
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (codings.length > CODINGS_MAX) throw new Unreadable(`more than ${CODINGS_MAX} content codings`);
  return within(
    codings.reduceRight<Uint8Array>((bytes, coding) => decodeOne(bytes, coding, bytesMax), payload.bytes),
    bytesMax,
  );
}

function decodeOne(bytes: Uint8Array, coding: string, bytesMax: number): Uint8Array {
  const decoder = DECODERS.get(coding);
  if (decoder === undefined) throw new Unreadable('unknown content coding');
  try {
    return decoder(bytes, { maxOutputLength: bytesMax });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Unreadable(`decodes to more than ${bytesMax} bytes`);
    }
    throw new Unreadable(`broken ${coding} coding`);
  }
}

function within(bytes: Uint8Array, bytesMax: number): Uint8Array {
  if (bytes.length > bytesMax) throw new Unreadable(`longer than ${bytesMax} bytes`);
  return bytes;
}

/** `deflate` means zlib (RFC 1950); some senders leave its two-byte header out. */
function inflateEither(bytes: Uint8Array, options: { maxOutputLength: number }): Uint8Array {
  const first = bytes[0] ?? 0;
  const isZlib = (first & 0x0f) === 8 && (first * 256 + (bytes[1] ?? 0)) % 31 === 0;
  return isZlib ? inflateSync(bytes, options) : inflateRawSync(bytes, options);
}
