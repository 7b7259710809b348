// Columns that the configuration names itself, by JSON pointers (RFC 6901). A pointer whose first token is a member of the
// body is followed from the body; any other is followed from each row, where the body has a list of rows.

import type { ReadOptions, Table, Value } from './protocol.ts';
import { checkSize, isObject, isScalar } from './row-table.ts';
import { Unreadable } from './unreadable.ts';

export const hasPointers = ({ features }: ReadOptions): boolean => {
  for (const _ in features) return true;
  return false;
};

/**
 * @param rows the body's list of rows, or null where it has none
 * @throws Unreadable where a pointer leads to something that is no scalar and no list of one scalar a row
 */
export function pointedTable(body: unknown, rows: readonly unknown[] | null, options: ReadOptions): Table {
  const names = Object.keys(options.features);
  const found = names.map((name) => {
    const tokens = options.features[name] ?? [];
    const fromBody = rows === null || (isObject(body) && tokens[0] !== undefined && Object.hasOwn(body, tokens[0]));
    return fromBody ? { whole: follow(body, tokens) } : { each: tokens };
  });
  const count = rows?.length ?? countOf(found.map((one) => one.whole));
  checkSize(count, names.length);
  const columns = names.map((name, index) => {
    const one = found[index];
    const values =
      one?.each === undefined
        ? spread(name, one?.whole, count)
        : (rows ?? []).map((row) => cell(name, follow(row, one.each)));
    return { name, values };
  });
  return { rows: count, columns };
}

function follow(from: unknown, tokens: readonly string[]): unknown {
  let at = from;
  for (const token of tokens) {
    if (Array.isArray(at)) at = /^(?:0|[1-9]\d{0,9})$/.test(token) ? at[Number(token)] : undefined;
    else if (isObject(at) && Object.hasOwn(at, token)) at = at[token];
    else return undefined;
  }
  return at;
}

/** Rows that lists speak of; scalars hold for all rows. */
function countOf(found: readonly unknown[]): number {
  let count = -1;
  for (const one of found) {
    if (!Array.isArray(one)) continue;
    if (count !== -1 && one.length !== count) throw new Unreadable('features differ in rows');
    count = one.length;
  }
  return count === -1 ? 1 : count;
}

function spread(name: string, whole: unknown, count: number): readonly (Value | undefined)[] {
  if (!Array.isArray(whole)) return new Array<Value | undefined>(count).fill(cell(name, whole));
  if (whole.length !== count) throw new Unreadable('features differ in rows');
  return whole.map((value) => cell(name, value));
}

function cell(name: string, value: unknown): Value | undefined {
  if (value === undefined || isScalar(value)) return value;
  throw new Unreadable(`feature ${name} points at something that is no scalar`);
}
