// How many rows of each process are in the store, and which of its segments went in: what `headgate accounts` compares with.

import { locate } from './commit.ts';
import { openDatabase, quoted } from './database.ts';
import { storePaths } from './layout.ts';
import { openManifest } from './manifest.ts';

export interface StoredRows {
  readonly byReplica: ReadonlyMap<string, number>;
  /** Names of segments whose rows are among them. */
  readonly segments: ReadonlySet<string>;
}

const MEMORY_BYTES = 256 * 1024 ** 2;

/** @param data absolute path of the data folder @throws where the store cannot be read */
export async function storedRows(data: string): Promise<StoredRows> {
  const paths = storePaths(data);
  const manifest = await openManifest(paths.manifest);
  const byReplica = new Map<string, number>();
  const { segments } = manifest;
  if (manifest.files.size === 0) return { byReplica, segments };
  const places = locate(paths, manifest);
  const files = Array.from(manifest.files.keys(), (path) => quoted(places.file(path)));
  const database = await openDatabase(null, { threads: 1, memoryBytes: MEMORY_BYTES, spillFolder: null });
  try {
    const sql = `SELECT replica, count(*) AS n FROM read_parquet([${files.join(', ')}], union_by_name = true) GROUP BY replica`;
    for (const { replica, n } of await database.rows(sql)) byReplica.set(String(replica), Number(n));
  } finally {
    database.close();
  }
  return { byReplica, segments };
}
