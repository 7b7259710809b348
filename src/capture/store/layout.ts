// Where the store lies below `data`: Parquet under decisions/model=M/date=D/, as Hive, Spark, Trino, DuckDB and pyarrow read it, and
// beside it what the store needs for itself in decisions/_store/, which all of them skip for its underscore.

import { open } from 'node:fs/promises';
import { join } from 'node:path';

export interface StorePaths {
  /** Root of the Parquet files. */
  readonly root: string;
  readonly own: string;
  readonly manifest: string;
  readonly lock: string;
  /** Files that are being made; nothing in it survives a run. */
  readonly staging: string;
  readonly indexes: string;
}

/** @param data absolute path of the data folder */
export function storePaths(data: string): StorePaths {
  const root = join(data, 'decisions');
  const own = join(root, '_store');
  return {
    root,
    own,
    manifest: join(own, 'manifest.ndjson'),
    lock: join(own, 'compactor.lock'),
    staging: join(own, 'staging'),
    indexes: join(own, 'indexes'),
  };
}

/** Path of a Parquet file below the root. Names of models are safe in paths (config/quantities.ts). */
export function partitionPath(model: string, date: string, name: string): string {
  return `model=${model}/date=${date}/${name}`;
}

/** UTC day of a time. */
export function dateOf(at: number): string {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? '1970-01-01' : time.toISOString().slice(0, 10);
}

/** Until a folder's list of names is on stable storage. Some file systems have no such thing for folders; any other failure is one. */
export async function syncFolder(path: string): Promise<void> {
  await syncPath(path).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && UNSUPPORTED.has(String(error.code)))) throw error;
  });
}

const UNSUPPORTED: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP']);

/** Until a file is on stable storage. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
