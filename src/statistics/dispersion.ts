// How much more counts differ between groups (days, hours) than rows drawn independently from one distribution would, and how
// far a group's own shares are to be believed. Moments of the Dirichlet-multinomial; knows counts only.

export interface Dispersion {
  /** Pearson's chi-square per degree of freedom: 1 is chance; NaN where nothing can be compared. */
  readonly ratio: number;
  /** Degrees of freedom: (groups - 1)(bins - 1), empty ones left out. */
  readonly degrees: number;
  /** The size that unequal groups count for: (N - sum N_g^2 / N) / (G - 1). */
  readonly groupSize: number;
  readonly bins: number;
}

/**
 * Pearson's test of homogeneity: X^2 = sum over groups and bins of (n_gb - N_g n_b / N)^2 / (N_g n_b / N). Of independent rows its
 * mean is the degrees of freedom, however small the groups (Haldane, Biometrika 31, 1940: N / (N - 1) times it).
 */
export function dispersionOf(groups: Iterable<ArrayLike<number>>, size: number): Dispersion {
  const totals = new Float64Array(size);
  const met: ArrayLike<number>[] = [];
  const sizes: number[] = [];
  for (const group of groups) {
    let rows = 0;
    for (let bin = 0; bin < size; bin++) rows += group[bin] as number;
    if (rows === 0) continue;
    for (let bin = 0; bin < size; bin++) totals[bin] = (totals[bin] as number) + (group[bin] as number);
    met.push(group);
    sizes.push(rows);
  }
  const all = sizes.reduce((sum, rows) => sum + rows, 0);
  const bins = totals.reduce((count, total) => count + (total > 0 ? 1 : 0), 0);
  const squares = sizes.reduce((sum, rows) => sum + rows * rows, 0);
  let chiSquare = 0;
  for (const [g, group] of met.entries()) {
    const share = (sizes[g] as number) / all;
    for (let bin = 0; bin < size; bin++) {
      const expected = (totals[bin] as number) * share;
      if (expected > 0) chiSquare += ((group[bin] as number) - expected) ** 2 / expected;
    }
  }
  const degrees = Math.max(0, (met.length - 1) * (bins - 1));
  const groupSize = met.length < 2 ? 0 : (all - squares / all) / (met.length - 1);
  return { ratio: degrees === 0 ? Number.NaN : chiSquare / degrees, degrees, groupSize, bins };
}

/**
 * Correlation within groups, by moments: of a Dirichlet-multinomial the ratio is 1 + (n - 1) rho on average (Mosimann, Biometrika
 * 49, 1962; Brier, Biometrika 67, 1980), here with what the rows of one group vary by anyway (`within`) instead of 1.
 * @returns 0 to 1; 0 where the groups do not differ more than that
 */
export function correlationWithin({ ratio, groupSize }: Dispersion, within: number): number {
  if (!(ratio > within) || groupSize <= 1) return 0;
  return Math.min(1, (ratio - within) / (groupSize - 1));
}
