// Rows of prediction and truth, taken in one by one in ascending order of the prediction, as figures: by the kind of the model. And
// what one such row costs, for the risk.

import type { QualityPlan } from '../config/plan.ts';
import { type BinaryFigures, createBinaryScores } from '../statistics/binary-scores.ts';
import { createClassLabels } from '../statistics/class-labels.ts';
import { createRegressionErrors } from '../statistics/regression-errors.ts';
import type { Figures } from './quality-view.ts';

/** A number, or the text of a class. */
export type Cell = number | string;

export interface Tally {
  add(prediction: Cell, truth: Cell, n: number): void;
  readonly n: number;
  figures(): Figures;
  /** Of probabilities; else empty. */
  calibration(): BinaryFigures['calibration'];
}

export function createTally({ kind, threshold }: QualityPlan): Tally {
  let n = 0;
  const counted = (rows: number): void => {
    n += rows;
  };
  if (kind === 'binary') {
    const scores = createBinaryScores(threshold);
    return {
      add(prediction, truth, rows) {
        counted(rows);
        scores.add(Number(prediction), truth === 1 ? rows : 0, truth === 1 ? 0 : rows);
      },
      get n() {
        return n;
      },
      figures() {
        const { accuracy, precision, recall, auc, logLoss, brier, ece, positives } = scores.figures();
        return { accuracy, precision, recall, auc, logLoss, brier, ece, positives: n === 0 ? null : positives / n };
      },
      calibration: () => scores.figures().calibration,
    };
  }
  const [classes, errors] = [createClassLabels(), createRegressionErrors()];
  const isClasses = kind === 'multiclass';
  return {
    add(prediction, truth, rows) {
      counted(rows);
      if (isClasses) classes.add(plainClass(prediction), plainClass(truth), rows);
      else errors.add(Number(prediction), Number(truth), rows);
    },
    get n() {
      return n;
    },
    figures() {
      if (!isClasses) {
        const { mae, rmse, bias } = errors.figures();
        return { mae, rmse, bias };
      }
      const { accuracy, macroPrecision, macroRecall } = classes.figures();
      return { accuracy, macroPrecision, macroRecall };
    },
    calibration: () => [],
  };
}

/** Loss of one row, 0 to 1; null where the kind has none. */
export function lossOf(plan: QualityPlan, prediction: Cell, truth: Cell): number | null {
  const { kind, loss, threshold, errorMax } = plan;
  if (kind === 'multiclass') return plainClass(prediction) === plainClass(truth) ? 0 : 1;
  const [score, actual] = [Number(prediction), Number(truth)];
  if (kind === 'regression') return errorMax === null ? null : Math.min(1, Math.abs(score - actual) / errorMax);
  if (loss === 'brier') return (score - actual) ** 2;
  return (score >= threshold ? 1 : 0) === actual ? 0 : 1;
}

/** A class that is a number has one name, whoever wrote it: 2, 2.0 and "2". */
function plainClass(value: Cell): string {
  const text = String(value);
  return /^-?\d+(\.\d+)?$/.test(text) ? String(Number(text)) : text;
}
