// Where outcomes lie, by a hash of their decision: an index in memory with room for so many places. Beyond that the oldest place gives
// way to the newest, and is counted. A ring of numbers with chains through it; one place takes 24 bytes.

export interface Place {
  /** Number of the file. */
  readonly file: number;
  readonly offset: number;
  readonly length: number;
}

export interface Places {
  add(hash: number, place: Place): void;
  /** Places under this hash; another decision may have the same. */
  of(hash: number): Place[];
  /** Places that gave way. */
  readonly forgotten: number;
}

const FIRST = 1024;
const NONE = 0;

/** @param placesMax a power of two, at most 2^30 */
export function createPlaces(placesMax: number): Places {
  /** Places are numbered from 1, in the order in which they came. */
  let count = 0;
  let ring = ringOf(Math.min(FIRST, placesMax));

  function link(number: number, hash: number): void {
    const bucket = hash & (ring.size - 1);
    ring.before[number & (ring.size - 1)] = ring.newest[bucket] ?? NONE;
    ring.newest[bucket] = number;
  }

  function grow(): void {
    const old = ring;
    ring = ringOf(old.size * 2);
    for (let number = 1; number <= count; number++) {
      const [from, to] = [number & (old.size - 1), number & (ring.size - 1)];
      const hash = old.hashes[from] ?? 0;
      ring.hashes[to] = hash;
      ring.files[to] = old.files[from] ?? 0;
      ring.offsets[to] = old.offsets[from] ?? 0;
      ring.lengths[to] = old.lengths[from] ?? 0;
      link(number, hash);
    }
  }

  return {
    add(hash, { file, offset, length }) {
      if (count >= ring.size && ring.size < placesMax) grow();
      count += 1;
      const slot = count & (ring.size - 1);
      ring.hashes[slot] = hash;
      ring.files[slot] = file;
      ring.offsets[slot] = offset;
      ring.lengths[slot] = length;
      link(count, hash);
    },
    of(hash) {
      const found: Place[] = [];
      // A chain goes from new to old, so that it ends at the first place that gave way.
      const oldest = Math.max(1, count - ring.size + 1);
      for (let number = ring.newest[hash & (ring.size - 1)] ?? NONE; number >= oldest; ) {
        const slot = number & (ring.size - 1);
        if (ring.hashes[slot] === hash)
          found.push({
            file: ring.files[slot] ?? 0,
            offset: ring.offsets[slot] ?? 0,
            length: ring.lengths[slot] ?? 0,
          });
        number = ring.before[slot] ?? NONE;
      }
      return found;
    },
    get forgotten() {
      return Math.max(0, count - ring.size);
    },
  };
}

function ringOf(size: number) {
  return {
    size,
    hashes: new Uint32Array(size),
    files: new Uint16Array(size),
    offsets: new Float64Array(size),
    lengths: new Uint16Array(size),
    before: new Uint32Array(size),
    newest: new Uint32Array(size),
  };
}

/** FNV-1a, 32 bits (Fowler, Noll, Vo): visible ASCII only. */
export function placeHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  // The low bits choose the chain: mixed once more.
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 0;
}
