// The contract of a micro benchmark, and how one is timed: one file each beside this one, listed in run.ts.

import { median } from '../statistics.ts';

export interface Micro {
  readonly name: string;
  /** What one operation is, in words. */
  readonly operation: string;
  /** The number to stay under (nanoseconds per operation), where there is one. */
  readonly targetNs: number | null;
  /** For operations that take long: so many times fewer of them in a round. */
  readonly scale?: number;
  /**
   * Make the input and return what is timed: it runs that many operations and returns something that depends on all of them,
   * so that none can be optimised away.
   */
  prepare(): (operations: number) => number;
}

export interface Timing {
  readonly name: string;
  readonly medianNs: number;
  readonly lowestNs: number;
  readonly highestNs: number;
  /** Sum of what the operations returned: equal inputs give an equal one. */
  readonly checksum: number;
}

export interface Effort {
  readonly operations: number;
  readonly rounds: number;
}

export const FULL: Effort = { operations: 1_000_000, rounds: 9 };
/** For a machine that is not quiet: of many short rounds, the fastest was hardly disturbed. */
export const QUICK: Effort = { operations: 5_000, rounds: 100 };
/** Enough to see that it still runs. */
export const SMOKE: Effort = { operations: 200, rounds: 2 };

/** One round to warm up, then the rounds that count. */
export function time(micro: Micro, effort: Effort): Timing {
  const { rounds } = effort;
  const operations = Math.ceil(effort.operations / (micro.scale ?? 1));
  const run = micro.prepare();
  let checksum = run(operations);
  const nanoseconds = Array.from({ length: rounds }, () => {
    const start = performance.now();
    checksum += run(operations);
    return ((performance.now() - start) * 1e6) / operations;
  });
  return {
    name: micro.name,
    medianNs: median(nanoseconds),
    lowestNs: Math.min(...nanoseconds),
    highestNs: Math.max(...nanoseconds),
    checksum,
  };
}
