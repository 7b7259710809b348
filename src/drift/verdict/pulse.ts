// Whether calls have stopped coming to a version: a silence that its rate makes next to impossible. Calls, not rows: a batch a minute
// is no gap in the seconds between. A model with a call an hour may be silent for a day.

export interface Pulse {
  /** Calls a tick, lately; 0 before the first. */
  rate: number;
  /** The last tick judged that had calls; -1 before the first. */
  lastTick: number;
  gap: boolean;
}

export const createPulse = (): Pulse => ({ rate: 0, lastTick: -1, gap: false });

/** A Poisson number of mean 20 is 0 once in 5e8. */
const CALLS_EXPECTED = 20;
const HALF_LIFE_TICKS = 30;

/** @param calls of a tick, that has ended */
export function beat(pulse: Pulse, tick: number, calls: number): void {
  const ticks = Math.max(1, tick - pulse.lastTick);
  if (calls === 0) {
    // Only calls end a gap: one from before a restart, too.
    pulse.gap ||= pulse.lastTick !== -1 && pulse.rate * ticks >= CALLS_EXPECTED;
    return;
  }
  // After a gap the rate is not what it was: the silence is no part of it.
  const kept = pulse.lastTick === -1 ? 0 : 2 ** (-(pulse.gap ? 1 : ticks) / HALF_LIFE_TICKS);
  pulse.rate = pulse.rate * kept + (1 - kept) * (calls / (pulse.lastTick === -1 || pulse.gap ? 1 : ticks));
  pulse.lastTick = tick;
  pulse.gap = false;
}
