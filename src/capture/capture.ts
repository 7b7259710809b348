// Capture: the durable record of decisions. Takes finished exchanges, decides which rows and which parts of them are kept,
// and writes them in groups; the caller keeps the time and calls `flush` every few tens of milliseconds. Nothing here ever
// waits for a disk before it returns: what cannot be taken is counted, with its reason.

import type { CapturesPlan } from '../config/plan.ts';
import { Busy } from '../kernel/busy.ts';
import type { CaptureDrop, ExchangeRecord } from '../model.ts';
import { createAccounts, type GatewayAccounts } from './accounts.ts';
import { type CaptureCounts, sumOf } from './counters.ts';
import type { Settled } from './handover/settling.ts';
import type { Decoded } from './keep.ts';
import { createBatchQueue } from './segments/batch.ts';
import type { ProcessAccount } from './segments/closing.ts';
import { type CommitTimes, createCommitWatch } from './segments/commit-watch.ts';
import { createFaultTeller } from './segments/fault-teller.ts';
import { createDecisionFinder, type FoundRows } from './segments/find.ts';
import { openFolder } from './segments/folder.ts';
import { createGroupCommit } from './segments/group-commit.ts';
import { createHousekeeping, type Deleted } from './segments/housekeeping.ts';
import { birthOf, type IsAlive } from './segments/process-life.ts';
import { type CreateSegmentFile, createSegmentFile } from './segments/segment-file.ts';
import { replicaName } from './segments/segment-name.ts';
import { createSpareAccount } from './segments/spare-account.ts';
import { createTurns } from './segments/turns.ts';
import { createRowTaker, type RecordOf } from './take-row.ts';

export interface CaptureOptions {
  /** Absolute path of the data folder; segments lie in `captures/` below it. */
  readonly data: string;
  readonly process: {
    readonly host: string;
    readonly pid: number;
    readonly startedAt: number;
    readonly isAlive: IsAlive;
  };
  readonly wall: () => number;
  /** Monotonic milliseconds: how long the disk takes is no matter of the wall clock. */
  readonly now: () => number;
  /** Told in words when writing begins to fail, works again, or something was repaired. */
  readonly report: (message: string) => void;
  readonly limits?: Partial<CaptureLimits>;
  readonly createFile?: CreateSegmentFile;
  /** The gateways' part of the accounts; where there is none, capture counts alone. */
  readonly gateways?: GatewayAccounts;
}

export interface CaptureLimits {
  /** A group of frames is due for writing when it has this size. */
  readonly batchBytes: number;
  /** Frames in memory, being written or waiting. */
  readonly pendingBytes: number;
  /** A segment of this size is closed. */
  readonly segmentBytes: number;
  /** All segments together; beyond, the oldest are deleted. */
  readonly totalBytes: number;
}

const LIMITS: CaptureLimits = {
  batchBytes: 1024 ** 2,
  // Twice the largest `listen.body.buffer`, and the columns read from such bodies.
  pendingBytes: 64 * 1024 ** 2,
  segmentBytes: 64 * 1024 ** 2,
  totalBytes: 4 * 1024 ** 3,
};

/** A search waits so long for the records of the last moments to be on disk. */
const FIND_WAIT_MS = 1000;

/** What is deleted, a segment at a time, is a small part of what is kept. */
const SEGMENTS_MIN = 8;

export interface CaptureTotals extends CaptureCounts, CommitTimes, Deleted {
  readonly pendingBytes: number;
}

export interface Capture {
  readonly replica: string;
  /**
   * Take one record; bodies are copied, nothing is kept of the arguments but `settled`: it is told, always and once, whether the
   * record is on disk. @throws where the record cannot be read; then it is counted as dropped
   */
  append(record: ExchangeRecord, of: RecordOf, decoded: Decoded, settled?: Settled | null): void;
  /** Write and synchronise what was taken until now. Never fails: losses are counted and reported. */
  flush(): Promise<void>;
  /** Close the segment that is being written, if it has records, and begin another with the accounts at its head. */
  roll(): Promise<void>;
  /** Rows of one decision, in the order written; what was taken until now is written first. @throws Busy where the disk is too slow for that */
  find(decisionId: string): Promise<FoundRows>;
  /** Write and keep as this says from now on. */
  configure(plan: Pick<CapturesPlan, 'keepBytes' | 'commit'>): void;
  /** Forget the accounts of all models but these, once nothing of them is pending: their counts stay in the totals. */
  retainModels(models: Iterable<string>): void;
  counts(model: string): CaptureCounts;
  /** By model; under '' what belongs to none. */
  accounts(): ReadonlyMap<string, CaptureCounts>;
  totals(): CaptureTotals;
  /** Records that were received, and that nobody can tell apart or write any more. */
  lost(reason: CaptureDrop, records: number): void;
  /** Processes that have ended and wrote into this folder, the latest last. */
  readonly ended: readonly ProcessAccount[];
  /** Write what is left and close the segment; whatever comes later is dropped as `draining`. */
  close(): Promise<void>;
}

/** @throws Error with folder, reason and remedy where the folder cannot be used */
export async function createCapture(options: CaptureOptions): Promise<Capture> {
  const { data, report, wall, now } = options;
  const limits = { ...LIMITS, ...options.limits };
  const { host, pid, startedAt, isAlive } = options.process;
  const replica = replicaName(host, pid, startedAt);
  const folder = await openFolder(data);

  const accounts = createAccounts(options.gateways ?? null);
  const teller = createFaultTeller(folder, wall, report);
  const queue = createBatchQueue(limits.batchBytes, limits.pendingBytes);
  const finder = createDecisionFinder({ folder });
  let { totalBytes } = limits;
  let closed = false;

  const housekeeping = createHousekeeping({
    ...{ data, folder, replica, isAlive, wall, report },
    totalBytes: () => totalBytes,
  });
  const groups = createGroupCommit({
    ...{ folder, replica, accounts, finder, teller, wall, report },
    spare: createSpareAccount(folder, replica, birthOf(pid)),
    segmentBytes: () => Math.min(limits.segmentBytes, totalBytes / SEGMENTS_MIN),
    createFile: options.createFile ?? createSegmentFile,
    onClosed: housekeeping.tidy,
  });
  const watch = createCommitWatch(folder, now, report);
  const turns = createTurns(writeTaken);
  const take = createRowTaker({
    ...{ replica, queue, teller },
    pendingBytesMax: limits.pendingBytes,
    isClosed: () => closed,
  });

  async function writeTaken(): Promise<void> {
    const batches = queue.take();
    for (const batch of batches) {
      await watch.timed(() => groups.write(batch));
      queue.done(batch);
    }
    housekeeping.tick();
    if (batches.length === 0) await watch.timed(groups.writeLedger, false);
  }

  function flush(): Promise<void> {
    watch.look();
    return turns.write();
  }

  await groups.prepare();

  return {
    replica,
    append(record, of, decoded, settled = null) {
      const account = accounts.of(of.model.name);
      account.received += 1;
      try {
        take(account, record, of, decoded, settled);
      } catch (error) {
        // Received, hence in one of the accounts, whatever happens.
        account.dropped.write_failed += 1;
        settled?.(false);
        throw error;
      }
      if (queue.isDue && !turns.isBusy) void flush();
    },
    flush,
    roll: () => turns.instead(() => watch.timed(groups.roll, false)),
    async find(decisionId) {
      const isWritten = await within(FIND_WAIT_MS, flush().then(housekeeping.idle));
      const found = await finder.find(decisionId);
      if (found.rows.length === 0 && !isWritten)
        throw new Busy('the latest records are still on their way to a slow disk; ask again later');
      return found;
    },
    configure({ keepBytes, commit }) {
      queue.resize(commit.bytes);
      if (keepBytes === totalBytes) return;
      totalBytes = keepBytes;
      housekeeping.tidy();
    },
    retainModels: accounts.retain,
    counts: accounts.counts,
    accounts: accounts.all,
    totals: () => ({
      ...sumOf(accounts.all().values()),
      ...housekeeping.deleted,
      ...watch.times,
      pendingBytes: queue.pendingBytes,
    }),
    lost: accounts.lost,
    get ended() {
      return housekeeping.ended;
    },
    async close() {
      closed = true;
      await flush();
      await groups.end();
      await housekeeping.idle();
    },
  };
}

/** @returns whether it was done in time */
async function within(ms: number, done: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(resolve, ms, false);
  try {
    return await Promise.race([done.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
