// What is done to the folder beside writing: what ended processes left is settled, at the start and each minute, and closed segments
// beyond captures.keep are deleted. One after the other, and never in the way of a group that is to be written. Nothing here fails: it
// is told, and tried again.

import { storePaths } from '../store/layout.ts';
import { openManifest } from '../store/manifest.ts';
import { readAccounts, retainAccounts } from './account-file.ts';
import type { ProcessAccount } from './closing.ts';
import { textOf } from './folder.ts';
import type { IsAlive } from './process-life.ts';
import { recoverSegments } from './recover.ts';
import { retainSegments } from './retain.ts';

/** What was deleted to stay within captures.keep. */
export interface Deleted {
  readonly segmentsDeleted: number;
  /** In these segments, by whether the store had them. */
  readonly recordsDeleted: { readonly stored: number; readonly gone: number };
}

export interface Housekeeping {
  /** Look, each minute, whether a process beside this one has ended. */
  tick(): void;
  /** A segment was closed, or the bound has changed. */
  tidy(): void;
  /** Once all that was begun is done. */
  idle(): Promise<void>;
  readonly deleted: Deleted;
  /** Processes that have ended and wrote into this folder, the latest last. */
  readonly ended: readonly ProcessAccount[];
}

export interface HousekeepingOptions {
  /** Absolute path of the data folder; and of that of the segments in it. */
  readonly data: string;
  readonly folder: string;
  readonly replica: string;
  readonly isAlive: IsAlive;
  readonly wall: () => number;
  readonly totalBytes: () => number;
  readonly report: (message: string) => void;
}

/** Between two looks whether a process beside this one has ended. */
const REPAIR_MS = 60_000;

export function createHousekeeping(options: HousekeepingOptions): Housekeeping {
  const { data, folder, replica, isAlive, wall, totalBytes, report } = options;
  let deleted: Deleted = { segmentsDeleted: 0, recordsDeleted: { stored: 0, gone: 0 } };
  let ended: readonly ProcessAccount[] = [];
  let fault = '';
  let repairedAt = wall();
  let work = repair(true);

  /** @param isFirst the accounts of those that ended are to be read in any case */
  async function repair(isFirst: boolean): Promise<void> {
    const found = { folder, replica, isAlive, wallMs: wall(), report };
    const left = await recoverSegments(found).catch((error: unknown) => {
      const problem = `${folder}: recovery stopped: ${textOf(error)}`;
      if (problem !== fault) report(problem);
      fault = problem;
      return 0;
    });
    if (left === 0 && !isFirst) return;
    ended = await readAccounts(folder, report).catch(() => []);
    await retainAccounts(folder, ended).catch(() => undefined);
    await retain();
  }

  async function retain(): Promise<void> {
    const bytesMax = totalBytes();
    try {
      const found = await retainSegments(folder, bytesMax, storedSegments);
      if (found.deleted === 0) return;
      const { records, gone } = found;
      const { segmentsDeleted, recordsDeleted } = deleted;
      deleted = {
        segmentsDeleted: segmentsDeleted + found.deleted,
        recordsDeleted: { stored: recordsDeleted.stored + records - gone, gone: recordsDeleted.gone + gone },
      };
      report(
        `${folder}: ${found.deleted} oldest segments (${found.deletedBytes} bytes) with ${records} records, ${gone} of them not in the store, deleted to stay within captures.keep (${bytesMax} bytes)`,
      );
    } catch (error) {
      report(`${folder}: old segments could not be deleted: ${textOf(error)}`);
    }
  }

  async function storedSegments(): Promise<ReadonlySet<string>> {
    return (await openManifest(storePaths(data).manifest).catch(() => null))?.segments ?? new Set();
  }

  return {
    tick() {
      if (Math.abs(wall() - repairedAt) < REPAIR_MS) return;
      repairedAt = wall();
      work = work.then(() => repair(false));
    },
    tidy() {
      work = work.then(retain);
    },
    idle: () => work,
    get deleted() {
      return deleted;
    },
    get ended() {
      return ended;
    },
  };
}
