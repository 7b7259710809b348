// Which laws of a row count as "nothing happened": every bin's share within a tolerance of the baseline's true share, which is
// itself known only as well as the baseline's rows show it. What a bet on a row's bin can gain at most under any of them is the
// price that makes the bet fair; e-values are made of nothing else.

/** Standard errors granted to the baseline in one direction, fixed beforehand: its true mean lies beyond once in 3.5 million. */
export const DIRECTION_Z = 5;
/** Rows granted to one rare bin besides, whose count is Poisson, not normal: one that the baseline never met may be due in 15. */
export const RARE_ROWS = 11;
/** The null of one stream. */
export interface Ball {
  /** The baseline's shares, smoothed, with the sum 1. */
  readonly shares: Float64Array;
  /** Relative change of every bin's share that is still fine. */
  readonly tolerance: number;
  /** Rows of the baseline that count as independent. */
  readonly rows: number;
}

/**
 * Logarithm of a bound on E[r(bin)] for every law in the ball. With a tolerance t, the largest mean over p(1 + t w), |w| <= 1,
 * sum p w = 0 is min over c of sum p (r + t |r - c|): any c bounds it, here 1, the payoff of most bins. That sum is a mean under the true
 * shares p, of which the baseline gives an estimate and a standard error.
 * @param payoff r > 0, one per bin; 1 pays nothing
 */
export function logPrice({ shares, tolerance, rows }: Ball, payoff: Float64Array): number {
  let mean = 0;
  let square = 0;
  let most = 0;
  for (let b = 0; b < shares.length; b++) {
    const p = shares[b] as number;
    const r = payoff[b] as number;
    const gain = r + tolerance * Math.abs(r - 1);
    mean += p * gain;
    square += p * gain * gain;
    if (gain > most) most = gain;
  }
  const spread = Math.sqrt(Math.max(0, square - mean * mean) / rows);
  const bound = mean + DIRECTION_Z * spread + (RARE_ROWS * (most - mean)) / rows;
  return Math.log(Math.min(bound, most));
}

/**
 * Largest true share that a bin may have: the upper limit of a Poisson count at DIRECTION_Z, by Wilson and Hilferty's cube; a little
 * above the exact one.
 */
export function highestShare(share: number, rows: number): number {
  const count = share * rows + 1;
  return (count * (1 - 1 / (9 * count) + DIRECTION_Z / (3 * Math.sqrt(count))) ** 3) / rows;
}
