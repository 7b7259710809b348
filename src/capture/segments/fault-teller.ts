// Tells of a disk that fails, and of one that works again, at a bearable pace: a disk that is almost full takes one group and
// refuses the next, twenty times a second. Numbers are in the metrics; these are lines for people.

import type { CaptureDrop } from '../../model.ts';

export interface FaultTeller {
  failed(reason: CaptureDrop, problem: string, records: number): void;
  wrote(): void;
}

/** Between two lines; and how long writing must have worked before that is told. */
const QUIET_MS = 10_000;

export function createFaultTeller(folder: string, wall: () => number, report: (message: string) => void): FaultTeller {
  let reason: CaptureDrop | null = null;
  let failedAt = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  /** Dropped since the last line. */
  let untold = 0;

  return {
    failed(next, problem, records) {
      failedAt = wall();
      untold += records;
      const isNews = next !== reason && toldAt === Number.NEGATIVE_INFINITY;
      reason = next;
      // A clock that was set back must not keep it silent for hours.
      if (!isNews && Math.abs(failedAt - toldAt) < QUIET_MS) return;
      report(`${folder}: ${untold} records are dropped (${next}): ${problem}`);
      toldAt = failedAt;
      untold = 0;
    },
    wrote() {
      if (reason === null || Math.abs(wall() - failedAt) < QUIET_MS) return;
      const since = untold === 0 ? '' : `, after ${untold} more were dropped`;
      report(`${folder}: records are written again${since}`);
      reason = null;
      toldAt = Number.NEGATIVE_INFINITY;
      untold = 0;
    },
  };
}
