// One compactor a folder. The lock is a file lock that the operating system lets go of when its holder ends, however it ends; an
// empty DuckDB database carries it, since opening one locks its file (fcntl). It is never deleted: a lock on a file that has lost
// its name guards nothing.

import { access, link, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Database, openDatabase } from './database.ts';

const BOUNDS = { threads: 1, memoryBytes: 16 * 1024 ** 2, spillFolder: null };

export interface Lock {
  release(): void;
}

/** @returns undefined where another process holds it @throws where the file cannot be used */
export async function takeLock(path: string, unique: string): Promise<Lock | undefined> {
  await makeOnce(path, `${path}.${unique}`);
  try {
    const database = await openDatabase(path, BOUNDS);
    await sweep(path);
    return { release: database.close };
  } catch (error) {
    if (isHeld(error)) return undefined;
    throw error;
  }
}

/** A database that is half made could never be opened: it gets its name when it is whole. */
async function makeOnce(path: string, draft: string): Promise<void> {
  if (await exists(path)) return;
  await discard(draft);
  try {
    const database: Database = await openDatabase(draft, BOUNDS);
    try {
      await database.run('CREATE TABLE lock (held BOOLEAN)');
      await database.run('CHECKPOINT');
    } finally {
      database.close();
    }
    await link(draft, path).catch(async (error: unknown) => {
      // Another was quicker, and may have swept this draft away.
      if (!(await exists(path))) throw error;
    });
  } finally {
    await discard(draft);
  }
}

/** What others left that were killed: with the lock in hand, no draft is needed any more. */
async function sweep(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder))
    if (name.startsWith(`${basename(path)}.`) && name !== `${basename(path)}.wal`)
      await rm(join(folder, name), { force: true });
}

/** With the log that DuckDB keeps beside it. */
async function discard(draft: string): Promise<void> {
  await rm(draft, { force: true });
  await rm(`${draft}.wal`, { force: true });
}

function isHeld(error: unknown): boolean {
  return error instanceof Error && /lock on file|already open|same database file/i.test(error.message);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
