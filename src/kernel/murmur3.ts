// murmur3_x86_32 over bytes (Austin Appleby, public domain). The hash behind every assignment: it must give the same
// number in any language, so it takes bytes, never UTF-16 units, and is pinned by golden vectors.

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/**
 * Hash `length` bytes of `bytes` from `start`.
 * @returns an unsigned 32-bit integer
 */
export function murmur3(bytes: Uint8Array, seed: number, start = 0, length = bytes.length - start): number {
  let h = seed | 0;
  const end = start + length;
  const blocksEnd = end - (length & 3);
  let i = start;
  for (; i < blocksEnd; i += 4) {
    let k =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    k = Math.imul(k, C1);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, C2);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  const tail = length & 3;
  if (tail > 0) {
    let k = bytes[i] as number;
    if (tail > 1) k |= (bytes[i + 1] as number) << 8;
    if (tail > 2) k |= (bytes[i + 2] as number) << 16;
    k = Math.imul(k, C1);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, C2);
  }
  return finalize(h ^ length);
}

const scratch = new Uint8Array(256);

/** Hash a text whose characters are bytes (ASCII, latin1) without allocating anything for it. */
export function murmur3OfText(text: string, seed: number): number {
  const { length } = text;
  const bytes = length <= scratch.length ? scratch : new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = text.charCodeAt(i);
  return murmur3(bytes, seed, 0, length);
}

/** The avalanche step alone: mixes one 32-bit integer. */
export function finalize(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
