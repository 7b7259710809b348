// One decision out of the store, for a command that asks once and ends: DuckDB runs in its own process, and only where an index
// says that there is something to read.

import type { CaptureRow } from '../row.ts';
import { openDatabase } from './database.ts';
import { createStoredFinder } from './find-stored.ts';
import { readRows } from './read-rows.ts';

const MEMORY_BYTES = 256 * 1024 ** 2;

/** @param data absolute path of the data folder */
export function findStored(data: string, decisionId: string): Promise<CaptureRow[]> {
  const finder = createStoredFinder(data, async (id, wanted) => {
    const database = await openDatabase(null, { threads: 1, memoryBytes: MEMORY_BYTES, spillFolder: null });
    try {
      return await readRows(database, id, wanted);
    } finally {
      database.close();
    }
  });
  return finder.find(decisionId);
}
