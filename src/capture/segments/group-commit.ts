// Group commit: a batch of rows and the accounts as they stand with it go to the disk together and are synchronised once; then they
// count as captured. What cannot be written is counted as dropped, after its accounts were put where they need no room. Never fails;
// whose turn it is to write is turns.ts's.

import type { CaptureDrop } from '../../model.ts';
import type { Accounts } from '../accounts.ts';
import { type CaptureCounts, sumOf } from '../counters.ts';
import { applied, createLedgerPen } from '../ledger.ts';
import { endedAccount, writeAccount } from './account-file.ts';
import { type Batch, rowsByModel } from './batch.ts';
import type { FaultTeller } from './fault-teller.ts';
import type { DecisionFinder } from './find.ts';
import { textOf } from './folder.ts';
import { createSegmentWriter, type Segment, type SegmentWriterOptions } from './segment-writer.ts';
import type { SpareAccount } from './spare-account.ts';

export interface GroupCommit {
  write(batch: Batch): Promise<void>;
  /** The accounts without rows, where the last ones are a second old and anything has changed. */
  writeLedger(): Promise<void>;
  /** Close the segment that is being written, if it has records, and begin another with the accounts at its head. */
  roll(): Promise<void>;
  /** Take the room that the accounts will need where no segment takes them. */
  prepare(): Promise<void>;
  /** The last word of this process; nothing is written after it. */
  end(): Promise<void>;
}

export interface GroupCommitOptions extends Omit<SegmentWriterOptions, 'head'> {
  readonly accounts: Accounts;
  readonly spare: SpareAccount;
  readonly finder: DecisionFinder;
  readonly teller: FaultTeller;
  readonly wall: () => number;
  readonly report: (message: string) => void;
}

/** Between two ledgers that come without rows. */
const LEDGER_MS = 1000;

export function createGroupCommit(options: GroupCommitOptions): GroupCommit {
  const { folder, replica, accounts, spare, finder, teller, wall, report } = options;
  const pen = createLedgerPen(wall);
  /** Of the last row on disk. */
  let sequence = 0;
  /** Of a ledger that tells every model. */
  let ledgerBytes = 0;
  let ledgerAt = 0;
  /** The accounts are on disk, in one place or the other. */
  let isTold = true;

  const head = (): Buffer => {
    const ledger = pen.whole(accounts.all(), sequence);
    ledgerBytes = ledger.length;
    return ledger;
  };
  const writer = createSegmentWriter({ ...options, head });

  const isUnused = (): boolean => sumOf(accounts.all().values()).received === 0;

  function settle({ accounts: owners, settled }: Batch, as: 'captured' | CaptureDrop): void {
    for (const [account, rows] of owners) {
      if (as === 'captured') account.captured += rows;
      else account.dropped[as] += rows;
      account.pending -= rows;
    }
    for (const tell of settled) tell(as === 'captured');
  }

  function index({ count, marks }: Batch, segment: Segment, offset: number): void {
    let start = 0;
    for (let row = 0; row < count; row++) {
      const end = marks.ends[row] as number;
      finder.add(marks.hashes[row] as number, segment, offset + start, end - start);
      start = end;
    }
  }

  /** The accounts, where no segment takes them. */
  async function tellAside(counts: ReadonlyMap<string, CaptureCounts>, end = false): Promise<void> {
    await aside(() => spare.write(pen.whole(counts, sequence, end)));
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

  return {
    async write(batch) {
      try {
        const ledger = pen.changes(applied(accounts.all(), rowsByModel(batch), 'captured'), batch.sequence);
        const rows = batch.bytes.subarray(0, batch.used);
        const { segment, offset } = await writer.append(ledger === null ? [rows] : [rows, ledger]);
        ledgerAt = wall();
        sequence = batch.sequence;
        settle(batch, 'captured');
        index(batch, segment, offset);
        teller.wrote();
        await writer.turn();
        if (!isTold || spare.room < ledgerBytes) await aside(() => spare.prepare(2 * ledgerBytes));
      } catch (error) {
        const reason = dropReason(error);
        // Before they count as dropped, as others are written before they count as captured.
        await tellAside(applied(accounts.all(), rowsByModel(batch), reason));
        settle(batch, reason);
        teller.failed(reason, textOf(error), batch.count);
      }
    },
    async writeLedger() {
      // What is left out or dropped comes with no rows: it is told all the same, but not as often.
      if (Math.abs(wall() - ledgerAt) < LEDGER_MS) return;
      ledgerAt = wall();
      if (isUnused()) return;
      const ledger = pen.changes(accounts.all(), sequence);
      if (ledger !== null) await writer.append([ledger], false).catch(() => tellAside(accounts.all()));
    },
    roll: () => writer.turn(true),
    prepare: () => aside(() => spare.prepare(ledgerBytes)),
    async end() {
      if (isUnused()) {
        await spare.remove().catch(() => undefined);
        return;
      }
      try {
        // Not in a segment of its own: the account says it all.
        if (writer.isOpen) await writer.append([pen.whole(accounts.all(), sequence, true)], false);
        await writer.close();
        await writeAccount(folder, endedAccount(replica, wall(), accounts.all()));
        await spare.remove();
      } catch (error) {
        await tellAside(accounts.all(), true);
        await spare.close();
        report(`${folder}: the last segment was not closed: ${textOf(error)}`);
      }
    },
  };
}

function dropReason(error: unknown): CaptureDrop {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT' ? 'disk_full' : 'write_failed';
}
