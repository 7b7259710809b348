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
import { type Retained, retainSegments } from './retain.ts';

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
  /** Of a segment that is to go. */
  readonly read?: (path: string) => Promise<Buffer>;
}

/** Between two looks whether a process beside this one has ended. */
const REPAIR_MS = 60_000;

export function createHousekeeping(options: HousekeepingOptions): Housekeeping {
  const { data, folder, replica, isAlive, wall, totalBytes, report } = options;
  let deleted: Deleted = { segmentsDeleted: 0, recordsDeleted: { stored: 0, gone: 0 } };
  let ended: readonly ProcessAccount[] = [];
  /** What is wrong at the moment, by what it is about: told once. */
  const faults = new Map<string, string>();
  let unreadable: ReadonlyMap<string, string> = new Map();
  let repairedAt = wall();
  let work = repair(true);

  /** @param isFirst the accounts of those that ended are to be read in any case */
  async function repair(isFirst: boolean): Promise<void> {
    const found = { folder, replica, isAlive, wallMs: wall(), report };
    const left = (await attempt('recovery stopped', () => recoverSegments(found))) ?? 0;
    if (left === 0 && !isFirst) return;
    ended =
      (await attempt('the accounts of ended processes cannot be read', () => readAccounts(folder, report))) ?? ended;
    await attempt('old accounts could not be deleted', () => retainAccounts(folder, ended));
    await retain();
  }

  /** @returns undefined where it failed, which is told once as long as it fails in the same way */
  async function attempt<T>(failure: string, act: () => Promise<T>): Promise<T | undefined> {
    try {
      const done = await act();
      faults.delete(failure);
      return done;
    } catch (error) {
      const problem = textOf(error);
      if (faults.get(failure) !== problem) report(`${folder}: ${failure}: ${problem}`);
      faults.set(failure, problem);
      return undefined;
    }
  }

  async function retain(): Promise<void> {
    const bytesMax = totalBytes();
    const found = await attempt('old segments could not be deleted', () =>
      retainSegments(folder, bytesMax, storedSegments, options.read),
    );
    if (found === undefined) return;
    for (const [path, problem] of found.unreadable) {
      if (!unreadable.has(path))
        report(
          `${path}: this segment cannot be read, and is kept beyond captures.keep: ${problem}; mend the disk, or move the file away`,
        );
    }
    unreadable = found.unreadable;
    if (found.deleted > 0) tell(found, bytesMax);
  }

  function tell(found: Retained, bytesMax: number): void {
    const { records, gone } = found;
    const { segmentsDeleted, recordsDeleted } = deleted;
    deleted = {
      segmentsDeleted: segmentsDeleted + found.deleted,
      recordsDeleted: { stored: recordsDeleted.stored + records - gone, gone: recordsDeleted.gone + gone },
    };
    report(
      `${folder}: ${found.deleted} oldest segments (${found.deletedBytes} bytes) with ${records} records, ${gone} of them not in the store, deleted to stay within captures.keep (${bytesMax} bytes)`,
    );
  }

  async function storedSegments(): Promise<ReadonlySet<string>> {
    const manifest = await attempt(
      'which segments are in the store cannot be read, so that all that are deleted count as not in the store',
      () => openManifest(storePaths(data).manifest),
    );
    return manifest?.segments ?? new Set();
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
