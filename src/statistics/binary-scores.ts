// How good scores of two classes were: everything scikit-learn's metrics say of a threshold and of the scores themselves, from counts
// per distinct score that come in ascending order. Nothing is kept but sums, so that any number of rows costs the same memory.

/** Of scikit-learn 1.x's log_loss for doubles: a probability of 0 or 1 is moved by it. */
const EPSILON = 2 ** -52;
export const CALIBRATION_BINS = 10;

export interface CalibrationBin {
  readonly n: number;
  readonly meanScore: number;
  /** Share of positives. */
  readonly rate: number;
}

/** Null: not defined, such as precision where nothing was predicted positive. */
export interface BinaryFigures {
  readonly n: number;
  readonly positives: number;
  readonly confusion: { readonly tp: number; readonly fp: number; readonly tn: number; readonly fn: number };
  readonly accuracy: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
  /** Probability that a positive scores above a negative, ties half (Hanley, McNeil 1982): the area under the ROC curve. */
  readonly auc: number | null;
  /** Nats a row. */
  readonly logLoss: number | null;
  /** Mean squared difference (Brier 1950), 0 to 1. */
  readonly brier: number | null;
  /** Expected calibration error (Naeini, Cooper, Hauskrecht 2015): mean |rate - mean score| over ten bins of equal width, by rows. */
  readonly ece: number | null;
  /** (0, 0.1], (0.1, 0.2], ...; 0 is in the first. */
  readonly calibration: readonly (CalibrationBin | null)[];
}

export interface BinaryScores {
  /** @param score 0 to 1, not below the last @throws RangeError where it is */
  add(score: number, positives: number, negatives: number): void;
  figures(): BinaryFigures;
}

export function createBinaryScores(threshold: number): BinaryScores {
  let [tp, fp, tn, fn] = [0, 0, 0, 0];
  let [logLoss, brier, pairs] = [0, 0, 0];
  let last = Number.NEGATIVE_INFINITY;
  let [negativesBelow, positivesHere, negativesHere] = [0, 0, 0];
  const bins = { n: count(), score: count(), positives: count() };

  function closeTies(): void {
    pairs += positivesHere * (negativesBelow + negativesHere / 2);
    negativesBelow += negativesHere;
    positivesHere = 0;
    negativesHere = 0;
  }

  return {
    add(score, positives, negatives) {
      if (!(score >= last)) throw new RangeError(`scores must ascend: ${score} after ${last}`);
      if (score > last) closeTies();
      last = score;
      positivesHere += positives;
      negativesHere += negatives;
      if (score >= threshold) {
        tp += positives;
        fp += negatives;
      } else {
        fn += positives;
        tn += negatives;
      }
      const p = Math.min(1 - EPSILON, Math.max(EPSILON, score));
      if (positives > 0) logLoss -= positives * Math.log(p);
      if (negatives > 0) logLoss -= negatives * Math.log(1 - p);
      brier += positives * (1 - score) ** 2 + negatives * score ** 2;
      const bin = calibrationBin(score);
      const n = positives + negatives;
      bins.n[bin] = (bins.n[bin] as number) + n;
      bins.score[bin] = (bins.score[bin] as number) + n * score;
      bins.positives[bin] = (bins.positives[bin] as number) + positives;
    },
    figures() {
      closeTies();
      const n = tp + fp + tn + fn;
      const positives = tp + fn;
      const calibration = Array.from(bins.n, (rows, i) =>
        rows === 0
          ? null
          : { n: rows, meanScore: (bins.score[i] as number) / rows, rate: (bins.positives[i] as number) / rows },
      );
      const gap = calibration.reduce(
        (sum, bin) => sum + (bin === null ? 0 : bin.n * Math.abs(bin.rate - bin.meanScore)),
        0,
      );
      return {
        n,
        positives,
        confusion: { tp, fp, tn, fn },
        accuracy: ratio(tp + tn, n),
        precision: ratio(tp, tp + fp),
        recall: ratio(tp, positives),
        auc: ratio(pairs, positives * (n - positives)),
        logLoss: ratio(logLoss, n),
        brier: ratio(brier, n),
        ece: ratio(gap, n),
        calibration,
      };
    },
  };
}

/** The borders of numpy.linspace(0, 1, 11), which has 3 * 0.1 where a literal has 0.3. */
function calibrationBin(score: number): number {
  let bin = 0;
  while (bin < CALIBRATION_BINS - 1 && score > (bin + 1) * 0.1) bin++;
  return bin;
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function count(): Float64Array {
  return new Float64Array(CALIBRATION_BINS);
}
