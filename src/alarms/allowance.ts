// How many messages may still be sent: a bucket of tokens that fills at an even rate, up to a burst.

import type { Clock } from '../kernel/clock.ts';

export interface Allowance {
  /** Whole tokens now. */
  left(): number;
  /** @returns false where there is none */
  take(): boolean;
}

export function createAllowance(burst: number, perMs: number, clock: Clock): Allowance {
  let tokens = burst;
  let filledAt = clock.now();

  function fill(): void {
    const now = clock.now();
    tokens = Math.min(burst, tokens + (now - filledAt) * perMs);
    filledAt = now;
  }

  return {
    left() {
      fill();
      return Math.floor(tokens);
    },
    take() {
      fill();
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
