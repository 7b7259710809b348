// Frames on their way to disk: one is being filled, others wait to be written. Bounded in bytes as a whole.

import type { CaptureAccount } from '../counters.ts';
import type { Settled } from '../handover/settling.ts';

/** What has to be known of a row once its batch is written. */
export interface BatchEntry {
  readonly account: CaptureAccount;
  readonly decisionId: string;
  readonly offset: number;
  readonly length: number;
  /** Whom to tell; null: nobody waits. */
  readonly settled: Settled | null;
}

export interface Batch {
  readonly bytes: Buffer;
  used: number;
  /** Of its last row. */
  sequence: number;
  readonly entries: BatchEntry[];
}

/** Rows of a batch by model. */
export function rowsByModel({ entries }: Batch): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  for (const { account } of entries) rows.set(account.model, (rows.get(account.model) ?? 0) + 1);
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
  let spare: Buffer | null = null;
  let allocated = 0;
  let batchBytes = firstBatchBytes;

  function create(bytes: number): Batch {
    const reused = bytes <= batchBytes ? spare : null;
    if (reused !== null) spare = null;
    const buffer = reused ?? Buffer.allocUnsafeSlow(Math.max(bytes, batchBytes));
    allocated += buffer.length;
    return { bytes: buffer, used: 0, sequence: 0, entries: [] };
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
      if (filling !== null && filling.entries.length > 0) {
        waiting.push(filling);
        filling = null;
      }
      return waiting.splice(0);
    },
    done(batch) {
      allocated -= batch.bytes.length;
      if (batch.bytes.length === batchBytes) spare = batch.bytes;
    },
    resize(bytes) {
      batchBytes = bytes;
      spare = null;
    },
    get pendingBytes() {
      return allocated - (filling === null ? 0 : filling.bytes.length - filling.used);
    },
    get isDue() {
      return waiting.length > 0;
    },
  };
}
