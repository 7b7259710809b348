// Population stability index of two histograms over the same bins, and the law it follows where nothing has changed. Knows
// counts only: what the bins mean, and when a value is worth an alarm, is for drift/ to say.

import { chiSquareTail } from './chi-square.ts';

/** Added to every count of a bin that either side has met, so that an empty bin gives a finite term (Jeffreys' 1/2). */
export const PSI_SMOOTHING = 0.5;

export interface Psi {
  /** In nats; 0 where both histograms are the same; NaN where either is empty. */
  readonly psi: number;
  /** Sums of the counts. */
  readonly baselineRows: number;
  readonly currentRows: number;
  /** Bins that either side has met. The others carry no information and must not be smoothed into differing shares. */
  readonly bins: number;
}

/**
 * PSI = sum over bins of (q - p) ln(q / p), with p = (n + a) / (N + a B), q likewise, a = 1/2 (Siddiqi, Credit Risk Scorecards,
 * 2006; symmetric Kullback-Leibler divergence, Jeffreys 1946).
 * @param baseline counts, as many as `current`
 */
export function psiOf(baseline: ArrayLike<number>, current: ArrayLike<number>): Psi {
  let baselineRows = 0;
  let currentRows = 0;
  let bins = 0;
  for (let i = 0; i < baseline.length; i++) {
    const n = baseline[i] as number;
    const m = current[i] as number;
    if (n === 0 && m === 0) continue;
    baselineRows += n;
    currentRows += m;
    bins++;
  }
  if (baselineRows === 0 || currentRows === 0) return { psi: Number.NaN, baselineRows, currentRows, bins };
  const pScale = 1 / (baselineRows + PSI_SMOOTHING * bins);
  const qScale = 1 / (currentRows + PSI_SMOOTHING * bins);
  let psi = 0;
  for (let i = 0; i < baseline.length; i++) {
    const n = baseline[i] as number;
    const m = current[i] as number;
    if (n === 0 && m === 0) continue;
    const p = (n + PSI_SMOOTHING) * pScale;
    const q = (m + PSI_SMOOTHING) * qScale;
    psi += (q - p) * Math.log(q / p);
  }
  return { psi, baselineRows, currentRows, bins };
}

/**
 * Probability of a PSI at least this large where the true one is `effect` at most. Without an effect, PSI / (1/N + 1/M) is
 * about chi-square with B - 1 degrees of freedom (Yurdakul & Naranjo, J. Risk Model Validation 14(4), 2020); with one, about
 * noncentral chi-square (minimum-effect test, arXiv 2307.11878), here by Patnaik's two-moment fit (Biometrika 36, 1949).
 * Approximate: good where bins expect some five rows or more.
 */
export function psiTail(found: Psi, effect: number): number {
  const df = found.bins - 1;
  if (df < 1) return 1;
  const scale = 1 / found.baselineRows + 1 / found.currentRows;
  const noncentrality = effect / scale;
  const spread = df + 2 * noncentrality;
  const stretch = spread / (df + noncentrality);
  return chiSquareTail(found.psi / scale / stretch, (df + noncentrality) ** 2 / spread);
}
