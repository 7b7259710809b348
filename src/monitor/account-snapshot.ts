// The accounts of capture at one moment, for whoever reads them several times to make one answer: gateways go on counting meanwhile,
// and numbers of two moments would not add up.

import type { Capture, CaptureTotals } from '../capture/capture.ts';
import { type CaptureCounts, sumOf } from '../capture/counters.ts';

export interface AccountSnapshot {
  readonly models: ReadonlyMap<string, CaptureCounts>;
  /** The sum of all models, and what is no sum. */
  readonly totals: CaptureTotals;
}

/** The same snapshot until this turn of the event loop is over. */
export function createAccountSnapshot(capture: Capture): () => AccountSnapshot {
  let current: AccountSnapshot | null = null;
  return () => {
    if (current === null) {
      const models = capture.accounts();
      current = { models, totals: { ...capture.totals(), ...sumOf(models.values()) } };
      setImmediate(() => {
        current = null;
      });
    }
    return current;
  };
}
