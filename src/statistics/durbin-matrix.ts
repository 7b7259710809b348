// Distribution of Kolmogorov's statistic for one sample, exact: Durbin's matrix, raised to the n-th power as Marsaglia, Tsang and
// Wang do. All entries are positive, so nothing cancels; the cost grows with (n d)^3, so it serves where n d is small.

/** Powers of two are exact; both bounds stay far from overflow. */
const SCALE = 2 ** 128;

/**
 * P(D < d) for n rows (Marsaglia, Tsang, Wang, J. Statistical Software 8(18), 2003).
 * @param d between 1 / (2n) and 1
 */
export function durbinBelow(n: number, d: number): number {
  const k = Math.ceil(n * d);
  const size = 2 * k - 1;
  let matrix = durbinMatrix(k - n * d, size);
  let power: Float64Array | null = null;
  let matrixScales = 0;
  let scales = 0;
  const centre = (k - 1) * size + k - 1;
  for (let left = n; ; ) {
    if (left % 2 === 1) {
      power = power === null ? matrix : multiply(power, matrix, size);
      scales += matrixScales;
    }
    left = Math.floor(left / 2);
    if (left === 0) break;
    matrix = multiply(matrix, matrix, size);
    matrixScales *= 2;
    if ((matrix[centre] as number) > SCALE) {
      for (let i = 0; i < matrix.length; i++) matrix[i] = (matrix[i] as number) / SCALE;
      matrixScales++;
    }
  }
  let below = power === null ? 0 : (power[centre] as number);
  // Times n! / n^n.
  for (let i = 1; i <= n; i++) {
    below *= i / n;
    if (below < 1 / SCALE) {
      below *= SCALE;
      scales--;
    }
  }
  for (; scales > 0; scales--) below *= SCALE;
  for (; scales < 0 && below > 0; scales++) below /= SCALE;
  return Math.min(1, below);
}

/** @param h how far n d lies below the next whole number, 0 to 1 */
function durbinMatrix(h: number, size: number): Float64Array {
  const matrix = new Float64Array(size * size);
  const inverseFactorials = new Float64Array(size + 1);
  inverseFactorials[0] = 1;
  for (let j = 1; j <= size; j++) inverseFactorials[j] = (inverseFactorials[j - 1] as number) / j;
  for (let i = 0; i < size; i++) {
    for (let j = 1; j < size; j++) if (j <= i + 1) matrix[i * size + j] = inverseFactorials[i + 1 - j] as number;
  }
  for (let i = 0; i < size; i++) {
    const edge = (1 - h ** (i + 1)) * (inverseFactorials[i + 1] as number);
    matrix[i * size] = edge;
    matrix[(size - 1) * size + size - 1 - i] = edge;
  }
  const corner = 1 - 2 * h ** size + Math.max(0, 2 * h - 1) ** size;
  matrix[(size - 1) * size] = corner * (inverseFactorials[size] as number);
  return matrix;
}

function multiply(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const product = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const factor = a[i * size + k] as number;
      if (factor === 0) continue;
      for (let j = 0; j < size; j++) {
        product[i * size + j] = (product[i * size + j] as number) + factor * (b[k * size + j] as number);
      }
    }
  }
  return product;
}
