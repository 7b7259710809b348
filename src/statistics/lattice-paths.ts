// The exact law of the two-sample Kolmogorov-Smirnov statistic: every order in which two samples of n and m rows can interleave
// is a path over a lattice, and p is the share of paths that ever stray as far from the diagonal as the one observed.

/**
 * P(D >= h / lcm(n, m)) for two samples of one continuous distribution. Ties make the true p smaller: it errs on the safe side.
 * @param h the statistic times lcm(n, m), a whole number
 */
export function pathsOutside(n: number, m: number, h: number): number {
  if (h <= 0) return 1;
  return n === m ? outsideSquare(n, h) : outsideBand(Math.max(n, m), Math.min(n, m), h);
}

/**
 * Equal samples: 2 (C(2n, n-h) - C(2n, n-2h) + ...) / C(2n, n) (Gnedenko and Korolyuk 1951), each quotient of binomials as a
 * product, the alternating sum from its smallest term on, so that nothing overflows and little cancels.
 */
function outsideSquare(n: number, h: number): number {
  let p = 0;
  for (let k = Math.floor(n / h); k >= 0; k--) {
    let factor = 1;
    for (let j = 0; j < h; j++) factor *= (n - k * h - j) / (n + k * h + j + 1);
    p = factor * (1 - p);
  }
  return 2 * p;
}

/**
 * Unequal samples. On a random path through (i, j) the step before came from (i-1, j) with probability i / (i+j); so the
 * probability to have been outside is the same mean of its two predecessors', and 1 outside (Viehmann, arXiv 2102.08037: the
 * recursion of Hodges 1958 turned so that nothing is subtracted from one).
 */
function outsideBand(wide: number, high: number, h: number): number {
  const divisor = greatestCommonDivisor(wide, high);
  const stepI = high / divisor;
  const stepJ = wide / divisor;
  const outside = new Float64Array(wide + 1).fill(1);
  let from = 0;
  for (let j = 0; j <= high; j++) {
    const first = Math.max(0, Math.floor((j * stepJ - h) / stepI) + 1);
    const last = Math.min(wide, Math.ceil((j * stepJ + h) / stepI) - 1);
    for (; from < first; from++) outside[from] = 1;
    let before = first === 0 ? 0 : 1;
    for (let i = first; i <= last; i++) {
      const below = j === 0 ? 0 : (outside[i] as number);
      before = i + j === 0 ? 0 : (i * before + j * below) / (i + j);
      outside[i] = before;
    }
  }
  return outside[wide] as number;
}

function greatestCommonDivisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return x;
}

export function leastCommonMultiple(a: number, b: number): number {
  return (a / greatestCommonDivisor(a, b)) * b;
}
