// The account of a process that has ended, in a file of its own (`accounts/REPLICA.json` below `data`): segments go, by retention
// or into the store, and their account has to outlive them. Written by the process itself at its end, else by the next one that finds what
// it left. Whoever writes it writes the same.

import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type CaptureCounts, sumOf } from '../counters.ts';
import type { ClosedCounts, ProcessAccount } from './closing.ts';

const SUFFIX = '.json';
/** Processes whose accounts are kept: at a KB or so each. */
const ACCOUNTS_MAX = 1000;

/** @param captures folder of the segments */
function folderOf(captures: string): string {
  return join(dirname(captures), 'accounts');
}

function pathOf(captures: string, replica: string): string {
  return join(folderOf(captures), `${replica}${SUFFIX}`);
}

export async function writeAccount(captures: string, account: ProcessAccount): Promise<void> {
  const path = pathOf(captures, account.replica);
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(folderOf(captures), { recursive: true, mode: 0o750 });
    await writeFile(unfinished, `${JSON.stringify(account)}\n`, { mode: 0o640, flush: true });
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Those that have ended, the latest last. A file that cannot be read is left out, and told. */
export async function readAccounts(captures: string, report: (message: string) => void): Promise<ProcessAccount[]> {
  const accounts: ProcessAccount[] = [];
  const folder = folderOf(captures);
  for (const name of await readdir(folder).catch(noneOfMissing)) {
    if (!name.endsWith(SUFFIX)) continue;
    try {
      accounts.push(JSON.parse(await readFile(join(folder, name), 'utf8')) as ProcessAccount);
    } catch (error) {
      report(`${join(folder, name)}: this account cannot be read: ${error instanceof Error ? error.message : error}`);
    }
  }
  return accounts.sort((a, b) => a.at - b.at);
}

function noneOfMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

/** Names of those that have ended. */
export async function endedReplicas(captures: string): Promise<ReadonlySet<string>> {
  const names = await readdir(folderOf(captures)).catch(() => []);
  return new Set(names.flatMap((name) => (name.endsWith(SUFFIX) ? [name.slice(0, -SUFFIX.length)] : [])));
}

/** Delete the oldest beyond the bound. */
export async function retainAccounts(captures: string, accounts: readonly ProcessAccount[]): Promise<void> {
  for (const { replica } of accounts.slice(0, Math.max(0, accounts.length - ACCOUNTS_MAX)))
    await rm(pathOf(captures, replica), { force: true });
}

export async function hasAccount(captures: string, replica: string): Promise<boolean> {
  return access(pathOf(captures, replica)).then(
    () => true,
    () => false,
  );
}

/** Of this process, at its end. @param counts nothing is pending any more */
export function endedAccount(replica: string, at: number, counts: ReadonlyMap<string, CaptureCounts>): ProcessAccount {
  const closed = ({ received, captured, sampledOut, dropped, pending, withheld }: CaptureCounts): ClosedCounts => ({
    ...{ received, captured, sampledOut, dropped, withheld },
    lost: pending,
  });
  const models = Object.fromEntries(Array.from(counts, ([model, one]) => [model, closed(one)]));
  return { replica, end: 'closed', at, models, total: closed(sumOf(counts.values())) };
}

/** One line for the log. */
export function inWords({ replica, at, total }: ProcessAccount): string {
  const { received, captured, sampledOut, dropped, lost } = total;
  const drops = Object.entries(dropped).flatMap(([reason, count]) =>
    count > 0 ? [`${count} dropped (${reason})`] : [],
  );
  const parts = [`${captured} captured`, `${sampledOut} sampled out`, ...drops, `${lost} lost with its memory`];
  const until = `until its last word at ${new Date(at).toISOString()}`;
  return `${replica}: this process was killed; ${until} it received ${received} = ${parts.join(' + ')}`;
}
