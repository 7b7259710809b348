// Deadlines of everything in flight, checked on one coarse tick. A timer per request costs more than it is worth when nearly
// all are cleared: here an item carries its next due time as a number, and a sweep over the few hundred items in flight
// finds the late ones. Resolution is the tick; order within a tick is not defined.

import type { Clock } from './clock.ts';
import { type Listed, LiveList } from './live-list.ts';

/** Something with a deadline. Set `dueAt` (monotonic ms; Infinity: none) at any time while it is watched. */
export interface Watched extends Listed {
  dueAt: number;
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
  const items = new LiveList<Watched>();
  let timer: NodeJS.Timeout | undefined;

  function sweep(): void {
    const nowMs = clock.now();
    items.each((item) => {
      if (item.dueAt <= nowMs) item.expired(nowMs);
    });
    if (items.size === 0 && timer !== undefined) {
      clearInterval(timer);
      timer = undefined;
    }
  }

  return {
    add(item) {
      items.add(item);
      timer ??= setInterval(sweep, tickMs).unref();
    },
    remove: (item) => void items.remove(item),
    get size() {
      return items.size;
    },
    sweep,
    close() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
