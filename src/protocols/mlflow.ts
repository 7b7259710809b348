// MLflow scoring servers: one of dataframe_split, dataframe_records, instances, inputs, or CSV; answers in `predictions` or
// bare. https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally

import { readCsv } from './csv.ts';
import { decodeBody } from './decode-body.ts';
import { readingJson, utf8Text } from './json-body.ts';
import { hasPointers, pointedTable } from './pointed-columns.ts';
import type { Protocol, Table } from './protocol.ts';
import { isObject, isScalar, tableOfMatrix, tableOfMembers, tableOfRows } from './row-table.ts';
import { reading, Unreadable } from './unreadable.ts';

export const mlflow = {
  name: 'mlflow',
  /**
   * Every MLflow server listens on the same `/invocations`, which names no model: in front of the gate a model stands at
   * `/{model}/invocations`. Give the version a URL with the path `/invocations`; that exact target is then called.
   */
  defaultPaths: (model) => [`/${encodeURIComponent(model)}/invocations`],
  isDecision: (method, path) => method === 'POST' && path.endsWith('/invocations'),
  readRequest: (payload, options) => {
    if (/^\s*text\/csv\b/i.test(payload.headers['content-type'] ?? '')) {
      return reading(() => readCsv(utf8Text(decodeBody(payload))));
    }
    return readingJson(payload, (body) => {
      if (!isObject(body)) throw new Unreadable('the body is not an object');
      return hasPointers(options) ? pointedTable(body, rowsOf(body), options) : requestTable(body);
    });
  },
  readResponse: (payload) =>
    readingJson(payload, (body) => {
      if (isObject(body) && 'error_code' in body) throw new Unreadable('the answer is an error');
      const predictions = isObject(body) && 'predictions' in body ? body.predictions : body;
      if (Array.isArray(predictions)) return tableOfRows(predictions, 'prediction');
      if (isObject(predictions)) return tableOfMembers(predictions);
      if (isScalar(predictions)) return tableOfRows([predictions], 'prediction');
      throw new Unreadable('the body has no predictions');
    }),
  looksAt: { request: new Set(['dataframe_split', 'dataframe_records', 'instances', 'inputs']), response: null },
} satisfies Protocol;

function rowsOf(body: Readonly<Record<string, unknown>>): readonly unknown[] | null {
  const split = body.dataframe_split;
  const rows = isObject(split) ? split.data : (body.dataframe_records ?? body.instances ?? body.inputs);
  return Array.isArray(rows) ? rows : null;
}

function requestTable(body: Readonly<Record<string, unknown>>): Table {
  const split = body.dataframe_split;
  if (isObject(split)) return splitTable(split);
  const rows = body.dataframe_records ?? body.instances ?? body.inputs;
  if (Array.isArray(rows)) return tableOfRows(rows, 'feature');
  if (isObject(rows)) return tableOfMembers(rows);
  throw new Unreadable('the body has no dataframe, instances or inputs');
}

/** pandas' orient=split; without `columns` they are named by position. */
function splitTable(split: Readonly<Record<string, unknown>>): Table {
  const { columns, data } = split;
  if (!Array.isArray(data)) throw new Unreadable('dataframe_split has no data');
  if (columns === undefined) return tableOfRows(data, 'feature');
  if (!Array.isArray(columns) || !columns.every(isScalar)) throw new Unreadable('dataframe_split has no columns');
  return tableOfMatrix(columns.map(String), data);
}
