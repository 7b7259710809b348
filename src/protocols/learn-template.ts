// Finds the holes of a template by trying: a scalar that varies is replaced, alone, by others of each kind, the body is read by the
// ordinary reader, and a hole is only what came out unchanged in one cell with all else as it was. Scalars in members that
// the protocol never looks at may be anything. What is neither stays fixed, so that a body that differs there is read ordinarily.

import type { Leaf } from './json-leaves.ts';
import type { Reading, Table, Value } from './protocol.ts';
import { type Hole, LITERAL, NUMBER, STRING } from './template.ts';

/** One body, where its scalars stand, and what the ordinary reader made of it. */
export interface Sample {
  readonly bytes: Uint8Array;
  readonly leaves: readonly Leaf[];
  readonly table: Table;
}

/** The first of a kind is one that no body holds by chance. */
const TRIALS: readonly { readonly kind: number; readonly values: readonly Value[] }[] = [
  { kind: NUMBER, values: [987_654_321.0625, 0, -0.5] },
  { kind: STRING, values: ['\u0001 a text of trial', ''] },
  { kind: LITERAL, values: [null, true, false] },
];

export const ignoredHole = ({ start, end }: Leaf): Hole => ({ start, end, kinds: NUMBER | STRING | LITERAL, cell: -1 });

/** @param read the ordinary reader @returns null where the scalar is no hole */
export function holeOf(sample: Sample, leaf: Leaf, read: (bytes: Uint8Array) => Reading): Hole | null {
  let cell = -1;
  let kinds = 0;
  for (const trial of TRIALS) {
    const tables = trial.values.map((value) => tableOf(read(replaced(sample.bytes, leaf, value))));
    if (cell === -1) cell = cellOf(sample.table, tables[0], trial.values[0]);
    const isTaken = trial.values.every((value, index) => isSameBut(sample.table, tables[index], cell, value));
    if (cell !== -1 && isTaken) kinds |= trial.kind;
  }
  return kinds === 0 ? null : { start: leaf.start, end: leaf.end, kinds, cell };
}

function replaced(bytes: Uint8Array, { start, end }: Leaf, value: Value): Uint8Array {
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(JSON.stringify(value)), bytes.subarray(end)]);
}

const tableOf = (reading: Reading): Table | null => (reading.kind === 'table' ? reading.table : null);

/** The only cell that holds the value, column by column; -1 where there is none, or more than one. */
function cellOf(sample: Table, table: Table | null | undefined, value: Value | undefined): number {
  const cells = table?.rows === sample.rows ? table.columns.flatMap(({ values }) => values) : [];
  const first = cells.indexOf(value);
  return typeof value === 'object' || first !== cells.lastIndexOf(value) ? -1 : first;
}

/** Whether a table is the sample's with `value` in one cell. */
function isSameBut(sample: Table, table: Table | null | undefined, cell: number, value: Value): boolean {
  if (table?.rows !== sample.rows || table.columns.length !== sample.columns.length) return false;
  return table.columns.every(({ name, values }, column) => {
    const before = sample.columns[column];
    if (name !== before?.name) return false;
    return values.every((found, row) =>
      Object.is(found, column * sample.rows + row === cell ? value : before.values[row]),
    );
  });
}
