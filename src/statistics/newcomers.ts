// How likely new rows have a property that none of the old rows had, where nothing has changed.

/**
 * Of N old rows and n new ones, in any order equally likely, k have the property: chance that all k are among the new ones,
 * C(n, k) / C(N + n, k). Exact, and of values beyond the greatest old one as well (the law of exceedances: Gumbel & von Schelling,
 * Annals of Mathematical Statistics 21, 1950).
 */
export function newcomerTail(oldRows: number, newRows: number, found: number): number {
  let chance = 1;
  // Below any level that matters it is far smaller still.
  for (let i = 0; i < found && chance > 1e-300; i++) chance *= (newRows - i) / (oldRows + newRows - i);
  return chance;
}
