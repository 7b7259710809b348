// Retries may add only a fraction to the calls of a version, so that a struggling upstream is not drowned by its own
// retries. A bucket that each call fills by the fraction and each retry empties by one (Finagle's retry budget).

export interface RetryBudget {
  called(): void;
  /** Take one retry out, if there is one. */
  take(): boolean;
  /** Another fraction from here on; what is saved up stays. */
  configure(fraction: number): void;
}

/** Retries saved up at most, and given at the start, so that a quiet version can still retry. */
const SAVED_MAX = 10;

export function createRetryBudget(initial: number): RetryBudget {
  let fraction = initial;
  let tokens = SAVED_MAX;
  return {
    called() {
      tokens = Math.min(SAVED_MAX, tokens + fraction);
    },
    take() {
      if (fraction <= 0 || tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    configure(next) {
      fraction = next;
    },
  };
}
