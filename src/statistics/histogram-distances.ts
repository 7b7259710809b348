// Distances of two histograms over the same bins, each normalised to shares first; nothing is smoothed. NaN where a side is empty.
// They look at shares alone, so that all of them grow with fewer rows although nothing has changed.

interface Shares {
  readonly p: Float64Array;
  readonly q: Float64Array;
}

function sharesOf(baseline: ArrayLike<number>, current: ArrayLike<number>): Shares {
  return { p: normalised(baseline), q: normalised(current) };
}

function normalised(counts: ArrayLike<number>): Float64Array {
  const shares = Float64Array.from(counts);
  const total = shares.reduce((sum, count) => sum + count, 0);
  return shares.map((count) => count / total);
}

/**
 * Jensen-Shannon divergence in nats: half of sum p ln(p / m) + sum q ln(q / m), m = (p + q) / 2; 0 to ln 2 (Lin, IEEE Trans.
 * Information Theory 37, 1991). Divided by ln 2 it is in bits; its square root is the distance (scipy's jensenshannon; Endres and
 * Schindelin 2003), base 2 likewise.
 */
export function jensenShannonDivergence(baseline: ArrayLike<number>, current: ArrayLike<number>): number {
  const { p, q } = sharesOf(baseline, current);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const m = ((p[i] as number) + (q[i] as number)) / 2;
    sum += relativeEntropy(p[i] as number, m) + relativeEntropy(q[i] as number, m);
  }
  return Number.isNaN(sum) ? sum : Math.max(0, sum / 2);
}

/** x ln(x / m), by log1p where both are close, 0 where x is. */
function relativeEntropy(x: number, m: number): number {
  if (x === 0) return 0;
  const ratio = x / m;
  return x * (ratio > 0.5 && ratio < 2 ? Math.log1p((x - m) / m) : Math.log(ratio));
}

/** sqrt(1 - sum sqrt(p q)), 0 to 1 (Hellinger 1909), as sqrt(sum (sqrt p - sqrt q)^2 / 2), in which little cancels. */
export function hellingerDistance(baseline: ArrayLike<number>, current: ArrayLike<number>): number {
  const { p, q } = sharesOf(baseline, current);
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += (Math.sqrt(p[i] as number) - Math.sqrt(q[i] as number)) ** 2;
  return Math.sqrt(Math.min(1, sum / 2));
}

/** Half of sum |p - q|, 0 to 1: the share of rows that would have to change bins. */
export function totalVariation(baseline: ArrayLike<number>, current: ArrayLike<number>): number {
  const { p, q } = sharesOf(baseline, current);
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += Math.abs((p[i] as number) - (q[i] as number));
  return Math.min(1, sum / 2);
}

/** max |p - q|, 0 to 1: the change of the bin that changed most. */
export function lInfinity(baseline: ArrayLike<number>, current: ArrayLike<number>): number {
  const { p, q } = sharesOf(baseline, current);
  let largest = 0;
  for (let i = 0; i < p.length; i++) {
    const gap = Math.abs((p[i] as number) - (q[i] as number));
    if (Number.isNaN(gap)) return gap;
    if (gap > largest) largest = gap;
  }
  return largest;
}
