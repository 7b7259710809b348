// The monitor's time: groups of records go to disk, histories advance, windows of drift end, waiting halves are let go.

import type { Capture } from '../capture/capture.ts';
import type { Comparer } from '../compare/comparer.ts';
import type { DriftEngine } from '../drift/engine.ts';
import type { Traffic } from '../telemetry/traffic.ts';

export interface TickTakers {
  readonly capture: Capture;
  readonly traffic: Traffic;
  readonly drift: DriftEngine;
  readonly comparer: Comparer;
  readonly fault: (error: unknown) => void;
}

/** Group commit: what a crash of the machine may cost, and what a disk is asked to bear. */
const FLUSH_MS = 50;
const SECOND_MS = 1000;

export function startTicks({ capture, traffic, drift, comparer, fault }: TickTakers): { stop(): void } {
  const guarded = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      fault(error);
    }
  };
  const flushing = setInterval(() => void capture.flush(), FLUSH_MS);
  const second = setInterval(() => {
    guarded(traffic.tick);
    guarded(drift.tick);
    guarded(comparer.sweep);
  }, SECOND_MS);
  return {
    stop() {
      clearInterval(flushing);
      clearInterval(second);
    },
  };
}
