// Exchanges of a model that speaks open-inference: one row of named features, one prediction.

import type { ExchangeRecord } from '../../src/model.ts';
import { bodies, exchange } from '../capture/records.ts';

export function v2(
  features: Readonly<Record<string, number>>,
  prediction: number,
  changes: Partial<ExchangeRecord> = {},
): ExchangeRecord {
  const inputs = Object.entries(features).map(([name, value]) => ({
    name,
    datatype: 'FP64',
    shape: [1, 1],
    data: [value],
  }));
  const outputs = [{ name: 'probability', datatype: 'FP64', shape: [1, 1], data: [prediction] }];
  return exchange({ ...bodies(JSON.stringify({ inputs }), JSON.stringify({ outputs })), at: Date.now(), ...changes });
}
