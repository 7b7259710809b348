// Plans come and go while decisions are under way. What a Plan no longer uses is closed once the last decision that began
// under it, or before it, has ended: a reload never takes an upstream out of a decision's hands.

export interface Generation {
  hold(): void;
  release(): void;
}

export interface Generations<Resource> {
  /** Begin the next generation. @param dropped what the one before used and this one does not */
  next(dropped: readonly Resource[]): Generation;
  /** Dropped, and not closed yet. */
  pending(): Resource[];
}

interface Entry<Resource> {
  held: number;
  dropped: readonly Resource[];
}

export function createGenerations<Resource>(close: (resource: Resource) => void): Generations<Resource> {
  /** Oldest first; the last one is in force. */
  const entries: Entry<Resource>[] = [];

  function sweep(): void {
    for (;;) {
      const oldest = entries[0];
      if (oldest === undefined || entries.length < 2 || oldest.held > 0) return;
      entries.shift();
      for (const resource of oldest.dropped) close(resource);
    }
  }

  return {
    pending: () => entries.flatMap(({ dropped }) => dropped),
    next(dropped) {
      const before = entries.at(-1);
      if (before !== undefined) before.dropped = dropped;
      const entry: Entry<Resource> = { held: 0, dropped: [] };
      entries.push(entry);
      sweep();
      return {
        hold() {
          entry.held++;
        },
        release() {
          entry.held--;
          if (entry.held === 0) sweep();
        },
      };
    },
  };
}
