// Isotonic regression: the nondecreasing step that is nearest to weighted means, by pooling adjacent violators (Barlow, Bartholomew,
// Bremner, Brunk 1972). Between its steps values are interpolated, beyond them held, as scikit-learn's IsotonicRegression does with
// out_of_bounds="clip".

export interface Isotonic {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/**
 * @param x strictly ascending
 * @param sums of the values at each x
 * @param weights how many values, above 0
 */
export function fitIsotonic(x: ArrayLike<number>, sums: ArrayLike<number>, weights: ArrayLike<number>): Isotonic {
  const starts: number[] = [];
  const blockSums: number[] = [];
  const blockWeights: number[] = [];
  for (let i = 0; i < x.length; i++) {
    let [start, sum, weight] = [i, sums[i] as number, weights[i] as number];
    for (let last = starts.length - 1; last >= 0; last--) {
      if ((blockSums[last] as number) / (blockWeights[last] as number) < sum / weight) break;
      sum += blockSums.pop() as number;
      weight += blockWeights.pop() as number;
      start = starts.pop() as number;
    }
    starts.push(start);
    blockSums.push(sum);
    blockWeights.push(weight);
  }
  const xs: number[] = [];
  const ys: number[] = [];
  for (const [block, start] of starts.entries()) {
    const end = (starts[block + 1] ?? x.length) - 1;
    const level = (blockSums[block] as number) / (blockWeights[block] as number);
    xs.push(x[start] as number);
    ys.push(level);
    if (end > start) {
      xs.push(x[end] as number);
      ys.push(level);
    }
  }
  return { x: Float64Array.from(xs), y: Float64Array.from(ys) };
}

/** @returns NaN where nothing was fitted */
export function isotonicAt({ x, y }: Isotonic, at: number): number {
  const last = x.length - 1;
  if (last < 0) return Number.NaN;
  if (at <= (x[0] as number)) return y[0] as number;
  if (at >= (x[last] as number)) return y[last] as number;
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((x[middle] as number) <= at) low = middle;
    else high = middle;
  }
  const [x0, x1, y0, y1] = [x[low] as number, x[high] as number, y[low] as number, y[high] as number];
  return y0 + ((y1 - y0) * (at - x0)) / (x1 - x0);
}
