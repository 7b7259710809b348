// Snapshots in data/drift: `REPLICA.drift` of a process, `REPLICA.adopted` of one that it goes on from until its own first one is
// written. Of several processes that find one, renaming gives it to one. What is refused is set aside as `REPLICA.refused`.

import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { readSnapshot, type Snapshot, type SnapshotHead } from './snapshot-file.ts';

export const snapshotFolder = (data: string): string => join(data, 'drift');
export const snapshotPath = (data: string, replica: string): string => join(snapshotFolder(data), `${replica}.drift`);
const adoptedPath = (data: string, replica: string): string => join(snapshotFolder(data), `${replica}.adopted`);

const LEFT = /^(?<replica>.+)\.(?:drift|adopted)$/;
const OURS = /\.(?:drift|adopted|refused|drift\.new)$/;
/** What nobody went on from for so long is deleted. */
const REST_MS = 2 * 86_400_000;

export interface LeftOptions {
  readonly data: string;
  /** This process. */
  readonly replica: string;
  readonly wallMs: number;
  /** Whether a process is gone, by its name and the last change of its file (unix ms); its head where that is its own. */
  readonly isLeft: (replica: string, modifiedMs: number, head: SnapshotHead | null) => boolean;
  readonly report: (message: string) => void;
}

/** Take over the newest snapshot that a process has left behind, if there is one that can be read. */
export async function adoptSnapshot(options: LeftOptions): Promise<Snapshot | null> {
  const { data, replica: own, isLeft, report, wallMs } = options;
  const folder = snapshotFolder(data);
  await mkdir(folder, { recursive: true, mode: 0o750 });
  let adopted: Snapshot | null = null;
  for (const { name, modifiedMs } of await newestFirst(folder)) {
    const path = join(folder, name);
    const replica = LEFT.exec(name)?.groups?.replica;
    if (wallMs - modifiedMs > REST_MS) await rm(path, { force: true });
    else if (replica !== undefined && replica !== own && adopted === null) {
      const reading = await readSnapshot(path);
      const isOwn = reading.ok && reading.snapshot.head.replica === replica;
      if (!isLeft(replica, modifiedMs, isOwn ? reading.snapshot.head : null)) continue;
      if (!reading.ok) {
        report(
          `${path}: the drift snapshot of the last run is not used: ${reading.problem}. Its counts start anew; the file is set aside as ${replica}.refused`,
        );
        await rename(path, join(folder, `${replica}.refused`)).catch(() => undefined);
      } else if (await isMoved(path, adoptedPath(data, own), wallMs)) adopted = reading.snapshot;
    }
  }
  return adopted;
}

/** A snapshot of this process is on disk: the one that it went on from is in it. */
export async function releaseAdopted(data: string, replica: string): Promise<void> {
  await rm(adoptedPath(data, replica), { force: true });
}

async function newestFirst(folder: string): Promise<{ readonly name: string; readonly modifiedMs: number }[]> {
  const found: { name: string; modifiedMs: number }[] = [];
  for (const name of await readdir(folder)) {
    const facts = OURS.test(name) ? await stat(join(folder, name)).catch(() => undefined) : undefined;
    if (facts?.isFile()) found.push({ name, modifiedMs: facts.mtimeMs });
  }
  return found.sort((one, other) => other.modifiedMs - one.modifiedMs);
}

/** Touched besides: whoever looks at it must see that this process, and not one before it, has it. */
async function isMoved(from: string, to: string, wallMs: number): Promise<boolean> {
  try {
    await rename(from, to);
    await utimes(to, wallMs / 1000, wallMs / 1000);
    return true;
  } catch {
    return false;
  }
}
