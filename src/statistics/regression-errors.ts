// How far predicted numbers were off: mean absolute error, root mean squared error and bias (prediction minus truth), as scikit-learn's
// mean_absolute_error and root_mean_squared_error have them, from sums alone.

export interface RegressionFigures {
  readonly n: number;
  readonly mae: number | null;
  readonly rmse: number | null;
  /** Above 0: predictions are too high. */
  readonly bias: number | null;
}

export interface RegressionErrors {
  add(predicted: number, actual: number, n: number): void;
  figures(): RegressionFigures;
}

export function createRegressionErrors(): RegressionErrors {
  let [n, absolute, squared, signed] = [0, 0, 0, 0];
  return {
    add(predicted, actual, rows) {
      const error = predicted - actual;
      n += rows;
      absolute += rows * Math.abs(error);
      squared += rows * error * error;
      signed += rows * error;
    },
    figures: () => ({
      n,
      mae: n === 0 ? null : absolute / n,
      rmse: n === 0 ? null : Math.sqrt(squared / n),
      bias: n === 0 ? null : signed / n,
    }),
  };
}
