// What becomes of a record that was received: left out by the sample, refused, or packed as a row into the batch that is written next.
// Each way is counted, and none waits.

import type { ModelPlan } from '../config/plan.ts';
import { textHash } from '../kernel/text-hash.ts';
import type { ExchangeRecord } from '../model.ts';
import type { CaptureAccount } from './counters.ts';
import type { Settled } from './handover/settling.ts';
import { type Decoded, keep } from './keep.ts';
import { columnsOf, putRow, rowBytesAtMost } from './row.ts';
import { isSampled } from './sample.ts';
import { type BatchQueue, markRow } from './segments/batch.ts';
import type { FaultTeller } from './segments/fault-teller.ts';

/** What a record's serial and model stand for. */
export interface RecordOf {
  readonly generation: string;
  readonly model: ModelPlan;
}

export interface RowTakerOptions {
  readonly replica: string;
  readonly queue: BatchQueue;
  /** Of frames in memory, being written or waiting. */
  readonly pendingBytesMax: number;
  readonly teller: FaultTeller;
  /** Nothing is written any more. */
  readonly isClosed: () => boolean;
}

export type TakeRow = (
  account: CaptureAccount,
  record: ExchangeRecord,
  of: RecordOf,
  decoded: Decoded,
  settled: Settled | null,
) => void;

/** Nothing is counted before the last thing that may throw. */
export function createRowTaker({ replica, queue, pendingBytesMax, teller, isClosed }: RowTakerOptions): TakeRow {
  /** Of the last row: a number that is not on disk is a record that was dropped. */
  let sequence = 0;

  function refused(account: CaptureAccount, bytes: number): void {
    if (bytes > pendingBytesMax) {
      account.dropped.record_too_large += 1;
      return;
    }
    account.dropped.monitor_behind += 1;
    teller.failed('monitor_behind', `${pendingBytesMax} bytes wait to be written; the disk is too slow for them`, 1);
  }

  return (account, record, { generation, model }, decoded, settled) => {
    if (!isSampled(record.decisionId, model.capture.sample)) {
      account.sampledOut += 1;
      settled?.(true);
      return;
    }
    if (isClosed()) {
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
      refused(account, bytes);
      settled?.(false);
      return;
    }
    const end = putRow(batch.bytes, batch.used, sequence, columns, kept);
    markRow(batch, account, textHash(record.decisionId), end, sequence, settled);
    account.pending += 1;
    account.withheld += kept.withheld.length;
  };
}

function nameOf(model: ModelPlan, version: number): string {
  return model.versions[version]?.name ?? '';
}
