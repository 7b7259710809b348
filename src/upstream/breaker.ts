// The circuit breaker of one endpoint, and with it its passive ejection: consecutive failures open it, a while later one
// trial call decides. A version whose every endpoint is open is open itself.

import type { Clock } from '../kernel/clock.ts';

export interface BreakerOptions {
  /** Consecutive failures that open it. */
  readonly failures: number;
  readonly openMs: number;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface Breaker {
  /** Whether a call may go out now. A half-open breaker admits one at a time: `taken` must follow. */
  admits(): boolean;
  /** @returns whether this call is the trial of a half-open breaker; its end must be told with that */
  taken(): boolean;
  succeeded(trial: boolean): void;
  failed(trial: boolean): void;
  /** The call ended without telling anything about the upstream (the client left). */
  abandoned(trial: boolean): void;
  /** Other limits from here on; what it knows stays. */
  configure(options: BreakerOptions): void;
  readonly state: BreakerState;
}

/** Each further opening doubles the wait, up to this factor. */
const BACKOFF_MAX = 8;

export function createBreaker(initial: BreakerOptions, clock: Clock): Breaker {
  let options = initial;
  let consecutive = 0;
  let openings = 0;
  let openUntil = 0;
  let trial = false;

  function state(): BreakerState {
    if (openUntil === 0) return 'closed';
    return clock.now() < openUntil ? 'open' : 'half-open';
  }

  return {
    admits() {
      const now = state();
      return now === 'closed' || (now === 'half-open' && !trial);
    },
    taken() {
      if (openUntil === 0) return false;
      trial = true;
      return true;
    },
    succeeded(wasTrial) {
      // What began before it opened says nothing of now.
      if (openUntil !== 0 && !wasTrial) return;
      consecutive = 0;
      openings = 0;
      openUntil = 0;
      trial = false;
    },
    failed(wasTrial) {
      consecutive++;
      if (wasTrial) trial = false;
      if (openUntil === 0 ? consecutive < options.failures : !wasTrial) return;
      openUntil = clock.now() + options.openMs * Math.min(2 ** openings, BACKOFF_MAX);
      openings++;
    },
    abandoned(wasTrial) {
      if (wasTrial) trial = false;
    },
    configure(next) {
      options = next;
    },
    get state() {
      return state();
    },
  };
}
