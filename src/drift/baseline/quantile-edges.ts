// Bin edges from a sample: about equal counts a bin, with every value that alone holds more than half a bin's share (zeros,
// defaults, codes) in a bin without its neighbours, and no bin that the sample left empty.

const BINS = 20;

/**
 * @param sorted ascending, finite, at least one value
 * @returns strictly ascending edges, two at least; every sampled value lies in [first, last)
 */
export function quantileEdges(sorted: Float64Array, bins = BINS): Float64Array {
  const n = sorted.length;
  const candidates: number[] = [afterward(sorted[n - 1] as number)];
  for (let i = 0; i < bins; i++) candidates.push(sorted[Math.floor((i * n) / bins)] as number);
  for (const atom of atoms(sorted, n / (2 * bins))) candidates.push(atom, afterward(atom));
  const edges = Float64Array.from(new Set(candidates)).sort();
  return withoutEmptyBins(edges, sorted);
}

/** Values that repeat more than `count` times (and at least twice). */
function atoms(sorted: Float64Array, count: number): number[] {
  const found: number[] = [];
  let start = 0;
  for (let i = 1; i <= sorted.length; i++) {
    if (i < sorted.length && sorted[i] === sorted[start]) continue;
    if (i - start > count && i - start > 1) found.push(sorted[start] as number);
    start = i;
  }
  return found;
}

/** An empty bin joins the bin above it, so that a value with a bin of its own shares it with nothing above. */
function withoutEmptyBins(edges: Float64Array, sorted: Float64Array): Float64Array {
  const kept: number[] = [edges[0] as number];
  let at = 0;
  for (const end of edges.subarray(1)) {
    const from = at;
    while (at < sorted.length && (sorted[at] as number) < end) at++;
    if (at > from) kept.push(end);
  }
  return Float64Array.from(kept);
}

const scratch = new DataView(new ArrayBuffer(8));

/** The next double above a finite one (IEEE 754 nextUp), so that [x, afterward(x)) holds x alone. */
export function afterward(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  scratch.setFloat64(0, value);
  const bits = scratch.getBigInt64(0);
  scratch.setBigInt64(0, value > 0 ? bits + 1n : bits - 1n);
  return scratch.getFloat64(0);
}
