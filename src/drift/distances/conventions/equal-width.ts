// Histograms of equal width as numpy makes them, operation by operation: how many bins (Sturges, Doane), where their edges fall,
// and which bin a value on an edge belongs to. Conventions are reproduced with these; nothing else here uses such bins.

/** Sturges 1926, as numpy.histogram_bin_edges(bins="sturges"). @param sorted ascending, not empty */
export function sturgesEdges(sorted: Float64Array): Float64Array {
  return edgesOfWidth(sorted, rangeOf(sorted) / (Math.log2(sorted.length) + 1));
}

/** Doane 1976, as numpy.histogram_bin_edges(bins="doane"): Sturges with room for skew. @param sorted ascending, not empty */
export function doaneEdges(sorted: Float64Array): Float64Array {
  const n = sorted.length;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / n;
  const spread = Math.sqrt(sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n);
  if (n <= 2 || spread === 0) return edgesOfWidth(sorted, 0);
  const skew = sorted.reduce((sum, value) => sum + ((value - mean) / spread) ** 3, 0) / n;
  const skewSpread = Math.sqrt((6 * (n - 2)) / ((n + 1) * (n + 3)));
  const bins = 1 + Math.log2(n) + Math.log2(1 + Math.abs(skew) / skewSpread);
  return edgesOfWidth(sorted, rangeOf(sorted) / bins);
}

/** `bins` of equal width from the least to the greatest value; half a unit to both sides of a constant. */
export function equalEdges(sorted: Float64Array, bins: number): Float64Array {
  let low = sorted[0] as number;
  let high = sorted[sorted.length - 1] as number;
  if (low === high) {
    low -= 0.5;
    high += 0.5;
  }
  // Between -1e308 and 1e308 there is no finite width to divide.
  if (!Number.isFinite(high - low)) return Float64Array.of(low, high);
  const step = (high - low) / bins;
  const edges = Float64Array.from({ length: bins + 1 }, (_, i) => i * step + low);
  edges[bins] = high;
  return edges;
}

function edgesOfWidth(sorted: Float64Array, width: number): Float64Array {
  return equalEdges(sorted, width > 0 ? Math.ceil(rangeOf(sorted) / width) : 1);
}

function rangeOf(sorted: Float64Array): number {
  return (sorted[sorted.length - 1] as number) - (sorted[0] as number);
}

/** Counts in [edge, next edge), the last bin closed; values outside are in none (numpy.histogram with given edges). */
export function countBetween(edges: Float64Array, sorted: Float64Array): Float64Array {
  const counts = new Float64Array(edges.length - 1);
  let at = 0;
  while (at < sorted.length && (sorted[at] as number) < (edges[0] as number)) at++;
  for (let bin = 0; bin < counts.length; bin++) {
    const from = at;
    const end = edges[bin + 1] as number;
    const isLast = bin === counts.length - 1;
    while (at < sorted.length && ((sorted[at] as number) < end || (isLast && sorted[at] === end))) at++;
    counts[bin] = at - from;
  }
  return counts;
}

/** Rows per distinct value. */
export function countValuesOf(sorted: Float64Array): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of sorted) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  return counts;
}
