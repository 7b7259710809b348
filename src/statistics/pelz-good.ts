// Distribution of Kolmogorov's statistic for one large sample: the limiting law and its three correction terms in 1 / sqrt(n).

const PI2 = Math.PI ** 2;
const PI4 = Math.PI ** 4;
const PI6 = Math.PI ** 6;

/**
 * P(D < d) for n rows, as K0(z) + K1(z) / n^(1/2) + K2(z) / n + K3(z) / n^(3/2) with z = d sqrt(n) (Pelz and Good, J. Royal
 * Statistical Society B 38, 1976; the sums as in Simard and L'Ecuyer, J. Statistical Software 39(11), 2011).
 */
export function pelzGoodBelow(n: number, d: number): number {
  const z = d * Math.sqrt(n);
  const z2 = z * z;
  const z4 = z2 * z2;
  const z6 = z4 * z2;
  let [k0, k1, k2, k3] = [0, 0, 0, 0];
  const termsMax = Math.ceil((16 * z) / Math.PI);
  for (let k = termsMax - 1; k >= 0; k--) {
    const s = (k + 0.5) ** 2;
    const weight = Math.exp((-PI2 * s) / (2 * z2));
    k0 += weight;
    k1 += weight * (PI2 * s - z2);
    k2 += weight * (6 * z6 + 2 * z4 + PI2 * s * (2 * z4 - 5 * z2) + PI4 * s * s * (1 - 2 * z2));
    k3 +=
      weight *
      (PI6 * s ** 3 * (5 - 30 * z2) +
        PI4 * s * s * (212 * z4 - 60 * z2) +
        PI2 * s * (135 * z4 - 96 * z6) -
        30 * z6 -
        90 * z4 * z4);
  }
  let [whole2, whole3] = [0, 0];
  for (let k = termsMax; k >= 1; k--) {
    const s = PI2 * k * k;
    const weight = Math.exp(-s / (2 * z2));
    whole2 += weight * s;
    whole3 += weight * s * (3 * z2 - s);
  }
  const root = Math.sqrt(2 * Math.PI);
  const first = k0 / z;
  const second = k1 / (6 * z4);
  const third = k2 / (72 * z6 * z) - whole2 / (36 * z2 * z);
  const fourth = k3 / (6480 * z6 * z4) + whole3 / (216 * z6);
  return root * (first + second / Math.sqrt(n) + third / n + fourth / n ** 1.5);
}
