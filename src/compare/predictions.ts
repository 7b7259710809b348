// Whether two versions said the same of one request: numbers within a relative tolerance, everything else exactly, column by
// column. Tables of one column are compared whatever their names, since servers name their only output as they like.

import type { Column, Table, Value } from '../protocols/protocol.ts';

/** Relative: what float32 and another order of summation cost. */
export const TOLERANCE = 1e-6;

export interface Agreement {
  readonly equal: boolean;
  /** Over the cells in which both hold a finite number. */
  readonly absoluteDifference: number;
  readonly numbers: number;
}

export function comparePredictions(one: Table, other: Table): Agreement {
  let equal = one.rows === other.rows && one.columns.length === other.columns.length;
  let absoluteDifference = 0;
  let numbers = 0;
  if (one.rows === other.rows) {
    for (const [a, b] of pairs(one, other)) {
      if (b === undefined) {
        equal = false;
        continue;
      }
      for (let row = 0; row < one.rows; row++) {
        const x = a.values[row];
        const y = b.values[row];
        if (!isSame(x, y)) equal = false;
        if (typeof x !== 'number' || typeof y !== 'number') continue;
        const difference = Math.abs(x - y);
        if (!Number.isFinite(difference)) continue;
        absoluteDifference += difference;
        numbers++;
      }
    }
  }
  return { equal, absoluteDifference, numbers };
}

function pairs(one: Table, other: Table): readonly (readonly [Column, Column | undefined])[] {
  const [first] = one.columns;
  if (first !== undefined && one.columns.length === 1 && other.columns.length === 1) return [[first, other.columns[0]]];
  const byName = new Map(other.columns.map((column) => [column.name, column]));
  return one.columns.map((column) => [column, byName.get(column.name)]);
}

function isSame(x: Value | undefined, y: Value | undefined): boolean {
  if (typeof x !== 'number' || typeof y !== 'number') return x === y;
  const difference = Math.abs(x - y);
  if (!Number.isFinite(difference)) return Object.is(x, y);
  return difference <= TOLERANCE * Math.max(Math.abs(x), Math.abs(y));
}
