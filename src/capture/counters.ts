// The accounts of capture. For every model and at every moment: received = captured + sampledOut + dropped (by reason) +
// pending; nothing else may happen to a record.

import { CAPTURE_DROPS, type CaptureDrop } from '../model.ts';

/** Counts since the start of the process, of records (a primary call and its shadows are one each). */
export interface CaptureCounts {
  readonly received: number;
  /** On disk: written and synchronised. */
  readonly captured: number;
  readonly sampledOut: number;
  readonly dropped: Readonly<Record<CaptureDrop, number>>;
  /** Gauge: accepted, not yet on disk. */
  readonly pending: number;
  /** Bodies left out of rows that were otherwise written, since they could not be redacted. */
  readonly withheld: number;
}

/** The same, under the pen of capture.ts. */
export interface CaptureAccount {
  received: number;
  captured: number;
  sampledOut: number;
  dropped: Record<CaptureDrop, number>;
  pending: number;
  withheld: number;
}

export function createAccount(): CaptureAccount {
  return { received: 0, captured: 0, sampledOut: 0, dropped: noDrops(), pending: 0, withheld: 0 };
}

export function sumOf(accounts: Iterable<CaptureCounts>): CaptureCounts {
  const sum = createAccount();
  for (const one of accounts) {
    sum.received += one.received;
    sum.captured += one.captured;
    sum.sampledOut += one.sampledOut;
    sum.pending += one.pending;
    sum.withheld += one.withheld;
    for (const reason of CAPTURE_DROPS) sum.dropped[reason] += one.dropped[reason];
  }
  return sum;
}

function noDrops(): Record<CaptureDrop, number> {
  return { monitor_behind: 0, record_too_large: 0, disk_full: 0, write_failed: 0, draining: 0 };
}
