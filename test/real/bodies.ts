// What Node's client sends for a row, in each protocol. The Python clients make their own bodies with their own libraries.

import type { CardHolder } from './card-holders.ts';
import { DECISION_PREFIX, type GateModel } from './lanes.ts';

const MONEY = /^(LIMIT_BAL|BILL_AMT\d|PAY_AMT\d)$/;

/** Open Inference V2: one tensor a feature. The `id` comes back in the answer, so it must be the same on both calls. */
export function openInferenceBody({ row, features }: CardHolder): string {
  const inputs = Object.entries(features).map(([name, value]) => ({
    name,
    shape: [1, 1],
    datatype: MONEY.test(name) ? 'FP64' : 'INT64',
    data: [value],
  }));
  return JSON.stringify({ id: `${DECISION_PREFIX}${row}`, parameters: { content_type: 'pd' }, inputs });
}

/** MLflow: the columns and one row. */
export function mlflowBody({ features }: CardHolder): string {
  return JSON.stringify({ dataframe_split: { columns: Object.keys(features), data: [Object.values(features)] } });
}

/** KServe v1: named instances. */
function instancesBody({ features }: CardHolder): string {
  return JSON.stringify({ instances: [features] });
}

export const bodyOf: Readonly<Record<GateModel['protocol'], (holder: CardHolder) => string>> = {
  'open-inference': openInferenceBody,
  mlflow: mlflowBody,
  tfserving: instancesBody,
};
