// Wasserstein-1 (earth mover's) distance of two samples on a line, in the unit of the values: how far a row has moved on average.
// From bins it is known between two bounds.

/**
 * Integral of |F - G| (Vallender 1974), as scipy.stats.wasserstein_distance. NaN where a side is empty.
 * @param baseline ascending and finite; `current` likewise
 */
export function wassersteinOfSamples(baseline: ArrayLike<number>, current: ArrayLike<number>): number {
  const [n, m] = [baseline.length, current.length];
  if (n === 0 || m === 0) return Number.NaN;
  let [i, j] = [0, 0];
  let at = Math.min(baseline[0] as number, current[0] as number);
  let [sum, lost] = [0, 0];
  while (i < n || j < m) {
    const next = Math.min(i < n ? (baseline[i] as number) : Infinity, j < m ? (current[j] as number) : Infinity);
    // Kahan's summation: a million small steps must not cost digits.
    const step = Math.abs(i / n - j / m) * (next - at) - lost;
    const raised = sum + step;
    lost = raised - sum - step;
    sum = raised;
    at = next;
    while (i < n && baseline[i] === at) i++;
    while (j < m && current[j] === at) j++;
  }
  return sum;
}

export interface WassersteinOfBins {
  /** As if rows were spread evenly within each bin; rows beyond the outer edges stand on them. */
  readonly value: number;
  readonly low: number;
  /** Null where rows lie beyond the outer edges: nobody counted how far. */
  readonly high: number | null;
}

/**
 * Within a bin of width w, F rises from F0 to F1 and G from G0 to G1 in ways unknown: the integral of |F - G| over it is at least
 * w max(0, G0 - F1, F0 - G1) and at most w max(F1 - G0, G1 - F0); both are attained. As straight lines they give the value.
 * @param edges one more than the bins; `baseline` and `current` hold a count below, the bins' counts, and a count above
 */
export function wassersteinOfBins(
  edges: ArrayLike<number>,
  baseline: ArrayLike<number>,
  current: ArrayLike<number>,
): WassersteinOfBins {
  let [n, m] = [0, 0];
  for (let i = 0; i < baseline.length; i++) {
    n += baseline[i] as number;
    m += current[i] as number;
  }
  if (n === 0 || m === 0) return { value: Number.NaN, low: Number.NaN, high: Number.NaN };
  const lastBin = baseline.length - 1;
  let [f0, g0] = [(baseline[0] as number) / n, (current[0] as number) / m];
  const isBounded = f0 + g0 === 0 && (baseline[lastBin] as number) + (current[lastBin] as number) === 0;
  let [value, low, high] = [0, 0, 0];
  let [upTo, upToCurrent] = [baseline[0] as number, current[0] as number];
  for (let bin = 1; bin < lastBin; bin++) {
    upTo += baseline[bin] as number;
    upToCurrent += current[bin] as number;
    const width = (edges[bin] as number) - (edges[bin - 1] as number);
    const [f1, g1] = [upTo / n, upToCurrent / m];
    value += width * meanGap(f0 - g0, f1 - g1);
    low += width * Math.max(0, g0 - f1, f0 - g1);
    high += width * Math.max(f1 - g0, g1 - f0);
    [f0, g0] = [f1, g1];
  }
  return { value, low, high: isBounded ? high : null };
}

/** Mean of |line| from a to b. */
function meanGap(a: number, b: number): number {
  if (a * b >= 0) return Math.abs(a + b) / 2;
  return (a * a + b * b) / (2 * (Math.abs(a) + Math.abs(b)));
}
