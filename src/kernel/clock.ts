// Time as an argument. Rooms take a Clock; only the compositions hand out the real one, and tests a manual one.

export interface Clock {
  /** Monotonic milliseconds with a fraction; differences only. */
  now(): number;
  /** Milliseconds since the Unix epoch, with a fraction. */
  wall(): number;
}

/** The machine's clock. `wall` follows steps of the system clock; `now` never does. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
};

/** A clock that moves only when told to: for tests and simulations. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
}

export function createManualClock(startWallMs = 1_700_000_000_000): ManualClock {
  let elapsedMs = 0;
  return {
    now: () => elapsedMs,
    wall: () => startWallMs + elapsedMs,
    advance(ms) {
      elapsedMs += ms;
    },
  };
}
