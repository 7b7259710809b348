// What earlier processes left behind: a segment still called `.open` whose writer is gone is cut behind its last whole frame
// and closed. Segments that another process may still be writing are left alone.

import { readFile, rename, rm, truncate } from 'node:fs/promises';
import { hasAccount, inWords, writeAccount } from './account-file.ts';
import { closingAccount } from './closing.ts';
import { type Damage, everyFrameOf } from './frame.ts';
import type { IsAlive } from './process-life.ts';
import { listSegments, parseReplica, type SegmentEntry } from './segment-name.ts';
import { listSpares, readSpare, type SpareContent, type SpareEntry } from './spare-account.ts';

/** On another host nobody can be asked whether the writer lives; a segment that rested this long is taken to be left. */
const FOREIGN_REST_MS = 10 * 60_000;

export interface RecoverOptions {
  readonly folder: string;
  /** This process: its own segments are not touched. */
  readonly replica: string;
  readonly isAlive: IsAlive;
  readonly wallMs: number;
  /** What was found and done, for the log. */
  readonly report: (message: string) => void;
}

/** @returns how many processes were found to have ended */
export async function recoverSegments(options: RecoverOptions): Promise<number> {
  let ended = 0;
  for (const remains of await remainsIn(options.folder)) {
    // Of most there is nothing to do: closed segments that wait for the store.
    if (remains.spare === undefined && remains.segments.every(({ state }) => state === 'capture')) {
      if (await hasAccount(options.folder, remains.replica)) continue;
    }
    const spare = await readSpare(remains.spare);
    if (!isLeft(remains, spare, options)) continue;
    await settle(remains, spare, options);
    ended += 1;
  }
  return ended;
}

/** What one process has in the folder. */
export interface Remains {
  readonly replica: string;
  /** In the order written. */
  readonly segments: readonly SegmentEntry[];
  readonly spare: SpareEntry | undefined;
}

export async function remainsIn(folder: string): Promise<Remains[]> {
  const segments = Map.groupBy(await listSegments(folder), ({ replica }) => replica);
  const spares = new Map((await listSpares(folder)).map((spare) => [spare.replica, spare]));
  return Array.from(new Set([...segments.keys(), ...spares.keys()]), (replica) => ({
    replica,
    segments: (segments.get(replica) ?? []).toSorted((a, b) => a.serial - b.serial),
    spare: spares.get(replica),
  }));
}

/** One process that has ended, or was killed. Several may do this at a time: each writes the same, and one renames. */
async function settle(remains: Remains, spare: SpareContent, { folder, report }: RecoverOptions): Promise<void> {
  try {
    await closeAccount(remains, spare, folder, report);
    for (const entry of remains.segments) if (entry.state === 'open') await recover(entry, report);
    // It is in the account by now.
    if (remains.spare !== undefined) await rm(remains.spare.path, { force: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

async function closeAccount(
  { replica, segments }: Remains,
  { ledger }: SpareContent,
  folder: string,
  report: (message: string) => void,
): Promise<void> {
  if (await hasAccount(folder, replica)) return;
  const account = await closingAccount(replica, segments, ledger);
  if (account === undefined) return;
  await writeAccount(folder, account);
  if (account.end === 'killed') report(inWords(account));
}

function isLeft(remains: Remains, { birth }: SpareContent, options: RecoverOptions): boolean {
  const { replica, isAlive, wallMs } = options;
  const [name, own] = [parseReplica(remains.replica), parseReplica(replica)];
  if (remains.replica === replica || name === undefined) return false;
  const atMs = lastSignOf(remains);
  if (name.host !== own?.host) return wallMs - atMs > FOREIGN_REST_MS;
  // In a container every start has the same pid: that of this process is its own, hence the other one is gone.
  return name.pid === own.pid || !isAlive(name.pid, { birth, atMs });
}

/** Unix milliseconds at which a process last wrote. */
export function lastSignOf({ segments, spare }: Remains): number {
  return Math.max(spare?.modifiedMs ?? 0, ...segments.map(({ modifiedMs }) => modifiedMs));
}

async function recover(entry: SegmentEntry, report: (message: string) => void): Promise<void> {
  const bytes = await readFile(entry.path);
  const damage: Damage[] = [];
  let rows = 0;
  for (const { isLedger } of everyFrameOf(bytes, (found) => damage.push(found))) {
    if (!isLedger) rows += 1;
  }
  const torn = damage.find((one) => one.torn);
  const inside = damage.filter((one) => !one.torn).reduce((sum, one) => sum + one.length, 0);
  // Its ledgers are in the account by now.
  if (rows === 0 && inside === 0) {
    await rm(entry.path, { force: true });
    return;
  }
  if (torn !== undefined) await truncate(entry.path, torn.offset);
  const closed = entry.path.replace(/\.open$/, '.capture');
  await rename(entry.path, closed);
  if (torn !== undefined) report(`${closed}: ${rows} records kept, ${torn.length} bytes of a torn tail cut off`);
  if (inside > 0) report(`${closed}: ${inside} bytes between its records are damaged and will be skipped`);
}
