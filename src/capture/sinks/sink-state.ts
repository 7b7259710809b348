// What is known of a sink at a moment: its counts since the start of the process, how far behind it is, and what troubles it.
// Plain data, since it crosses from the thread of a sink to the monitor. That thread may die: states of its lives add up.

import type { SinkType } from '../../config/plan.ts';
import type { SinkFault } from './sink.ts';

export interface SinkState {
  readonly name: string;
  readonly type: SinkType;
  /** `failing`: the last attempt did not succeed; the sink waits, and tries again. */
  readonly state: 'delivering' | 'failing';
  /** Records that the other side has confirmed. */
  readonly delivered: number;
  /** Records that the other side will never take, by reason: passed over. */
  readonly refused: Readonly<Record<string, number>>;
  /** Records handed over once more after an attempt that failed. */
  readonly retried: number;
  /** Attempts that failed, by what was at fault. */
  readonly failures: Readonly<Record<string, number>>;
  /** Records, at most, that were deleted to stay within captures.keep before the sink had read them. */
  readonly skipped: number;
  /** On disk and not yet confirmed: records (at most), and bytes, other models' among them. */
  readonly lagRecords: number;
  readonly lagBytes: number;
  /** Unix milliseconds. */
  readonly lastDeliveredAt: number | null;
  readonly lastFailure: { readonly at: number; readonly fault: SinkFault; readonly message: string } | null;
}

export interface SinkCounts {
  delivered: number;
  readonly refused: Record<string, number>;
  retried: number;
  readonly failures: Record<string, number>;
  skipped: number;
}

export function createSinkCounts(): SinkCounts {
  return { delivered: 0, refused: {}, retried: 0, failures: {}, skipped: 0 };
}

/** Of a sink that has not said anything yet. */
export function quietState({ name, type }: Pick<SinkState, 'name' | 'type'>): SinkState {
  return {
    name,
    type,
    state: 'delivering',
    ...createSinkCounts(),
    lagRecords: 0,
    lagBytes: 0,
    lastDeliveredAt: null,
    lastFailure: null,
  };
}

/** Counts of both; everything else is as it is now, or was when last there was something to tell. */
export function sumOfStates(past: SinkState, now: SinkState): SinkState {
  return {
    ...now,
    delivered: past.delivered + now.delivered,
    refused: sumByReason(past.refused, now.refused),
    retried: past.retried + now.retried,
    failures: sumByReason(past.failures, now.failures),
    skipped: past.skipped + now.skipped,
    lastDeliveredAt: now.lastDeliveredAt ?? past.lastDeliveredAt,
    lastFailure: now.lastFailure ?? past.lastFailure,
  };
}

type ByReason = Readonly<Record<string, number>>;

function sumByReason(one: ByReason, other: ByReason): ByReason {
  const sum: Record<string, number> = { ...one };
  for (const [reason, count] of Object.entries(other)) sum[reason] = (sum[reason] ?? 0) + count;
  return sum;
}
