// Decisions that wait for their other half, the oldest first: bounded in number, in cells and in time. A map in the order of
// arrival is all of it: a half comes and goes within milliseconds, so that being used again says nothing about being needed.

export interface Waiting {
  /** What it holds, in cells. */
  readonly cells: number;
}

export interface WaitingHalves<Half extends Waiting> {
  readonly size: number;
  readonly counters: { readonly evicted: number; readonly expired: number; readonly tooLarge: number };
  get(id: string): Half | undefined;
  /** Hold a half, or another in the place of one: that one's time goes on. */
  hold(id: string, half: Half): void;
  drop(id: string): void;
  /** Let go of all whose time is over. */
  sweep(): void;
}

export interface WaitingBounds {
  readonly halvesMax: number;
  readonly cellsMax: number;
  readonly ttlMs: number;
}

/** @param leave told of every half that went unmet */
export function createWaitingHalves<Half extends Waiting>(
  { halvesMax, cellsMax, ttlMs }: WaitingBounds,
  now: () => number,
  leave: (half: Half) => void,
): WaitingHalves<Half> {
  const halves = new Map<string, { half: Half; readonly since: number }>();
  const counters = { evicted: 0, expired: 0, tooLarge: 0 };
  let cells = 0;

  function drop(id: string): Half | undefined {
    const held = halves.get(id);
    if (held === undefined) return undefined;
    halves.delete(id);
    cells -= held.half.cells;
    return held.half;
  }

  function lose(id: string, reason: 'evicted' | 'expired'): void {
    const half = drop(id);
    if (half === undefined) return;
    counters[reason]++;
    leave(half);
  }

  function evict(): void {
    for (const oldest of halves.keys()) {
      if (halves.size <= halvesMax && cells <= cellsMax) break;
      lose(oldest, 'evicted');
    }
  }

  return {
    get size() {
      return halves.size;
    },
    counters,
    get(id) {
      const held = halves.get(id);
      if (held === undefined || now() - held.since <= ttlMs) return held?.half;
      lose(id, 'expired');
      return undefined;
    },
    hold(id, half) {
      if (half.cells > cellsMax) {
        drop(id);
        counters.tooLarge++;
        leave(half);
        return;
      }
      const held = halves.get(id);
      cells += half.cells - (held?.half.cells ?? 0);
      if (held !== undefined) held.half = half;
      else halves.set(id, { half, since: now() });
      if (halves.size > halvesMax || cells > cellsMax) evict();
    },
    drop,
    sweep() {
      for (const [id, { since }] of halves) {
        if (now() - since <= ttlMs) break;
        lose(id, 'expired');
      }
    },
  };
}
