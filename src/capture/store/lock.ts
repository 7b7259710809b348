// One compactor a folder. The lock is a file lock that the operating system lets go of when its holder ends, however it ends; an
// empty DuckDB database carries it, since opening one locks its file (fcntl). It is never deleted: a lock on a file that has lost
// its name guards nothing.

import { access, link, rm } from 'node:fs/promises';
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
    return { release: database.close };
  } catch (error) {
    if (isHeld(error)) return undefined;
    throw error;
  }
}

/** A database that is half made could never be opened: it gets its name when it is whole. */
async function makeOnce(path: string, draft: string): Promise<void> {
  if (await exists(path)) return;
  await rm(draft, { force: true });
  const database: Database = await openDatabase(draft, BOUNDS);
  await database.run('CREATE TABLE lock (held BOOLEAN)');
  await database.run('CHECKPOINT');
  database.close();
  await link(draft, path).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  });
  await rm(draft, { force: true });
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
