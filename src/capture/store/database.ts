// DuckDB, opened within bounds. Nothing else in the house imports it (the architecture test holds that); it is loaded when first needed, in processes that do not
// serve decisions. It reads and writes local files only: no extension is fetched, none is loaded from disk.

import type { DuckDBConnection, DuckDBInstance, StatementType } from '@duckdb/node-api';

export interface DatabaseBounds {
  readonly threads: number;
  readonly memoryBytes: number;
  /** Where what does not fit in memory goes; null: such a query fails. */
  readonly spillFolder: string | null;
}

export type Row = Readonly<Record<string, unknown>>;

export interface Database {
  readonly connection: DuckDBConnection;
  run(sql: string): Promise<void>;
  /** All rows, values as JavaScript has them: bigint, Uint8Array, Date by DuckDB's own classes. */
  rows(sql: string): Promise<Row[]>;
  /** Rows as columns of plain values, some thousand at a time. */
  chunks(sql: string): AsyncGenerator<readonly (readonly unknown[])[]>;
  /** What a text asks for, without running it. @throws DuckDB's words where it cannot be taken apart */
  statements(sql: string): Promise<Statements>;
  close(): void;
}

export interface Statements {
  readonly count: number;
  /** Whether the first one is a SELECT, which can only read. @throws DuckDB's words where it means nothing here */
  isSelect(): Promise<boolean>;
}

/** @param path of a database file, which is locked until `close`; null: in memory */
export async function openDatabase(path: string | null, bounds: DatabaseBounds): Promise<Database> {
  const duckdb = await import('@duckdb/node-api');
  const instance = await duckdb.DuckDBInstance.create(path ?? ':memory:', {
    threads: String(bounds.threads),
    memory_limit: `${Math.round(bounds.memoryBytes / 1024 ** 2)}MiB`,
    temp_directory: bounds.spillFolder ?? '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    // Or a large group of rows is held twice; with one thread the order is kept all the same.
    preserve_insertion_order: 'false',
  });
  return databaseOf(instance, await instance.connect(), duckdb.StatementType.SELECT);
}

async function databaseOf(
  instance: DuckDBInstance,
  connection: DuckDBConnection,
  select: StatementType,
): Promise<Database> {
  // Times are stored and shown in UTC, whatever the machine is set to.
  await connection.run("SET TimeZone = 'UTC'");
  return {
    connection,
    async run(sql) {
      await connection.run(sql);
    },
    async rows(sql) {
      const reader = await connection.runAndReadAll(sql);
      return reader.getRowObjects();
    },
    async *chunks(sql) {
      const result = await connection.stream(sql);
      for (
        let chunk = await result.fetchChunk();
        chunk !== null && chunk.rowCount > 0;
        chunk = await result.fetchChunk()
      )
        yield chunk.getColumns();
    },
    async statements(sql) {
      const extracted = await connection.extractStatements(sql);
      return {
        count: extracted.count,
        async isSelect() {
          const prepared = await extracted.prepare(0);
          const { statementType } = prepared;
          prepared.destroySync();
          return statementType === select;
        },
      };
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A string as SQL has it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name of a column or a table as SQL has it. */
export function named(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A list of strings as SQL has it. */
export function listed(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(', ')}]`;
}
