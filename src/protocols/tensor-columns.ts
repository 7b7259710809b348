// Turns one V2 tensor, from JSON or from bytes, into columns: shape [N] or [N,1] is one column under the tensor's name,
// [N,k,...] is name_0, name_1, ... BOOL and BYTES become booleans and strings, and so categories.

import type { Column, Value } from './protocol.ts';
import { checkSize, isScalar } from './row-table.ts';
import { Unreadable } from './unreadable.ts';

/** @param values row-major, as many as the shape says */
export function columnsOfTensor(name: string, shape: readonly number[], values: readonly Value[]): readonly Column[] {
  const rows = shape[0] ?? 1;
  const width = shape.slice(1).reduce((product, length) => product * length, 1);
  checkSize(rows, width);
  if (rows * width !== values.length) throw new Unreadable('a tensor differs from its shape');
  if (width === 1) return [{ name, values }];
  return Array.from({ length: width }, (_, column) => ({
    name: `${name}_${column}`,
    values: Array.from({ length: rows }, (_, row) => values[row * width + column] as Value),
  }));
}

/** A shape as JSON gives it. */
export function shapeOf(shape: unknown): readonly number[] {
  if (Array.isArray(shape) && shape.every((length) => Number.isSafeInteger(length) && length >= 0)) return shape;
  throw new Unreadable('a tensor has no shape');
}

/** Nested or flattened row-major data of a JSON tensor. */
export function valuesOfData(datatype: string, data: unknown): readonly Value[] {
  if (!Array.isArray(data)) throw new Unreadable('a tensor has no data');
  const flat: unknown[] = Array.isArray(data[0]) ? data.flat(16) : data;
  if (!flat.every(isScalar)) throw new Unreadable('a cell is not a scalar');
  if (datatype === 'BOOL') return flat.map((value) => (typeof value === 'number' ? value !== 0 : value));
  if (datatype === 'BYTES') return flat.map((value) => (value === null ? null : String(value)));
  return flat;
}
