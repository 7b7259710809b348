// The contract of a capture sink: a plugin that delivers captured records, in order, to somewhere else. It is handed records
// again and again until it has settled each of them; reading, order, cursors, patience and counting are the runner's.

import type { SinkPlan, SinkType } from '../../config/plan.ts';
import type { CaptureRow } from '../row.ts';

export type PlanOf<Type extends SinkType> = Extract<SinkPlan, { readonly type: Type }>;

export interface Sink<Type extends SinkType = SinkType> {
  readonly type: Type;
  /** Get ready; nothing is asked of the network before the first delivery. */
  open(plan: PlanOf<Type>, wall: () => number): OpenSink;
}

export interface SinkRecord {
  /** Bodies are views of what was read. Do not keep them once the record is settled. */
  readonly row: CaptureRow;
  /** On disk. */
  readonly bytes: number;
}

export interface OpenSink {
  /**
   * Deliver records, each after those of the same model that come before it. `settle` is called for every record that was
   * confirmed, or will never be taken; the others are handed in again.
   * @throws SinkFailure where the other side cannot take them now
   */
  deliver(records: readonly SinkRecord[], settle: Settle, signal: AbortSignal): Promise<void>;
  /**
   * Where a batch is known by its first record: delivered once more it must begin with the same one, so the cursor is on disk
   * before the next batch is handed over.
   */
  readonly isKnownByFirst?: true;
  close(): Promise<void>;
}

/** @param refused why the other side will never take the record: a word for a label; absent where it has taken it */
export type Settle = (record: SinkRecord, refused?: string) => void;

/** Why an attempt failed; `thread`: what carried it died. Labels of a metric, hence few. */
export const SINK_FAULTS = [
  'connect',
  'timeout',
  'throttled',
  'status',
  'credentials',
  'missing',
  'thread',
  'other',
] as const;
export type SinkFault = (typeof SINK_FAULTS)[number];

/** An attempt that is worth repeating. The message says what happened and where, and holds no secret and no body. */
export class SinkFailure extends Error {
  readonly fault: SinkFault;

  constructor(fault: SinkFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
