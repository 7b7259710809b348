// A model of the electricity market for tests that ask when a model falls: logistic regression, trained on the first rows, whether the price
// rises within the day to come.

import type { Table } from '../../src/protocols/protocol.ts';

const STEPS = 100;
const RATE = 1;

export const MARKET_FEATURES = ['period', 'nswprice', 'nswdemand', 'vicprice', 'vicdemand', 'transfer'] as const;
export const MARKET_LABEL = 'class';

/** The row at which the other state's price, its demand and the flow begin to be on record; before, each is one value. */
export const MARKET_CHANGE = 17_424;

export function columnOf(table: Table, name: string): number[] {
  const column = table.columns.find((one) => one.name === name);
  if (column === undefined) throw new Error(`there is no column ${name}`);
  return column.values.map(Number);
}

/** @param trained rows of the training, from the first on @returns by row: the labels, and what the model gives label 1 */
export function serveMarket(table: Table, trained: number): { readonly labels: number[]; readonly scores: number[] } {
  const labels = columnOf(table, MARKET_LABEL);
  const columns = MARKET_FEATURES.map((name) => columnOf(table, name));
  return { labels, scores: scoresOf(columns, labels, trained) };
}

/** Gradient descent on standardised columns; the classes are nearly linear, so that few steps suffice. */
function scoresOf(columns: readonly (readonly number[])[], labels: readonly number[], trained: number): number[] {
  const scaled = columns.map((values) => {
    const part = values.slice(0, trained);
    const mean = part.reduce((sum, value) => sum + value, 0) / trained;
    const deviation = Math.sqrt(part.reduce((sum, value) => sum + (value - mean) ** 2, 0) / trained);
    // What was constant in the training the model knows nothing of.
    return values.map((value) => (deviation < 1e-9 ? 0 : (value - mean) / deviation));
  });
  const weights = scaled.map(() => 0);
  let bias = 0;
  const scoreOf = (row: number): number => {
    let sum = bias;
    for (let j = 0; j < scaled.length; j++) sum += (weights[j] as number) * (scaled[j]?.[row] ?? 0);
    return 1 / (1 + Math.exp(-sum));
  };
  for (let step = 0; step < STEPS; step++) {
    const slopes = scaled.map(() => 0);
    let slope = 0;
    for (let row = 0; row < trained; row++) {
      const error = scoreOf(row) - (labels[row] as number);
      slope += error;
      for (let j = 0; j < scaled.length; j++) slopes[j] = (slopes[j] as number) + error * (scaled[j]?.[row] ?? 0);
    }
    bias -= (RATE * slope) / trained;
    for (let j = 0; j < scaled.length; j++)
      weights[j] = (weights[j] as number) - (RATE * (slopes[j] as number)) / trained;
  }
  return labels.map((_, row) => scoreOf(row));
}
