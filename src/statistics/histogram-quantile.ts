// A quantile of counts on known edges, by linear interpolation inside the bin that holds it.

/**
 * @param edges one more than bins, ascending; bin i is [edges[i], edges[i + 1])
 * @param counts of the bins, from `start`
 * @param probability 0 to 1
 * @returns undefined where nothing was counted
 */
export function histogramQuantile(
  edges: ArrayLike<number>,
  counts: ArrayLike<number>,
  probability: number,
  start = 0,
): number | undefined {
  const bins = edges.length - 1;
  let total = 0;
  for (let i = 0; i < bins; i++) total += counts[start + i] as number;
  if (total === 0) return undefined;
  let rank = probability * total;
  for (let i = 0; i < bins; i++) {
    const count = counts[start + i] as number;
    if (count > 0 && rank <= count) {
      const low = edges[i] as number;
      return low + ((edges[i + 1] as number) - low) * (rank / count);
    }
    rank -= count;
  }
  return edges[bins];
}
