// The surrogates of a baseline: what its predictions follow, fitted to rows that have features and predictions side by side. A
// sample of the rows is enough, and bounds the memory.

import type { Database } from '../../capture/store/database.ts';
import { type Binning, binOf } from '../../drift/baseline/binning.ts';
import type { BaselineColumn } from '../../drift/baseline/write-baseline.ts';
import { fitTargets, type TargetSurrogate } from '../../drift/cause/target-surrogate.ts';
import type { Value } from '../../protocols/protocol.ts';
import { plain } from './measure.ts';
import type { Relation, RelationColumn } from './relation.ts';

const ROWS_MAX = 20_000;
const CELLS_MAX = 8_000_000;
/** Features that one surrogate takes: the first ones of the table. */
const FEATURES_MAX = 1000;

export async function fitPairs(
  database: Database,
  pairs: readonly Relation[],
  columns: readonly BaselineColumn[],
): Promise<TargetSurrogate[]> {
  const found: TargetSurrogate[] = [];
  for (const pair of pairs) found.push(...(await fitPair(database, pair, columns)));
  return found;
}

async function fitPair(
  database: Database,
  { table, columns }: Relation,
  measured: readonly BaselineColumn[],
): Promise<readonly TargetSurrogate[]> {
  const binningOf = ({ side, name, version }: RelationColumn): Binning | undefined =>
    measured.find(
      (one) => one.side === side && one.name === name && one.version === (side === 'request' ? null : version),
    )?.binning;
  const binned = columns.flatMap((column) => {
    const binning = binningOf(column);
    return binning === undefined ? [] : [{ column, binning, values: [] as (Value | undefined)[] }];
  });
  const features = binned.filter(({ column }) => column.side === 'request').slice(0, FEATURES_MAX);
  const predictions = binned.filter(({ column }) => column.side === 'response');
  if (features.length === 0 || predictions.length === 0) return [];
  const [counted] = await database.rows(`SELECT count(*) AS n FROM ${table}`);
  const rowsMax = Math.min(ROWS_MAX, Math.floor(CELLS_MAX / features.length));
  const every = Math.max(1, Math.ceil(Number(counted?.n ?? 0) / rowsMax));
  const bins = features.map(() => new Uint8Array(rowsMax));
  let rows = 0;
  const asked = [...features, ...predictions];
  const named = asked
    .map(({ column }, at) => `${column.column} AS v${at}, ${column.missing ?? 'NULL'} AS m${at}`)
    .join(', ');
  const sampled = `SELECT * EXCLUDE (i) FROM (SELECT ${named}, row_number() OVER () AS i FROM ${table}) WHERE i % ${every} = 0`;
  for await (const chunk of database.chunks(every === 1 ? `SELECT ${named} FROM ${table}` : sampled)) {
    const length = Math.min(chunk[0]?.length ?? 0, rowsMax - rows);
    const valueAt = (at: number, row: number): Value | undefined =>
      chunk[2 * at + 1]?.[row] === true ? undefined : plain(chunk[2 * at]?.[row]);
    for (const [at, { binning }] of features.entries()) {
      const into = bins[at] as Uint8Array;
      for (let row = 0; row < length; row++) into[rows + row] = binOf(binning, valueAt(at, row));
    }
    for (const [at, { values }] of predictions.entries()) {
      for (let row = 0; row < length; row++) values.push(valueAt(features.length + at, row));
    }
    rows += length;
  }
  const version = predictions[0]?.column.version ?? null;
  return fitTargets(
    {
      rows,
      features: features.map(({ column, binning }, at) => ({
        name: column.name,
        bins: (bins[at] as Uint8Array).subarray(0, rows),
        size: binning.size,
      })),
    },
    predictions.map(({ column, binning, values }) => ({ name: column.name, values, binning })),
    version,
  );
}
