// Turns the shapes in which JSON bodies hold rows into columns: lists of objects, of lists, of scalars, and columns of lists.
// A list inside a row becomes name_0, name_1, ...; a list of one is its element; an object inside a row becomes name.key.
// Every bound on what a body may make of memory stands here.

import type { Column, Table, Value } from './protocol.ts';
import { Unreadable } from './unreadable.ts';

export const ROWS_MAX = 100_000;
export const COLUMNS_MAX = 10_000;
/** Rows times columns, absent cells counted too: a few bytes of sparse rows must not become gigabytes. */
export const CELLS_MAX = 4_000_000;
/** Characters. Names are joined and hashed once a column, so that a long one would cost its length that often. */
const NAME_MAX = 512;
const DEPTH_MAX = 16;

export const isScalar = (value: unknown): value is Value =>
  value === null || typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Check the bounds before anything of that size is made. */
export function checkSize(rows: number, columns: number): void {
  if (rows > ROWS_MAX) throw new Unreadable(`more than ${ROWS_MAX} rows`);
  if (columns > COLUMNS_MAX) throw new Unreadable(`more than ${COLUMNS_MAX} columns`);
  if (rows * columns > CELLS_MAX) throw new Unreadable(`more than ${CELLS_MAX} cells`);
}

export function checkName(name: string): void {
  if (name.length > NAME_MAX) throw new Unreadable(`a column has a name of more than ${NAME_MAX} characters`);
}

/** Columns whose lengths may still differ and whose names may clash. */
export function tableOfColumns(columns: readonly Column[]): Table {
  const rows = columns[0]?.values.length ?? 0;
  checkSize(rows, columns.length);
  const names = new Set<string>();
  for (const { name, values } of columns) {
    if (values.length !== rows) throw new Unreadable('columns differ in rows');
    checkName(name);
    names.add(name);
  }
  if (names.size !== columns.length) throw new Unreadable('two columns have one name');
  return { rows, columns };
}

/** Cells in any order; a cell never set is undefined, since it is missing and not null. */
export interface Cells {
  put(row: number, name: string, value: unknown): void;
  table(): Table;
}

export function createCells(rows: number): Cells {
  checkSize(rows, 0);
  const columns = new Map<string, (Value | undefined)[]>();

  function set(row: number, name: string, value: Value): void {
    checkName(name);
    let values = columns.get(name);
    if (values === undefined) {
      checkSize(rows, columns.size + 1);
      values = new Array<Value | undefined>(rows).fill(undefined);
      columns.set(name, values);
    }
    if (values[row] !== undefined) throw new Unreadable('two columns have one name');
    values[row] = value;
  }

  function put(row: number, name: string, value: unknown, depth: number): void {
    if (isScalar(value)) {
      set(row, name, value);
    } else if (depth === DEPTH_MAX) {
      throw new Unreadable(`nested more than ${DEPTH_MAX} deep`);
    } else if (Array.isArray(value)) {
      if (value.length > COLUMNS_MAX) throw new Unreadable(`more than ${COLUMNS_MAX} columns`);
      if (value.length === 1) put(row, name, value[0], depth + 1);
      else for (let i = 0; i < value.length; i++) put(row, `${name}_${i}`, value[i], depth + 1);
    } else if (isObject(value)) {
      for (const key of Object.keys(value)) put(row, `${name}.${key}`, value[key], depth + 1);
    }
  }

  return {
    put: (row, name, value) => put(row, name, value, 0),
    table: () => ({ rows, columns: Array.from(columns, ([name, values]) => ({ name, values })) }),
  };
}

/**
 * A list with one element a row.
 * @param name of the column of scalars, and the stem of positional columns
 */
export function tableOfRows(rows: readonly unknown[], name: string): Table {
  checkSize(rows.length, 0);
  if (rows.every(isScalar)) return { rows: rows.length, columns: [{ name, values: rows }] };
  const width = matrixWidth(rows);
  if (width > 1) {
    checkSize(rows.length, width);
    return tableOfMatrix(
      Array.from({ length: width }, (_, i) => `${name}_${i}`),
      rows,
    );
  }
  const cells = createCells(rows.length);
  rows.forEach((row, index) => {
    if (!isObject(row)) cells.put(index, name, row);
    else for (const key of Object.keys(row)) cells.put(index, key, row[key]);
  });
  return cells.table();
}

/** Rows as lists of scalars under the names given. */
export function tableOfMatrix(names: readonly string[], rows: readonly unknown[]): Table {
  checkSize(rows.length, names.length);
  const columns = names.map((name) => ({ name, values: new Array<Value | undefined>(rows.length) }));
  rows.forEach((row, index) => {
    if (!Array.isArray(row) || row.length !== names.length)
      throw new Unreadable('rows differ from the list of columns');
    columns.forEach(({ values }, column) => {
      const value: unknown = row[column];
      if (!isScalar(value)) throw new Unreadable('a cell is not a scalar');
      values[index] = value;
    });
  });
  return names.length === 0 ? { rows: rows.length, columns } : tableOfColumns(columns);
}

/** An object whose members are whole columns: lists with one element a row, or scalars of a single row. */
export function tableOfMembers(members: Readonly<Record<string, unknown>>): Table {
  const names = Object.keys(members);
  let rows = -1;
  for (const name of names) {
    const member = members[name];
    const length = Array.isArray(member) ? member.length : 1;
    if (rows !== -1 && length !== rows) throw new Unreadable('columns differ in rows');
    rows = length;
  }
  const cells = createCells(Math.max(rows, 0));
  for (const name of names) {
    const member = members[name];
    if (!Array.isArray(member)) cells.put(0, name, member);
    else for (let row = 0; row < member.length; row++) cells.put(row, name, member[row]);
  }
  return cells.table();
}

/** Length of the rows where all are lists of scalars of one length, else 0. */
function matrixWidth(rows: readonly unknown[]): number {
  const first = rows[0];
  if (!Array.isArray(first)) return 0;
  const width = first.length;
  return rows.every((row) => Array.isArray(row) && row.length === width && row.every(isScalar)) ? width : 0;
}
