// What the monitor and a process of the store say to each other. A process does one kind of work: it compacts once and ends, or
// it reads rows until it is let go.

import type { RetentionPlan } from '../../config/plan.ts';
import type { CaptureRow } from '../row.ts';
import type { Compacted } from './compact.ts';
import type { WantedRows } from './read-rows.ts';

export interface CompactJob {
  readonly kind: 'compact';
  readonly data: string;
  readonly memoryBytes: number;
  readonly retention: RetentionPlan;
  /** Bytes of segments that one operation takes; null: as many as suit. */
  readonly operationBytes: number | null;
}

export interface ReadJob {
  readonly kind: 'read';
  readonly request: number;
  readonly decisionId: string;
  readonly wanted: readonly WantedRows[];
}

export type ToStoreProcess = CompactJob | ReadJob;

export type FromStoreProcess =
  | { readonly kind: 'report'; readonly message: string }
  /** undefined: another process is at it. */
  | { readonly kind: 'compacted'; readonly done: Compacted | undefined }
  | { readonly kind: 'rows'; readonly request: number; readonly rows: readonly CaptureRow[] }
  | { readonly kind: 'failed'; readonly request: number | null; readonly problem: string };
