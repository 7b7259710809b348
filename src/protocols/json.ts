// Any JSON over HTTP: an object is one row of its top-level scalars, a list holds one row an element. What lies deeper is named
// by the configuration's `features`, since guessing at a nested body would invent columns.

import { readingJson } from './json-body.ts';
import { hasPointers, pointedTable } from './pointed-columns.ts';
import type { Protocol, Table } from './protocol.ts';
import { createCells, isObject, isScalar, tableOfRows } from './row-table.ts';
import { Unreadable } from './unreadable.ts';

export const json = {
  name: 'json',
  defaultPaths: (model) => [`/${encodeURIComponent(model)}`],
  isDecision: (method) => method === 'POST' || method === 'PUT' || method === 'PATCH',
  readRequest: (payload, options) =>
    readingJson(payload, (body) =>
      hasPointers(options)
        ? pointedTable(body, Array.isArray(body) ? body : null, options)
        : plainTable(body, 'feature'),
    ),
  /** A member `predictions` that is a list holds the rows. */
  readResponse: (payload) =>
    readingJson(payload, (body) => {
      const predictions = isObject(body) ? body.predictions : undefined;
      return plainTable(Array.isArray(predictions) ? predictions : body, 'prediction');
    }),
  looksAt: { request: null, response: null },
} satisfies Protocol;

function plainTable(body: unknown, name: string): Table {
  if (isScalar(body)) return tableOfRows([body], name);
  const rows: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (!rows.every(isObject)) return tableOfRows(rows, name);
  const cells = createCells(rows.length);
  rows.forEach((row, index) => {
    for (const key of Object.keys(row)) {
      const value = row[key];
      if (isScalar(value)) cells.put(index, key, value);
    }
  });
  const table = cells.table();
  if (table.columns.length === 0) throw new Unreadable('no top-level scalar; name the columns under `features`');
  return table;
}
