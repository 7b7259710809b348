// A model of the model, as far as bins go: prediction = mean + the sum over features of a weight per bin. Fitted once on the
// baseline's rows, it tells how much of a change in predictions each feature's change accounts for (contributions.ts), without
// asking the model anything. What it cannot account for is said beside it.
//
// Ridge regression on one indicator per bin, solved feature by feature (Gauss-Seidel on the normal equations, which for ridge
// converges to the one solution): Buja, Hastie, Tibshirani, Linear smoothers and additive models, Ann. Statist. 17 (1989).

/** Feature by feature, the bin of every row. */
export interface BinnedRows {
  readonly rows: number;
  readonly features: readonly { readonly name: string; readonly bins: Uint8Array; readonly size: number }[];
}

export interface SurrogateTerm {
  readonly feature: string;
  /** Per bin, in units of the prediction; their mean over the rows of the fit is 0. NaN: no row of the fit fell there. */
  readonly weights: Float64Array;
}

export interface Surrogate {
  readonly terms: readonly SurrogateTerm[];
  /** Of the prediction over the rows of the fit. */
  readonly mean: number;
  readonly rows: number;
  /** Share of the prediction's variance that it accounts for on rows held out from the fit; negative where it misleads. */
  readonly r2: number;
}

/** Rows that a bin's weight is drawn to zero by: a bin of few rows says little. */
const RIDGE = 5;
const SWEEPS_MAX = 200;
/** Of the prediction's standard deviation: weights that move less have arrived. */
const ARRIVED = 1e-7;
/** Every fifth row is held out for `r2`. */
const FOLD = 5;

/**
 * @param predictions one per row; rows whose prediction is not finite are left out
 * @returns null where fewer than 50 rows are left, or all predictions are the same
 */
export function fitSurrogate(binned: BinnedRows, predictions: Float64Array): Surrogate | null {
  const usable = rowsWhere(predictions, () => true);
  if (usable.length < 50) return null;
  const inFold = (row: number): boolean => row % FOLD === 0;
  const trial = ridge(
    binned,
    predictions,
    rowsWhere(predictions, (row) => !inFold(row)),
  );
  const whole = ridge(binned, predictions, usable);
  if (whole.deviation <= 1e-12 * Math.abs(whole.mean)) return null;
  const r2 = determination(binned, predictions, rowsWhere(predictions, inFold), trial);
  const terms = binned.features.map(({ name }, f) => ({ feature: name, weights: whole.weights[f] as Float64Array }));
  return { terms, mean: whole.mean, rows: usable.length, r2 };
}

function rowsWhere(predictions: Float64Array, holds: (row: number) => boolean): Uint32Array {
  const rows = new Uint32Array(predictions.length);
  let count = 0;
  for (let row = 0; row < predictions.length; row++) {
    if (Number.isFinite(predictions[row]) && holds(row)) rows[count++] = row;
  }
  return rows.slice(0, count);
}

interface Fit {
  readonly mean: number;
  /** Standard deviation of the predictions. */
  readonly deviation: number;
  readonly weights: readonly Float64Array[];
}

function ridge({ features }: BinnedRows, predictions: Float64Array, rows: Uint32Array): Fit {
  let mean = 0;
  for (const row of rows) mean += (predictions[row] as number) / rows.length;
  const residuals = new Float64Array(rows.length);
  let variance = 0;
  rows.forEach((row, i) => {
    const residual = (predictions[row] as number) - mean;
    residuals[i] = residual;
    variance += (residual * residual) / rows.length;
  });
  const deviation = Math.sqrt(variance);
  const weights = features.map(({ size }) => new Float64Array(size));
  for (let sweep = 0; sweep < SWEEPS_MAX && deviation > 0; sweep++) {
    let moved = 0;
    for (const [f, { bins }] of features.entries()) {
      moved = Math.max(moved, refit(bins, rows, residuals, weights[f] as Float64Array));
    }
    if (moved < ARRIVED * deviation) break;
  }
  for (const [f, { bins }] of features.entries()) forgetEmpty(bins, rows, weights[f] as Float64Array);
  return { mean, deviation, weights };
}

function forgetEmpty(bins: Uint8Array, rows: Uint32Array, weights: Float64Array): void {
  const met = new Set<number>();
  for (const row of rows) met.add(bins[row] as number);
  for (let bin = 0; bin < weights.length; bin++) if (!met.has(bin)) weights[bin] = Number.NaN;
}

/** One feature's weights anew, given all others. @returns the largest change */
function refit(bins: Uint8Array, rows: Uint32Array, residuals: Float64Array, weights: Float64Array): number {
  const sums = new Float64Array(weights.length);
  const counts = new Float64Array(weights.length);
  for (let i = 0; i < rows.length; i++) {
    const bin = bins[rows[i] as number] as number;
    sums[bin] = (sums[bin] as number) + (residuals[i] as number);
    counts[bin] = (counts[bin] as number) + 1;
  }
  const changes = new Float64Array(weights.length);
  let mean = 0;
  let largest = 0;
  for (let bin = 0; bin < weights.length; bin++) {
    const count = counts[bin] as number;
    const before = weights[bin] as number;
    // The bin's own part is in the residuals no more: give it back before the mean is taken.
    changes[bin] = ((sums[bin] as number) + count * before) / (count + RIDGE) - before;
    mean += (count * (before + (changes[bin] as number))) / rows.length;
  }
  for (let bin = 0; bin < weights.length; bin++) {
    const change = (changes[bin] as number) - mean;
    changes[bin] = change;
    if ((counts[bin] as number) > 0) largest = Math.max(largest, Math.abs(change));
    weights[bin] = (weights[bin] as number) + change;
  }
  for (let i = 0; i < rows.length; i++) {
    residuals[i] = (residuals[i] as number) - (changes[bins[rows[i] as number] as number] as number);
  }
  return largest;
}

function determination({ features }: BinnedRows, predictions: Float64Array, rows: Uint32Array, trial: Fit): number {
  let left = 0;
  let all = 0;
  for (const row of rows) {
    let expected = trial.mean;
    for (const [f, { bins }] of features.entries()) {
      const weight = (trial.weights[f] as Float64Array)[bins[row] as number] as number;
      expected += Number.isNaN(weight) ? 0 : weight;
    }
    left += ((predictions[row] as number) - expected) ** 2;
    all += ((predictions[row] as number) - trial.mean) ** 2;
  }
  return all === 0 ? 0 : 1 - left / all;
}
