// What the figures of two classes are to be expected without a label, where scores are probabilities: confidence-based performance
// estimation (CBPE), as NannyML has it. A row of probability p is a positive p times. From sums per score in ascending order, so
// that counts suffice. It sees no change of the relation between inputs and truth: there p itself is wrong.

export interface ExpectedFigures {
  readonly n: number;
  readonly accuracy: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly auc: number | null;
}

export interface ExpectedScores {
  /**
   * @param score as the model gave it, not below the last
   * @param n rows of it
   * @param probability that one of them is a positive
   */
  add(score: number, n: number, probability: number): void;
  figures(): ExpectedFigures;
}

export function createExpectedScores(threshold: number): ExpectedScores {
  let [tp, fp, tn, fn, pairs] = [0, 0, 0, 0, 0];
  return {
    add(score, n, probability) {
      const positives = n * probability;
      const negatives = n - positives;
      // A row is also compared with itself: half of p (1 - p), as under the trapezoids of a ROC curve of expected counts.
      pairs += positives * (tn + fp + negatives / 2);
      if (score >= threshold) {
        tp += positives;
        fp += negatives;
      } else {
        fn += positives;
        tn += negatives;
      }
    },
    figures() {
      const n = tp + fp + tn + fn;
      const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);
      return {
        n,
        accuracy: ratio(tp + tn, n),
        precision: ratio(tp, tp + fp),
        recall: ratio(tp, tp + fn),
        auc: ratio(pairs, (tp + fn) * (fp + tn)),
      };
    },
  };
}
