// What is to be expected of a version's decisions by their scores alone (statistics/expected-scores.ts), and the calibration of those
// scores: isotonic, by the version's first labels; where there are too few, scores are taken for probabilities as they are.

import { createExpectedScores } from '../statistics/expected-scores.ts';
import { fitIsotonic, isotonicAt } from '../statistics/isotonic.ts';
import type { Figures } from './quality-view.ts';

/** Labels, and labels of either class, that a calibration needs: with fewer it would mostly be noise. */
const LABELS_MIN = 300;
const CLASS_MIN = 30;

/** Labelled rows per distinct score, ascending. */
export interface ScoreLabels {
  readonly scores: number[];
  readonly positives: number[];
  readonly rows: number[];
}

export type Calibrate = (score: number) => number;

/** @returns null where scores are taken as they are */
export function calibrationOf({ scores, positives, rows }: ScoreLabels): Calibrate | null {
  const n = rows.reduce((sum, count) => sum + count, 0);
  const of = positives.reduce((sum, count) => sum + count, 0);
  if (n < LABELS_MIN || of < CLASS_MIN || n - of < CLASS_MIN) return null;
  const isotonic = fitIsotonic(scores, positives, rows);
  return (score) => isotonicAt(isotonic, score);
}

/** Scores with their rows, ascending. */
export type ScoreCounts = readonly { readonly score: number; readonly n: number }[];

export function estimateOf(counts: ScoreCounts, threshold: number, calibrate: Calibrate | null): Figures | null {
  if (counts.length === 0) return null;
  const expected = createExpectedScores(threshold);
  for (const { score, n } of counts) expected.add(score, n, calibrate === null ? score : calibrate(score));
  const { accuracy, precision, recall, auc } = expected.figures();
  return { accuracy, precision, recall, auc };
}

/** Counts of several periods as one. Means of one bin differ from period to period, so that they are put in order again. */
export function together(periods: Iterable<ScoreCounts>): ScoreCounts {
  return [...periods].flat().sort((one, other) => one.score - other.score);
}
