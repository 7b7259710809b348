// How the thread itself is: how late its event loop runs, and how long its garbage is collected. Told to the meter about once a
// second; what the numbers are called is telemetry's.

import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import type { GatewayMeter } from '../telemetry/meters.ts';

const TELL_MS = 1000;
/** The loop is asked this often. */
const RESOLUTION_MS = 20;
const MS_PER_NS = 1e-6;

export interface Pulse {
  stop(): void;
}

export function startPulse(meter: Pick<GatewayMeter, 'loopDelay' | 'collected' | 'longestCollection'>): Pulse {
  // Two, since a histogram misses what comes right after its reset: each covers the last two seconds when it is read.
  const delays = [0, 1].map(() => monitorEventLoopDelay({ resolution: RESOLUTION_MS }));
  for (const delay of delays) delay.enable();
  let turn = 0;
  // Of this second and of the one before.
  const longest = { now: 0, before: 0 };
  const collections = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      meter.collected(duration);
      longest.now = Math.max(longest.now, duration);
    }
  });
  collections.observe({ entryTypes: ['gc'] });
  // Each sample is the time between two looks: what is beyond the interval was lateness.
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds * MS_PER_NS - RESOLUTION_MS);
  const timer = setInterval(() => {
    const delay = delays[turn++ % delays.length];
    if (delay !== undefined && delay.count > 0) meter.loopDelay(late(delay.percentile(99)), late(delay.max));
    delay?.reset();
    meter.longestCollection(Math.max(longest.now, longest.before));
    longest.before = longest.now;
    longest.now = 0;
  }, TELL_MS).unref();
  return {
    stop() {
      clearInterval(timer);
      for (const delay of delays) delay.disable();
      collections.disconnect();
    },
  };
}
