// Capture: the durable record of decisions. Takes finished exchanges, decides which rows and which parts of them are kept,
// and writes them in groups; the caller keeps the time and calls `flush` every few tens of milliseconds. Nothing here ever
// waits for a disk before it returns: what cannot be taken is counted, with its reason.

import type { CapturesPlan, ModelPlan } from '../config/plan.ts';
import { textHash } from '../kernel/text-hash.ts';
import type { CaptureDrop, ExchangeRecord } from '../model.ts';
import { createAccounts, type GatewayAccounts } from './accounts.ts';
import { type CaptureAccount, type CaptureCounts, sumOf } from './counters.ts';
import type { Settled } from './handover/settling.ts';
import { type Decoded, keep } from './keep.ts';
import { applied, createLedgerPen } from './ledger.ts';
import { type CaptureRow, columnsOf, putRow, rowBytesAtMost } from './row.ts';
import { isSampled } from './sample.ts';
import { endedAccount, readAccounts, retainAccounts, writeAccount } from './segments/account-file.ts';
import { type Batch, createBatchQueue, markRow, rowsByModel } from './segments/batch.ts';
import type { ProcessAccount } from './segments/closing.ts';
import { createFaultTeller } from './segments/fault-teller.ts';
import { createDecisionFinder } from './segments/find.ts';
import { openFolder, textOf } from './segments/folder.ts';
import { birthOf, type IsAlive } from './segments/process-life.ts';
import { recoverSegments } from './segments/recover.ts';
import { retainSegments } from './segments/retain.ts';
import { type CreateSegmentFile, createSegmentFile } from './segments/segment-file.ts';
import { replicaName } from './segments/segment-name.ts';
import { createSegmentWriter, type Segment } from './segments/segment-writer.ts';
import { createSpareAccount } from './segments/spare-account.ts';
import { storePaths } from './store/layout.ts';
import { openManifest } from './store/manifest.ts';

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

/** Between two ledgers that come without rows. */
const LEDGER_MS = 1000;

/** Between two looks whether a process beside this one has ended. */
const REPAIR_MS = 60_000;

/** What is deleted, a segment at a time, is a small part of what is kept. */
const SEGMENTS_MIN = 8;

export interface CaptureTotals extends CaptureCounts {
  readonly pendingBytes: number;
  readonly segmentsDeleted: number;
  /** In segments that were deleted, by whether the store had them. */
  readonly recordsDeleted: { readonly stored: number; readonly gone: number };
}

/** What a record's serial and model stand for. */
export interface RecordOf {
  readonly generation: string;
  readonly model: ModelPlan;
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
  /** Rows of one decision, in the order written; what was taken until now is written first. */
  find(decisionId: string): Promise<CaptureRow[]>;
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
  const { report, wall } = options;
  const limits = { ...LIMITS, ...options.limits };
  const { host, pid, startedAt } = options.process;
  const replica = replicaName(host, pid, startedAt);
  const folder = await openFolder(options.data);

  const accounts = createAccounts(options.gateways ?? null);
  const pen = createLedgerPen(wall);
  const spare = createSpareAccount(folder, replica, birthOf(pid));
  const teller = createFaultTeller(folder, wall, report);
  const queue = createBatchQueue(limits.batchBytes, limits.pendingBytes);
  const finder = createDecisionFinder({ folder });
  let { totalBytes } = limits;
  let sequence = 0;
  /** Of the last row on disk. */
  let writtenSequence = 0;
  let closed = false;
  let segmentsDeleted = 0;
  let recordsDeleted = { stored: 0, gone: 0 };
  let ended: readonly ProcessAccount[] = [];
  let ledgerAt = 0;
  /** Of one that tells every model. */
  let ledgerBytes = 0;
  /** The accounts are on disk, in one place or the other. */
  let isTold = true;
  let writing: Promise<void> | null = null;
  let waiting: Promise<void> | null = null;
  let repairedAt = wall();
  let repairFault = '';
  let housekeeping = repair(true);

  const writer = createSegmentWriter({
    folder,
    replica,
    segmentBytes: () => Math.min(limits.segmentBytes, totalBytes / SEGMENTS_MIN),
    createFile: options.createFile ?? createSegmentFile,
    head: () => {
      const ledger = pen.whole(accounts.all(), writtenSequence);
      ledgerBytes = ledger.length;
      return ledger;
    },
    onClosed: tidy,
  });

  /** @param isFirst the accounts of those that ended are to be read in any case */
  async function repair(isFirst = false): Promise<void> {
    const found = {
      folder,
      replica,
      host: hostOf(replica),
      pid,
      isAlive: options.process.isAlive,
      wallMs: wall(),
      report,
    };
    const left = await recoverSegments(found).catch((error: unknown) => {
      const fault = `${folder}: recovery stopped: ${textOf(error)}`;
      if (fault !== repairFault) report(fault);
      repairFault = fault;
      return 0;
    });
    if (left === 0 && !isFirst) return;
    ended = await readAccounts(folder, report).catch(() => []);
    await retainAccounts(folder, ended).catch(() => undefined);
    await retain();
  }

  function tidy(): void {
    housekeeping = housekeeping.then(retain);
  }

  async function retain(): Promise<void> {
    try {
      const stored = async (): Promise<ReadonlySet<string>> =>
        (await openManifest(storePaths(options.data).manifest).catch(() => null))?.segments ?? new Set();
      const { deleted, deletedBytes, records, gone } = await retainSegments(folder, totalBytes, stored);
      segmentsDeleted += deleted;
      recordsDeleted = { stored: recordsDeleted.stored + records - gone, gone: recordsDeleted.gone + gone };
      if (deleted > 0)
        report(
          `${folder}: ${deleted} oldest segments (${deletedBytes} bytes) with ${records} records, ${gone} of them not in the store, deleted to stay within captures.keep (${totalBytes} bytes)`,
        );
    } catch (error) {
      report(`${folder}: old segments could not be deleted: ${textOf(error)}`);
    }
  }

  /** A record that is received: left out, refused, or in a batch. Nothing is counted before the last thing that may throw. */
  function take(
    account: CaptureAccount,
    record: ExchangeRecord,
    { generation, model }: RecordOf,
    decoded: Decoded,
    settled: Settled | null,
  ): void {
    if (!isSampled(record.decisionId, model.capture.sample)) {
      account.sampledOut += 1;
      settled?.(true);
      return;
    }
    if (closed) {
      account.dropped.draining += 1;
      settled?.(false);
      return;
    }
    sequence += 1;
    const kept = keep(record, model, decoded);
    const version = nameOf(model, record.version);
    const assigned = nameOf(model, record.assigned);
    const names = { replica, generation, model: model.name, version, assigned, sampleRate: model.capture.sample };
    const columns = JSON.stringify(columnsOf(record, names, kept));
    const bytes = rowBytesAtMost(columns, kept);
    const batch = queue.batchFor(bytes);
    if (batch === undefined) {
      account.dropped[bytes > limits.pendingBytes ? 'record_too_large' : 'monitor_behind'] += 1;
      settled?.(false);
      return;
    }
    const end = putRow(batch.bytes, batch.used, sequence, columns, kept);
    markRow(batch, account, textHash(record.decisionId), end, sequence, settled);
    account.pending += 1;
    account.withheld += kept.withheld.length;
  }

  async function write(batch: Batch): Promise<void> {
    const { accounts: owners, settled } = batch;
    try {
      const ledger = pen.changes(applied(accounts.all(), rowsByModel(batch), 'captured'), batch.sequence);
      const rows = batch.bytes.subarray(0, batch.used);
      const { segment, offset } = await writer.append(ledger === null ? [rows] : [rows, ledger]);
      ledgerAt = wall();
      writtenSequence = batch.sequence;
      for (const [account, rows] of owners) {
        account.captured += rows;
        account.pending -= rows;
      }
      index(batch, segment, offset);
      for (const tell of settled) tell(true);
      teller.wrote();
      await writer.turn();
      if (!isTold || spare.room < ledgerBytes) await aside(() => spare.prepare(2 * ledgerBytes));
    } catch (error) {
      const reason = dropReason(error);
      // Before they count as dropped, as others are written before they count as captured.
      await tellAside(applied(accounts.all(), rowsByModel(batch), reason));
      for (const [account, rows] of owners) {
        account.dropped[reason] += rows;
        account.pending -= rows;
      }
      for (const tell of settled) tell(false);
      teller.failed(reason, textOf(error), batch.count);
    }
    queue.done(batch);
  }

  function index({ count, marks }: Batch, segment: Segment, offset: number): void {
    let start = 0;
    for (let row = 0; row < count; row++) {
      const end = marks.ends[row] as number;
      finder.add(marks.hashes[row] as number, segment, offset + start, end - start);
      start = end;
    }
  }

  async function writeTaken(): Promise<void> {
    const batches = queue.take();
    for (const batch of batches) await write(batch);
    if (Math.abs(wall() - repairedAt) >= REPAIR_MS) {
      repairedAt = wall();
      housekeeping = housekeeping.then(() => repair());
    }
    if (batches.length === 0 && Math.abs(wall() - ledgerAt) >= LEDGER_MS) await writeLedger();
  }

  /** What is left out or dropped comes with no rows: it is told all the same, but not as often. */
  async function writeLedger(): Promise<void> {
    ledgerAt = wall();
    if (isUnused()) return;
    const ledger = pen.changes(accounts.all(), writtenSequence);
    if (ledger === null) return;
    await writer.append([ledger], false).catch(() => tellAside(accounts.all()));
  }

  /** The accounts, where no segment takes them. Never fails. */
  async function tellAside(counts: ReadonlyMap<string, CaptureCounts>, end = false): Promise<void> {
    await aside(() => spare.write(pen.whole(counts, writtenSequence, end)));
    // In no segment.
    pen.forget();
  }

  async function aside(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      isTold = true;
    } catch (error) {
      if (isTold)
        report(
          `${folder}: since ${new Date(wall()).toISOString()} there is no room for the accounts beside the segments: ${textOf(error)}; if this process is killed while it cannot write segments, what it receives until then is counted nowhere; make room`,
        );
      isTold = false;
    }
  }

  function isUnused(): boolean {
    return sumOf(accounts.all().values()).received === 0;
  }

  /** The last word of this process. */
  async function writeEnd(): Promise<void> {
    if (isUnused()) {
      await spare.remove().catch(() => undefined);
      return;
    }
    try {
      // Not in a segment of its own: the account says it all.
      if (writer.isOpen) await writer.append([pen.whole(accounts.all(), writtenSequence, true)], false);
      await writer.close();
      await writeAccount(folder, endedAccount(replica, wall(), accounts.all()));
      await spare.remove();
    } catch (error) {
      await tellAside(accounts.all(), true);
      await spare.close();
      report(`${folder}: the last segment was not closed: ${textOf(error)}`);
    }
  }

  /** One flush writes, one waits for it; all later callers share the one that waits, however long the disk takes. */
  function flush(): Promise<void> {
    if (writing === null) {
      writing = writeTaken().finally(() => {
        writing = null;
      });
      return writing;
    }
    waiting ??= writing.then(() => {
      waiting = null;
      return flush();
    });
    return waiting;
  }

  /** In the place of a flush: nothing else writes meanwhile. */
  function roll(): Promise<void> {
    if (writing !== null) return writing.then(roll);
    writing = writer.turn(true).finally(() => {
      writing = null;
    });
    return writing;
  }

  await aside(() => spare.prepare(ledgerBytes));

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
      if (queue.isDue && writing === null) void flush();
    },
    flush,
    roll,
    async find(decisionId) {
      await flush();
      await housekeeping;
      return finder.find(decisionId);
    },
    configure({ keepBytes, commit }) {
      queue.resize(commit.bytes);
      if (keepBytes === totalBytes) return;
      totalBytes = keepBytes;
      tidy();
    },
    retainModels: accounts.retain,
    counts: accounts.counts,
    accounts: accounts.all,
    totals: () => ({
      ...sumOf(accounts.all().values()),
      pendingBytes: queue.pendingBytes,
      segmentsDeleted,
      recordsDeleted,
    }),
    lost: accounts.lost,
    get ended() {
      return ended;
    },
    async close() {
      closed = true;
      await flush();
      await writeEnd();
      await housekeeping;
    },
  };
}

function nameOf(model: ModelPlan, version: number): string {
  return model.versions[version]?.name ?? '';
}

function dropReason(error: unknown): CaptureDrop {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT' ? 'disk_full' : 'write_failed';
}

/** The host as it stands in a replica's name. */
function hostOf(replica: string): string {
  return replica.split('-').slice(0, -2).join('-');
}
