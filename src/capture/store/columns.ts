// The columns of the store: those of the decision record, each with the type it is read with from a staged line of JSON and the
// SQL that makes its stored value; then the typed columns of the model's features and predictions.

import type { CaptureRow } from '../row.ts';
import { named, quoted } from './database.ts';
import type { Side, TypedColumn } from './feature-types.ts';

interface StoredColumn {
  /** In the staged line. */
  readonly read: string;
  /** What of it is stored; null: as it is read. */
  readonly sql: string | null;
  /** As it is stored. */
  readonly type: string;
}

const as = (read: string, sql: string | null = null, type = read): StoredColumn => ({ read, sql, type });

/** `model` is a folder, as `date` is. A column that is new in the record must be given its type here: the compiler asks for it. */
export const COLUMNS = {
  decision_id: as('VARCHAR'),
  sequence: as('BIGINT'),
  replica: as('VARCHAR'),
  generation: as('VARCHAR'),
  // Milliseconds with a fraction become microseconds in UTC.
  at: as('DOUBLE', `make_timestamp(CAST(round("at" * 1000) AS BIGINT)) AT TIME ZONE 'UTC'`, 'TIMESTAMPTZ'),
  version: as('VARCHAR'),
  assigned: as('VARCHAR'),
  role: as('VARCHAR'),
  unit: as('VARCHAR'),
  slot: as('INTEGER'),
  epoch: as('INTEGER'),
  propensity: as('DOUBLE'),
  reason: as('VARCHAR'),
  rule: as('INTEGER'),
  client: as('VARCHAR'),
  method: as('VARCHAR'),
  path: as('VARCHAR'),
  status: as('INTEGER'),
  error: as('VARCHAR'),
  error_source: as('VARCHAR'),
  latency_ms: as('DOUBLE'),
  upstream_ms: as('DOUBLE'),
  attempts: as('INTEGER'),
  rows: as('INTEGER'),
  request_bytes: as('BIGINT'),
  response_bytes: as('BIGINT'),
  request: as('VARCHAR', 'from_base64(request)', 'BLOB'),
  response: as('VARCHAR', 'from_base64(response)', 'BLOB'),
  request_headers: as('VARCHAR[]'),
  response_headers: as('VARCHAR[]'),
  bodies: as('VARCHAR'),
  withheld: as('VARCHAR[]'),
  truncated: as('BOOLEAN'),
  // What has no typed column; the staged line has it apart.
  features: as('JSON', 'CAST(untyped_features AS VARCHAR)', 'VARCHAR'),
  predictions: as('JSON', 'CAST(untyped_predictions AS VARCHAR)', 'VARCHAR'),
  sample_rate: as('DOUBLE'),
  trace_id: as('VARCHAR'),
} as const satisfies Record<Exclude<keyof CaptureRow, 'model'>, StoredColumn>;

export type ColumnName = keyof typeof COLUMNS;
export const COLUMN_NAMES = Object.keys(COLUMNS) as readonly ColumnName[];

/** Columns whose values may be kept for a shorter time than the record. */
export const BODY_COLUMNS: ReadonlySet<ColumnName> = new Set<ColumnName>([
  'request',
  'response',
  'features',
  'predictions',
]);

/** Parquet of rows of one model, from staged lines. @param lineBytesMax the longest line among them */
export function storedSelect(lines: readonly string[], types: readonly TypedColumn[], lineBytesMax: number): string {
  const fixed = COLUMN_NAMES.map((name) => {
    const { sql } = COLUMNS[name];
    return sql === null ? named(name) : `${sql} AS ${named(name)}`;
  });
  const sides = (['features', 'predictions'] as const).map((side) => readSide(side, types));
  const from = `SELECT *${sides.map(({ read }) => read).join('')} FROM ${stagedLines(lines, lineBytesMax)}`;
  return `SELECT ${[...fixed, ...sides.flatMap(({ columns }) => columns)].join(', ')} FROM (${from})`;
}

function stagedLines(lines: readonly string[], lineBytesMax: number): string {
  const columns = Object.entries(COLUMNS).map(([name, { read }]) => `${named(name)}: '${read}'`);
  const spec = [...columns, "untyped_features: 'JSON'", "untyped_predictions: 'JSON'"].join(', ');
  const files = `[${lines.map(quoted).join(', ')}]`;
  return `read_json(${files}, format = 'newline_delimited', columns = {${spec}}, maximum_object_size = ${Math.max(LINE_BYTES, lineBytesMax + 1)})`;
}

/** DuckDB holds two buffers of this size a thread. */
const LINE_BYTES = 16 * 1024 ** 2;

/** One reading of a side's JSON for all of its columns; names that SQL takes for one, or for none, need one of their own. */
function readSide(
  side: Side,
  types: readonly TypedColumn[],
): { readonly read: string; readonly columns: readonly string[] } {
  const own = types.filter((column) => column.side === side);
  const first = new Map<string, TypedColumn>();
  const rest: TypedColumn[] = [];
  for (const column of own) {
    const key = column.name.toLowerCase();
    if (first.has(key) || key === '') rest.push(column);
    else first.set(key, column);
  }
  if (first.size === 0) return { read: '', columns: [] };
  const shape = JSON.stringify(Object.fromEntries([...first.values()].map(({ name, type }) => [name, [type]])));
  const cells = `cells_of_${side}`;
  const columns = [
    ...[...first.values()].map(({ name, column }) => `${cells}.${named(name)} AS ${named(column)}`),
    ...rest.map(({ name, column, type }) => `${extracted(side, name, type)} AS ${named(column)}`),
  ];
  return { read: `, from_json(${side}, ${quoted(shape)}) AS ${cells}`, columns };
}

function extracted(side: Side, name: string, type: string): string {
  const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return `from_json(json_extract(${side}, ${quoted(pointer)}), '["${type}"]')`;
}

/** No row, with every column there is: what a store without a file looks like. */
export function emptySelect(): string {
  const columns = COLUMN_NAMES.map((name) => `CAST(NULL AS ${COLUMNS[name].type}) AS ${named(name)}`);
  return `SELECT ${columns.join(', ')}, CAST(NULL AS VARCHAR) AS model, CAST(NULL AS DATE) AS date WHERE false`;
}
