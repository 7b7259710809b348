// Whose turn it is to write: one at a time, however many ask. Whoever asks while one writes shares the turn that comes next with all
// others who ask, so that a slow disk gathers no queue of promises.

export interface Turns {
  /** Everything that was taken when this is called is written, or counted as lost, once it resolves. */
  write(): Promise<void>;
  /** Something else in the place of a write: nothing is written meanwhile. */
  instead(act: () => Promise<void>): Promise<void>;
  readonly isBusy: boolean;
}

/** @param write never fails */
export function createTurns(write: () => Promise<void>): Turns {
  let current: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  function begin(act: () => Promise<void>): Promise<void> {
    current = act().finally(() => {
      current = null;
    });
    return current;
  }

  const turns: Turns = {
    write() {
      if (current === null) return begin(write);
      next ??= current.then(() => {
        next = null;
        return turns.write();
      });
      return next;
    },
    instead: (act) => (current === null ? begin(act) : current.then(() => turns.instead(act))),
    get isBusy() {
      return current !== null;
    },
  };
  return turns;
}
