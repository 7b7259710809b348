// Outcomes on disk: lines of JSON below data/outcomes, a file for each process that writes, only ever appended to and synchronised
// before anyone is told that they are kept. One that came before is not written again where that is known; what slips through, after
// a restart or between two processes, the view drops (outcomes-view.ts). Bounded: a full log refuses.

import { type FileHandle, mkdir, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { Busy } from '../kernel/busy.ts';
import type { Outcome } from './outcome.ts';
import { outcomeLines, outcomeOf } from './outcome-lines.ts';

export interface OutcomeLog {
  /**
   * @returns how many were written, and how many had been before
   * @throws OutcomesFull where the log has no room; the error of the file system
   */
  append(outcomes: readonly Outcome[]): Promise<{ readonly written: number; readonly known: number }>;
  /** Take so many bytes from now on. */
  configure(bytesMax: number): void;
  readonly counts: OutcomeCounts;
  close(): Promise<void>;
}

/** Of outcomes handed to this process, what became of them: each is one of the three, or the disk refused it. */
export interface OutcomeCounts {
  readonly written: number;
  /** There before, or twice in one request. */
  readonly known: number;
  /** Found no room. */
  readonly refused: number;
  /** Of all files together, when it was last written to; 0: not yet. */
  readonly bytes: number;
}

export interface OutcomeLogOptions {
  /** Absolute path of the data folder. */
  readonly data: string;
  /** Of this process: names its file. */
  readonly replica: string;
  /** Of all files together. */
  readonly bytesMax: number;
  readonly keysMax?: number;
  /** Whether to read first which keys the log holds, so that none of them (of the latest `keysMax`) is written again. */
  readonly readsKeys?: boolean;
}

export class OutcomesFull extends Error {}

/** Lots that may wait for a slow disk: each holds a connection of the admin side. */
const WAITING_MAX = 64;

/** Keys remembered, to drop what is sent again. */
const KEYS_MAX = 100_000;
const SUFFIX = '.ndjson';

export function createOutcomeLog({
  data,
  replica,
  bytesMax: firstBytesMax,
  keysMax = KEYS_MAX,
  readsKeys = false,
}: OutcomeLogOptions): OutcomeLog {
  const folder = outcomesFolder(data);
  const seen = new LRUCache<string, true>({ max: keysMax });
  const counts = { written: 0, known: 0, refused: 0, bytes: 0 };
  let bytesMax = firstBytesMax;
  let hasRead = !readsKeys;
  let handle: FileHandle | null = null;
  /** Of whole lines in the own file: a half-written one is written over. */
  let bytes = 0;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  async function file(): Promise<FileHandle> {
    if (handle !== null) return handle;
    await mkdir(folder, { recursive: true, mode: 0o750 });
    handle = await open(join(folder, `${replica}${SUFFIX}`), 'a+', 0o640);
    bytes = (await handle.stat()).size;
    return handle;
  }

  async function readKeys(): Promise<void> {
    for (const path of await outcomeFiles(data))
      for await (const lines of outcomeLines(path))
        for (const { bytes: line } of lines) {
          const key = outcomeOf(line.toString('utf8'))?.key;
          if (key !== undefined) seen.set(key, true);
        }
    hasRead = true;
  }

  async function write(outcomes: readonly Outcome[]): Promise<{ readonly written: number; readonly known: number }> {
    if (!hasRead) await readKeys();
    const fresh = new Map<string, Outcome>();
    for (const outcome of outcomes) {
      if (!seen.has(outcome.key) && !fresh.has(outcome.key)) fresh.set(outcome.key, outcome);
    }
    const known = outcomes.length - fresh.size;
    if (fresh.size === 0) {
      counts.known += known;
      return { written: 0, known };
    }
    const lines = Buffer.from([...fresh.values()].map((outcome) => `${JSON.stringify(outcome)}\n`).join(''), 'utf8');
    const used = await bytesOf(folder);
    if (used + lines.length > bytesMax) {
      counts.refused += outcomes.length;
      throw new OutcomesFull(
        `${folder}: outcomes have reached ${bytesMax} bytes; raise captures.outcomes, or move old files of it away`,
      );
    }
    const target = await file();
    try {
      await target.appendFile(lines);
      await target.datasync();
      bytes += lines.length;
    } catch (error) {
      await target.truncate(bytes).catch(() => undefined);
      throw error;
    }
    for (const key of fresh.keys()) seen.set(key, true);
    counts.written += fresh.size;
    counts.known += known;
    counts.bytes = used + lines.length;
    return { written: fresh.size, known };
  }

  return {
    append(outcomes) {
      if (waiting >= WAITING_MAX)
        return Promise.reject(new Busy(`${waiting} lots of outcomes wait for the disk already; send them again later`));
      waiting++;
      const next = last.then(() => write(outcomes));
      last = next
        .catch(() => undefined)
        .finally(() => {
          waiting--;
        });
      return next;
    },
    configure(next) {
      bytesMax = next;
    },
    get counts() {
      return counts;
    },
    async close() {
      await last;
      await handle?.close();
      handle = null;
    },
  };
}

/**
 * Files with outcomes, in the order in which their processes began: of two outcomes with one key, the one in the earlier file
 * counts, whoever reads them.
 */
export async function outcomeFiles(data: string): Promise<string[]> {
  const names = await readdir(outcomesFolder(data)).catch(() => []);
  return names
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => ({ name, startedAt: startOf(name.slice(0, -SUFFIX.length)) }))
    .sort((a, b) => a.startedAt - b.startedAt || (a.name < b.name ? -1 : 1))
    .map(({ name }) => join(outcomesFolder(data), name));
}

/** Names end with the Unix milliseconds of the start, in base 36; a file named otherwise comes first. */
function startOf(replica: string): number {
  const stamp = /-([0-9a-z]{1,11})$/.exec(replica)?.[1];
  return stamp === undefined ? 0 : Number.parseInt(stamp, 36);
}

function outcomesFolder(data: string): string {
  return join(data, 'outcomes');
}

async function bytesOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
