// A process of the store: DuckDB runs here, away from the gate's memory and from the threads that serve. Compaction gives
// way to it (nice 10), though not as far as to starve on a machine that is always busy, since segments would then be deleted before
// they are in the store. It may be killed at any moment.

import { constants, setPriority } from 'node:os';
import { textOf } from '../segments/folder.ts';
import { compact } from './compact.ts';
import { type Database, openDatabase } from './database.ts';
import { isHeldBySinks } from './held-by-sinks.ts';
import type { CompactJob, FromStoreProcess, ReadJob, ToStoreProcess } from './messages.ts';
import { readRows } from './read-rows.ts';

const READ_MEMORY_BYTES = 256 * 1024 ** 2;

let reading: Promise<Database> | null = null;

process.on('message', (message: ToStoreProcess) => {
  if (message.kind === 'compact') void compactOnce(message);
  else void read(message);
});

async function compactOnce({ data, memoryBytes, retention, operationBytes }: CompactJob): Promise<void> {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
    const done = await compact({
      data,
      unique: process.pid.toString(36),
      wall: Date.now,
      memoryBytes,
      retention,
      isHeld: (segment) => isHeldBySinks(data, segment, Date.now()),
      report: (message) => say({ kind: 'report', message }),
      ...(operationBytes === null ? {} : { operationBytes }),
    });
    say({ kind: 'compacted', done });
  } catch (error) {
    say({ kind: 'failed', request: null, problem: textOf(error) });
  }
  if (process.connected) process.disconnect();
}

async function read({ request, decisionId, wanted }: ReadJob): Promise<void> {
  try {
    reading ??= openToRead();
    say({ kind: 'rows', request, rows: await readRows(await reading, decisionId, wanted) });
  } catch (error) {
    say({ kind: 'failed', request, problem: textOf(error) });
  }
}

async function openToRead(): Promise<Database> {
  const database = await openDatabase(null, { threads: 1, memoryBytes: READ_MEMORY_BYTES, spillFolder: null });
  // The system has the files in its cache: a second copy of what single questions have read is memory for nothing.
  await database.run('SET enable_external_file_cache = false');
  return database;
}

/** Who does not listen any more has died, or has stopped; the work is finished all the same. */
function say(message: FromStoreProcess): void {
  if (process.connected) process.send?.(message);
}
