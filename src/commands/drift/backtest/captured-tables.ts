// Captured decisions of one model as drift saw them, in the order of time: from the store and from segments alike. What came with an
// error is left out, as drift leaves it out. A value that is missing in some rows of a batch is null in the store, and is null here.

import { named, openDatabase, quoted } from '../../../capture/store/database.ts';
import type { TypedColumn } from '../../../capture/store/feature-types.ts';
import { takeSnapshot } from '../../../capture/store/snapshot.ts';
import type { Observation } from '../../../drift/engine.ts';
import { ROLES } from '../../../model.ts';
import type { Column, Table, Value } from '../../../protocols/protocol.ts';

export interface CapturedTables {
  /** Absolute path of the data folder. */
  readonly data: string;
  /** A folder of the caller's, for what DuckDB has to put somewhere. */
  readonly folder: string;
  readonly model: string;
  /** ISO times; null: no bound. */
  readonly from: string | null;
  readonly until: string | null;
  /** Told of the segments that are read out first. */
  readonly reading: (done: number, total: number) => void;
  readonly memoryBytes: number;
}

export interface Span {
  readonly calls: number;
  /** Unix milliseconds; 0 where there are no calls. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** @param begin told of what there is before the first observation */
export async function* capturedTables(asked: CapturedTables, begin: (span: Span) => void): AsyncGenerator<Observation> {
  const { folder, model, memoryBytes } = asked;
  const database = await openDatabase(null, { threads: 2, memoryBytes, spillFolder: `${folder}/spill` });
  try {
    const snapshot = await takeSnapshot({ ...asked, progress: asked.reading });
    await database.run(`CREATE VIEW called AS SELECT * FROM (${snapshot.select}) WHERE ${conditionOf(asked)}`);
    const [about] = await database.rows(
      'SELECT count(*) AS calls, coalesce(epoch_ms(min("at")), 0) AS low, coalesce(epoch_ms(max("at")), 0) AS high FROM called',
    );
    begin({ calls: Number(about?.calls), firstMs: Number(about?.low), lastMs: Number(about?.high) });
    const columns = snapshot.typesOf(model);
    const values = columns.map(({ column }) => named(column));
    const order = 'ORDER BY "at", replica, sequence';
    const sql = `SELECT epoch_ms("at")::DOUBLE, version, role, client${values.map((one) => `, ${one}`).join('')} FROM called ${order}`;
    for await (const chunk of database.chunks(sql)) {
      for (let row = 0; row < (chunk[0]?.length ?? 0); row++) {
        const role = ROLES.find((one) => one === chunk[2]?.[row]);
        if (role === undefined) continue;
        yield {
          model,
          version: String(chunk[1]?.[row]),
          role,
          at: Number(chunk[0]?.[row]),
          caller: String(chunk[3]?.[row] ?? ''),
          request: tableOf(chunk, row, columns, 'features'),
          response: tableOf(chunk, row, columns, 'predictions'),
        };
      }
    }
  } finally {
    database.close();
  }
}

function conditionOf({ model, from, until }: CapturedTables): string {
  return [
    `model = ${quoted(model)} AND status > 0 AND status < 400 AND error IS NULL`,
    ...(from === null ? [] : [`"at" >= TIMESTAMPTZ ${quoted(from)}`]),
    ...(until === null ? [] : [`"at" < TIMESTAMPTZ ${quoted(until)}`]),
  ].join(' AND ');
}

/** Columns before the typed ones. */
const HEAD = 4;

function tableOf(
  chunk: readonly (readonly unknown[])[],
  row: number,
  types: readonly TypedColumn[],
  side: TypedColumn['side'],
): Table | null {
  const columns: Column[] = [];
  let rows = 0;
  for (let i = 0; i < types.length; i++) {
    const type = types[i];
    if (type?.side !== side) continue;
    const cell = chunk[HEAD + i]?.[row];
    // A call without the column.
    if (cell === null || cell === undefined) continue;
    const values = valuesOf(cell);
    columns.push({ name: type.name, values });
    rows = Math.max(rows, values.length);
  }
  return columns.length === 0 ? null : { rows, columns };
}

function valuesOf(cell: unknown): readonly Value[] {
  const items: readonly unknown[] =
    typeof cell === 'object' && cell !== null && 'items' in cell && Array.isArray(cell.items) ? cell.items : [];
  return items.map((item) => {
    if (typeof item === 'bigint') return Number(item);
    if (typeof item === 'number' || typeof item === 'string' || typeof item === 'boolean') return item;
    return null;
  });
}
