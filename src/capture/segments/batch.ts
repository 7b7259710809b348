// Frames on their way to disk: one is being filled, others wait to be written. Bounded in bytes as a whole.

import type { CaptureAccount } from '../counters.ts';
import type { Settled } from '../handover/settling.ts';

/** Of the rows of a batch, what has to be known once it is written: numbers side by side, kept from batch to batch. */
interface RowMarks {
  /** `textHash` of each. */
  readonly hashes: Uint32Array;
  /** Where each ends in the batch; it begins where the one before it ends. */
  readonly ends: Uint32Array;
}

export interface Batch {
  readonly bytes: Buffer;
  used: number;
  /** Of its last row. */
  sequence: number;
  count: number;
  marks: RowMarks;
  /** Rows by account. */
  readonly accounts: Map<CaptureAccount, number>;
  /** Those who wait for one of its rows, in order. */
  readonly settled: Settled[];
}

const FIRST_MARKS = 1024;
const SPARES_MAX = 4;

/** A row that now ends at `end` of the batch. @param settled whom to tell once it is written; null: nobody waits */
export function markRow(
  batch: Batch,
  account: CaptureAccount,
  hash: number,
  end: number,
  sequence: number,
  settled: Settled | null,
): void {
  const { count, accounts } = batch;
  if (count === batch.marks.ends.length) batch.marks = marksOf(count * 2, batch.marks);
  batch.marks.hashes[count] = hash;
  batch.marks.ends[count] = end;
  batch.count = count + 1;
  batch.used = end;
  batch.sequence = sequence;
  accounts.set(account, (accounts.get(account) ?? 0) + 1);
  if (settled !== null) batch.settled.push(settled);
}

function marksOf(rows: number, before: RowMarks | null): RowMarks {
  const marks = { hashes: new Uint32Array(rows), ends: new Uint32Array(rows) };
  if (before === null) return marks;
  marks.hashes.set(before.hashes);
  marks.ends.set(before.ends);
  return marks;
}

/** Rows of a batch by model. */
export function rowsByModel({ accounts }: Batch): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  for (const [{ model }, count] of accounts) rows.set(model, (rows.get(model) ?? 0) + count);
  return rows;
}

export interface BatchQueue {
  /** A batch with room for so many bytes, or undefined where the bound would be passed. */
  batchFor(bytes: number): Batch | undefined;
  /** Take out every batch, the one being filled included, oldest first. Each counts until `done`. */
  take(): Batch[];
  done(batch: Batch): void;
  /** Make batches of this size from now on. */
  resize(batchBytes: number): void;
  /** Bytes of frames not yet done. */
  readonly pendingBytes: number;
  /** Whether a full batch waits: it should be written now rather than at the next flush. */
  readonly isDue: boolean;
}

export function createBatchQueue(firstBatchBytes: number, pendingBytesMax: number): BatchQueue {
  const waiting: Batch[] = [];
  let filling: Batch | null = null;
  /** Written, and to be filled again: memory that is given back and taken anew sets off collections of garbage. */
  let spares: Pick<Batch, 'bytes' | 'marks'>[] = [];
  let allocated = 0;
  let batchBytes = firstBatchBytes;

  function create(bytes: number): Batch {
    const reused = bytes <= batchBytes ? spares.pop() : undefined;
    const buffer = reused?.bytes ?? Buffer.allocUnsafeSlow(Math.max(bytes, batchBytes));
    const marks = reused?.marks ?? marksOf(FIRST_MARKS, null);
    allocated += buffer.length;
    return { bytes: buffer, marks, used: 0, sequence: 0, count: 0, accounts: new Map(), settled: [] };
  }

  return {
    batchFor(bytes) {
      if (filling !== null && filling.used + bytes <= filling.bytes.length) return filling;
      if (allocated > 0 && allocated + Math.max(bytes, batchBytes) > pendingBytesMax) return undefined;
      if (filling !== null) waiting.push(filling);
      filling = create(bytes);
      return filling;
    },
    take() {
      if (filling !== null && filling.count > 0) {
        waiting.push(filling);
        filling = null;
      }
      return waiting.splice(0);
    },
    done(batch) {
      allocated -= batch.bytes.length;
      if (batch.bytes.length !== batchBytes || spares.length === SPARES_MAX) return;
      spares.push({ bytes: batch.bytes, marks: batch.marks });
    },
    resize(bytes) {
      batchBytes = bytes;
      spares = [];
    },
    get pendingBytes() {
      return allocated - (filling === null ? 0 : filling.bytes.length - filling.used);
    },
    get isDue() {
      return waiting.length > 0;
    },
  };
}
