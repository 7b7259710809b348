// The baseline file of the demo: what payments looked like when the model was trained, from the same simulation. Only the
// features; predictions differ by version, so that their first rows are their baseline.

import { writeBaseline } from '../../drift/baseline/write-baseline.ts';
import { createSeededRandom } from '../../kernel/random.ts';
import { DEMO_MODEL } from './fraud-model.ts';
import { COLUMNS } from './inference-json.ts';
import { createPaymentSource } from './payments.ts';

const ROWS = 5000;

/** @param made ISO 8601 @returns the text of a baseline file */
export function demoBaseline(seed: number, made: string): string {
  const source = createPaymentSource(createSeededRandom(seed));
  const rows = Array.from({ length: ROWS }, () => source.next(false).payment);
  const columns = COLUMNS.map((name) => ({ name, values: rows.map((row) => row[name]) }));
  const from = { kind: 'simulation', name: null, rows: ROWS, first: null, last: null } as const;
  return writeBaseline(DEMO_MODEL, { request: { rows: ROWS, columns } }, made, from);
}
