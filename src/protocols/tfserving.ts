// TensorFlow Serving's REST API and KServe v1: rows in `instances` or `examples`, columns in `inputs`; answers in
// `predictions`, `outputs` or `result`. https://www.tensorflow.org/tfx/serving/api_rest

import { readingJson } from './json-body.ts';
import { hasPointers, pointedTable } from './pointed-columns.ts';
import type { Protocol, Table } from './protocol.ts';
import { createCells, isObject, tableOfMembers, tableOfRows } from './row-table.ts';
import { Unreadable } from './unreadable.ts';

export const tfserving = {
  name: 'tfserving',
  /** The verb shares the model's path segment, so each verb is a path of its own. */
  defaultPaths: (model) => {
    const path = `/v1/models/${encodeURIComponent(model)}`;
    return [path, `${path}:predict`, `${path}:classify`, `${path}:regress`, `${path}:explain`];
  },
  isDecision: (method, path) => method === 'POST' && /(?::|%3[Aa])(?:predict|classify|regress)$/.test(path),
  readRequest: (payload, options) =>
    readingJson(payload, (body) => {
      if (!isObject(body)) throw new Unreadable('the body is not an object');
      const rows = body.instances ?? body.examples;
      if (hasPointers(options)) return pointedTable(body, Array.isArray(rows) ? rows : null, options);
      if (Array.isArray(rows)) return withContext(tableOfRows(rows, 'feature'), body.context);
      return rowsOrMembers(body.inputs, 'feature');
    }),
  readResponse: (payload) =>
    readingJson(payload, (body) => {
      if (!isObject(body)) throw new Unreadable('the body is not an object');
      if (Array.isArray(body.result)) return resultTable(body.result);
      return rowsOrMembers(body.predictions ?? body.outputs, 'prediction');
    }),
  looksAt: {
    request: new Set(['instances', 'examples', 'inputs', 'context']),
    response: new Set(['result', 'predictions', 'outputs']),
  },
} satisfies Protocol;

function rowsOrMembers(value: unknown, name: string): Table {
  if (Array.isArray(value)) return tableOfRows(value, name);
  if (isObject(value)) return tableOfMembers(value);
  throw new Unreadable(`the body has no ${name}s`);
}

/** `context` holds features that all examples share. */
function withContext(table: Table, context: unknown): Table {
  if (!isObject(context)) return table;
  const cells = createCells(table.rows);
  for (const { name, values } of table.columns) {
    values.forEach((value, row) => {
      if (value !== undefined) cells.put(row, name, value);
    });
  }
  for (const key of Object.keys(context)) {
    for (let row = 0; row < table.rows; row++) cells.put(row, key, context[key]);
  }
  return cells.table();
}

/** classify: each row lists [label, score]; regress: each row is its value. Labels may be empty: then position names the score. */
function resultTable(result: readonly unknown[]): Table {
  if (!result.every(isLabelled)) return tableOfRows(result, 'prediction');
  const cells = createCells(result.length);
  result.forEach((scores, row) => {
    scores.forEach(([label, score], position) => {
      cells.put(row, `score_${label === '' ? position : label}`, score);
    });
  });
  return cells.table();
}

const isLabelled = (row: unknown): row is readonly (readonly [string, unknown])[] =>
  Array.isArray(row) && row.every((pair) => Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string');
