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

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** @param tolerance relative, for numbers */
export function comparePredictions(one: Table, other: Table, tolerance = TOLERANCE): Agreement {
  const found = {
    equal: one.rows === other.rows && one.columns.length === other.columns.length,
    absoluteDifference: 0,
    numbers: 0,
  };
  if (one.rows !== other.rows) return found;
  for (let i = 0; i < one.columns.length; i++) {
    const column = one.columns[i] as Column;
    const match = matchOf(column, i, one, other);
    if (match === undefined) found.equal = false;
    else compareColumns(column, match, one.rows, tolerance, found);
  }
  return found;
}

/** By name, where there is more than one: at the same place first. */
export function matchOf({ name }: Column, place: number, one: Table, other: Table): Column | undefined {
  const there = other.columns[place];
  if (there?.name === name || (one.columns.length === 1 && other.columns.length === 1)) return there;
  return other.columns.find((column) => column.name === name);
}

function compareColumns(
  { values }: Column,
  match: Column,
  rows: number,
  tolerance: number,
  found: Mutable<Agreement>,
): void {
  for (let row = 0; row < rows; row++) {
    const x = values[row];
    const y = match.values[row];
    if (!isSame(x, y, tolerance)) found.equal = false;
    if (typeof x !== 'number' || typeof y !== 'number') continue;
    const difference = Math.abs(x - y);
    if (!Number.isFinite(difference)) continue;
    found.absoluteDifference += difference;
    found.numbers++;
  }
}

function isSame(x: Value | undefined, y: Value | undefined, tolerance: number): boolean {
  if (typeof x !== 'number' || typeof y !== 'number') return x === y;
  const difference = Math.abs(x - y);
  if (!Number.isFinite(difference)) return Object.is(x, y);
  return difference <= tolerance * Math.max(Math.abs(x), Math.abs(y));
}
