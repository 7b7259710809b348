// Deadlines of everything in flight, checked on one coarse tick. A timer per request costs more than it is worth when nearly
// all are cleared: here an item carries its next due time as a number, and a sweep over the few hundred items in flight
// finds the late ones. Resolution is the tick; order within a tick is not defined.

import type { Clock } from './clock.ts';

/** Something with a deadline. Set `dueAt` (monotonic ms; Infinity: none) at any time while it is watched. */
export interface Watched {
  dueAt: number;
  /** Owned by the watch: the item's place in it, -1 while it is not in one. */
  place: number;
  /** Called once `dueAt` has passed; must move `dueAt` or leave the watch. */
  expired(nowMs: number): void;
}

export interface DeadlineWatch {
  add(item: Watched): void;
  remove(item: Watched): void;
  readonly size: number;
  /** One sweep; the timer calls it, tests may. */
  sweep(): void;
  close(): void;
}

export function createDeadlineWatch(clock: Clock, tickMs: number): DeadlineWatch {
  const items: Watched[] = [];
  let timer: NodeJS.Timeout | undefined;

  function remove(item: Watched): void {
    const { place } = item;
    if (place < 0 || items[place] !== item) return;
    item.place = -1;
    const last = items.pop();
    if (last !== undefined && last !== item) {
      items[place] = last;
      last.place = place;
    }
  }

  function sweep(): void {
    const nowMs = clock.now();
    // Backwards, so that an item that leaves (and the last one that takes its place) is never skipped.
    for (let i = items.length - 1; i >= 0; i--) {
      const item = items[i];
      if (item !== undefined && item.dueAt <= nowMs) item.expired(nowMs);
    }
    if (items.length === 0 && timer !== undefined) {
      clearInterval(timer);
      timer = undefined;
    }
  }

  return {
    add(item) {
      item.place = items.push(item) - 1;
      timer ??= setInterval(sweep, tickMs).unref();
    },
    remove,
    get size() {
      return items.length;
    },
    sweep,
    close() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
