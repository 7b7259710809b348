// Latency histograms in shared memory: buckets a quarter of an octave wide from 0.25 ms to 32.8 s, found from the bits of
// the number itself. Prometheus sees every second or fourth bound (LE_MS); quantiles are read from all of them.

const PER_OCTAVE = 4;
const FLOOR_MS = 0.25;
const OCTAVES = 17;

/** Cells of one histogram: below the floor, the quarter octaves, above the ceiling, then the sum of all values. */
export const BUCKETS = OCTAVES * PER_OCTAVE + 2;
export const HISTOGRAM_CELLS = BUCKETS + 1;
const SUM = BUCKETS;

const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;
// Sign, exponent and the first two bits of the fraction of an IEEE 754 double: equal within a quarter octave.
const leading = (value: number): number => {
  number[0] = value;
  return (words[HIGH] as number) >>> 18;
};
const FIRST = leading(FLOOR_MS) - 1;
// Takes any number one step down (round to even included), so that an upper bound is inside, as in Prometheus's `le`.
const A_HAIR_LESS = 1 - Number.EPSILON / 2;

/** Upper bound of every bucket in ms; the last is infinite. */
export const BOUNDS_MS: readonly number[] = Array.from({ length: BUCKETS }, (_, bucket) => {
  if (bucket === BUCKETS - 1) return Number.POSITIVE_INFINITY;
  const octave = Math.floor(bucket / PER_OCTAVE);
  return FLOOR_MS * 2 ** octave * (1 + (bucket % PER_OCTAVE) / PER_OCTAVE);
});

/** Bounds shown to Prometheus: octaves, and half octaves where models answer (1 to 128 ms). */
export const LE_MS: readonly number[] = BOUNDS_MS.filter((bound, bucket) => {
  if (!Number.isFinite(bound)) return false;
  const part = bucket % PER_OCTAVE;
  return part === 0 || (part === 2 && bound > 1 && bound < 128);
});

export function bucketOf(ms: number): number {
  const bucket = leading(ms * A_HAIR_LESS) - FIRST;
  // A negative number has its sign bit on top and would land above the ceiling.
  if (bucket <= 0 || !(ms > 0)) return 0;
  return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/** Count `ms` in the histogram whose cells start at `offset`. */
export function observe(cells: Float64Array, offset: number, ms: number): void {
  const at = offset + bucketOf(ms);
  cells[at] = (cells[at] as number) + 1;
  if (ms > 0) cells[offset + SUM] = (cells[offset + SUM] as number) + ms;
}

/** Number of values; the buckets are the only count there is, so that it can never disagree with them. */
export function countOf(cells: Float64Array, offset = 0): number {
  let count = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) count += cells[offset + bucket] as number;
  return count;
}

export function sumMs(cells: Float64Array, offset = 0): number {
  return cells[offset + SUM] as number;
}

/**
 * The q-quantile in ms, linear inside its bucket as in PromQL's histogram_quantile; above the ceiling, the ceiling.
 * @returns null where nothing was counted
 */
export function quantileMs(cells: Float64Array, q: number, offset = 0): number | null {
  const count = countOf(cells, offset);
  if (count <= 0) return null;
  const rank = q * count;
  let below = 0;
  for (let bucket = 0; bucket < BUCKETS - 1; bucket++) {
    const here = cells[offset + bucket] as number;
    if (here > 0 && below + here >= rank) {
      const low = bucket === 0 ? 0 : (BOUNDS_MS[bucket - 1] as number);
      return low + ((BOUNDS_MS[bucket] as number) - low) * Math.max(0, (rank - below) / here);
    }
    below += here;
  }
  return BOUNDS_MS[BUCKETS - 2] as number;
}
