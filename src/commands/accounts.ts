// `headgate accounts`: what became of every exchange, process by process, read from the data folder alone. The identity is
// checked: of each account by itself, and against the rows that are really there where no segment is gone.

import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { readAccounts } from '../capture/segments/account-file.ts';
import { type ClosedCounts, closingAccount, difference, type ProcessAccount } from '../capture/segments/closing.ts';
import { capturesFolder, textOf } from '../capture/segments/folder.ts';
import { framesOf } from '../capture/segments/frame.ts';
import { isAlive } from '../capture/segments/process-life.ts';
import { lastSignOf, type Remains, remainsIn } from '../capture/segments/recover.ts';
import { parseReplica, type SegmentEntry } from '../capture/segments/segment-name.ts';
import { readSpare, type SpareContent } from '../capture/segments/spare-account.ts';
import { type StoredRows, storedRows } from '../capture/store/rows-by-replica.ts';
import { EXIT } from './exit-codes.ts';

export interface AccountsOptions {
  /** Absolute path of the data folder. */
  readonly data: string;
  readonly json: boolean;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

export interface CheckedAccount extends ProcessAccount {
  /** Rows in the segments that are still there. */
  readonly rows: number;
  /** Rows in the store. */
  readonly stored: number;
  /** Captured, and in neither any more. */
  readonly gone: number;
  /** Whether all segments of the process are there, so that `rows` must be what it had captured. */
  readonly complete: boolean;
  readonly problems: readonly string[];
}

/** @returns the exit code: 1 where an account does not balance */
export async function runAccounts({ data, json, stdout, stderr }: AccountsOptions): Promise<number> {
  const folder = capturesFolder(data);
  let accounts: CheckedAccount[];
  try {
    const report = (message: string) => void stderr.write(`${message}\n`);
    const stored = await storedRows(data).catch((error: unknown) => {
      report(`${data}: the store cannot be read, its rows are not counted: ${textOf(error)}`);
      return { byReplica: new Map<string, number>(), segments: new Set<string>() };
    });
    accounts = await checkedAccounts(folder, stored, report);
  } catch (error) {
    stderr.write(`${folder}: the captures cannot be read: ${textOf(error)}; name the data folder of a gate\n`);
    return EXIT.unavailable;
  }
  stdout.write(json ? `${JSON.stringify({ folder, processes: accounts }, null, 2)}\n` : textOfAll(folder, accounts));
  return accounts.every(({ problems }) => problems.length === 0) ? EXIT.ok : EXIT.failed;
}

async function checkedAccounts(
  folder: string,
  stored: StoredRows,
  report: (message: string) => void,
): Promise<CheckedAccount[]> {
  const remains = new Map((await remainsIn(folder)).map((one) => [one.replica, one]));
  const known = new Map((await readAccounts(folder, report)).map((account) => [account.replica, account]));
  const accounts: CheckedAccount[] = [];
  for (const replica of new Set([...known.keys(), ...remains.keys()])) {
    const own = remains.get(replica) ?? { replica, segments: [], spare: undefined };
    const spare = await readSpare(own.spare);
    const account = known.get(replica) ?? (await closingAccount(replica, own.segments, spare.ledger));
    if (account !== undefined) accounts.push(await checked(withLife(account, own, spare), own.segments, stored));
  }
  return accounts.sort((a, b) => a.at - b.at);
}

/** A process that has no last word may still be at work. */
function withLife(account: ProcessAccount, remains: Remains, { birth }: SpareContent): ProcessAccount {
  const name = parseReplica(remains.replica);
  const isSettled = remains.segments.length === 0 && remains.spare === undefined;
  if (account.end === 'closed' || name === undefined || isSettled) return account;
  const isHere = name.host === hostname().replaceAll(/[^\w.-]/g, '_');
  return isHere && isAlive(name.pid, { birth, atMs: lastSignOf(remains) }) ? { ...account, end: 'running' } : account;
}

async function checked(
  account: ProcessAccount,
  segments: readonly SegmentEntry[],
  store: StoredRows,
): Promise<CheckedAccount> {
  const stored = store.byReplica.get(account.replica) ?? 0;
  /** In the store and on disk: a sink has still to read it. */
  let both = 0;
  const problems: string[] = [];
  const sequences: number[] = [];
  for (const { path } of segments) {
    const before = sequences.length;
    for (const { sequence } of framesOf(await readFile(path), () => undefined)) sequences.push(sequence);
    if (store.segments.has(basename(path))) both += sequences.length - before;
  }
  const complete = segments.every(({ serial }, at) => serial === at + 1) && segments.length > 0;
  for (const [model, counts] of [['all models', account.total] as const, ...Object.entries(account.models)]) {
    const off = difference(counts);
    if (off !== 0)
      problems.push(`${model === '' ? 'no model' : model}: received is ${off} more than what became of it`);
  }
  const twice = sequences.length - new Set(sequences).size;
  if (twice > 0) problems.push(`${twice} rows are there twice`);
  if (complete && account.end !== 'running' && sequences.length !== account.total.captured)
    problems.push(`${sequences.length} rows are there, and ${account.total.captured} were captured`);
  const gone = Math.max(0, account.total.captured - stored - sequences.length + both);
  return { ...account, rows: sequences.length, stored, gone, complete, problems };
}

function textOfAll(folder: string, accounts: readonly CheckedAccount[]): string {
  if (accounts.length === 0) return `${folder}: no process has left an account\n`;
  return accounts.map(textOfOne).join('\n');
}

function textOfOne({ replica, end, at, models, total, rows, stored, gone, problems }: CheckedAccount): string {
  const lines = [`${replica}  ${end}, last word at ${new Date(at).toISOString()}`];
  for (const [model, counts] of Object.entries(models))
    if (counts.received > 0) lines.push(`  ${sumLine(model, counts)}`);
  lines.push(`  ${sumLine('all', total)}`);
  const deleted = gone > 0 ? `, ${gone} deleted since (captures.keep, captures.retain)` : '';
  lines.push(`  of ${total.captured} captured rows ${rows} are in its segments, ${stored} in the store${deleted}`);
  for (const problem of problems) lines.push(`  DOES NOT BALANCE: ${problem}`);
  return `${lines.join('\n')}\n`;
}

function sumLine(model: string, { received, captured, sampledOut, dropped, lost }: ClosedCounts): string {
  const drops = Object.entries(dropped).flatMap(([reason, count]) => (count > 0 ? [`${count} ${reason}`] : []));
  const parts = [`${captured} captured`, `${sampledOut} sampled out`, ...drops, `${lost} lost or pending`];
  return `${model === '' ? '(no model)' : model}: received ${received} = ${parts.join(' + ')}`;
}
