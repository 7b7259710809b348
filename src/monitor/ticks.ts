// The monitor's time: groups of records go to disk, histories advance, windows of drift end, alarms are told, waiting halves are let go,
// and the store and the quality desk look whether there is work.

import type { Alarms } from '../alarms/alarms.ts';
import type { Capture } from '../capture/capture.ts';
import type { Store } from '../capture/store/store.ts';
import type { Comparer } from '../compare/comparer.ts';
import type { DriftEngine } from '../drift/engine.ts';
import type { Traffic } from '../telemetry/traffic.ts';
import type { DriftState } from './drift-state.ts';
import type { QualityDesk } from './quality/quality-desk.ts';

export interface TickTakers {
  readonly capture: Capture;
  readonly store: Store;
  readonly quality: Pick<QualityDesk, 'tick'>;
  readonly traffic: Traffic;
  readonly drift: DriftEngine;
  readonly alarms: Alarms;
  readonly driftState: DriftState;
  readonly comparer: Comparer;
  readonly fault: (error: unknown) => void;
}

const SECOND_MS = 1000;

export interface Ticks {
  /** Write groups of records this often from now on. */
  flushEvery(everyMs: number): void;
  stop(): void;
}

/** @param commitMs between two group commits: what a crash may cost, and what a disk is asked to bear */
export function startTicks(takers: TickTakers, commitMs: number): Ticks {
  const { capture, store, quality, traffic, drift, driftState, alarms, comparer, fault } = takers;
  const guarded = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      fault(error);
    }
  };
  const flushEvery = (everyMs: number): NodeJS.Timeout => setInterval(() => void capture.flush(), everyMs);
  let everyNowMs = commitMs;
  let flushing = flushEvery(commitMs);
  const second = setInterval(() => {
    guarded(traffic.tick);
    guarded(drift.tick);
    // After drift, so that all that one tick found is one message.
    guarded(alarms.tick);
    guarded(driftState.tick);
    guarded(comparer.sweep);
    guarded(store.tick);
    guarded(quality.tick);
  }, SECOND_MS);
  return {
    flushEvery(everyMs) {
      if (everyMs === everyNowMs) return;
      everyNowMs = everyMs;
      clearInterval(flushing);
      flushing = flushEvery(everyMs);
    },
    stop() {
      clearInterval(flushing);
      clearInterval(second);
    },
  };
}
