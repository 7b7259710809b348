// The accounts of capture. For every model and at every moment: received = captured + sampledOut + dropped (by reason) +
// pending; nothing else may happen to a record. docs/captures.md says what each word counts.

import { CAPTURE_DROPS, type CaptureDrop } from '../model.ts';

export type Drops = Readonly<Record<CaptureDrop, number>>;

/** Counts since the start of the process, of records (a primary call and its shadows are one each). */
export interface CaptureCounts {
  readonly received: number;
  /** On disk: written and synchronised. */
  readonly captured: number;
  readonly sampledOut: number;
  readonly dropped: Drops;
  /** Gauge: received, not yet on disk, neither left out nor dropped. */
  readonly pending: number;
  /** Bodies left out of rows that were otherwise written, since they could not be redacted. */
  readonly withheld: number;
}

/** What the gateways count of a model: exchanges that ended, and those that no slab took. */
export interface GatewayCounts {
  readonly received: number;
  readonly dropped: Drops;
}

/** The monitor's part of a model's account, under the pen of capture.ts. `received`: taken from a slab. */
export interface CaptureAccount {
  readonly model: string;
  received: number;
  captured: number;
  sampledOut: number;
  dropped: Record<CaptureDrop, number>;
  pending: number;
  withheld: number;
}

export function createAccount(model: string): CaptureAccount {
  return { model, received: 0, captured: 0, sampledOut: 0, dropped: noDrops(), pending: 0, withheld: 0 };
}

/**
 * Both parts of an account as one, as it is now. A record that a gateway has counted, and that has not been taken from a slab, is pending:
 * all other states are counted where they happen.
 */
export function joined(own: CaptureCounts, gateways: GatewayCounts | undefined): CaptureCounts {
  const dropped = { ...own.dropped };
  if (gateways === undefined) return { ...own, dropped };
  for (const reason of CAPTURE_DROPS) dropped[reason] += gateways.dropped[reason];
  const { received } = gateways;
  return { ...own, received, dropped, pending: received - own.captured - own.sampledOut - sumOfDrops(dropped) };
}

export function sumOf(accounts: Iterable<CaptureCounts>): CaptureCounts {
  const sum = createAccount('');
  for (const one of accounts) {
    sum.received += one.received;
    sum.captured += one.captured;
    sum.sampledOut += one.sampledOut;
    sum.pending += one.pending;
    sum.withheld += one.withheld;
    for (const reason of CAPTURE_DROPS) sum.dropped[reason] += one.dropped[reason];
  }
  const { model: _, ...counts } = sum;
  return counts;
}

export function sumOfDrops(dropped: Readonly<Record<string, number>>): number {
  return Object.values(dropped).reduce((sum, count) => sum + count, 0);
}

export function noDrops(): Record<CaptureDrop, number> {
  return { monitor_behind: 0, record_too_large: 0, disk_full: 0, write_failed: 0, draining: 0 };
}
