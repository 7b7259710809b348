// State that outlives Plans, by name: counters, loads, mirrors. What no recent Plan names any more is forgotten once nothing
// under way needs it, so that reloads with ever new names do not fill the memory.

export interface KeptState<Value> {
  /** The value of this name, for a model that is being compiled: it holds the name until it leaves. */
  of(key: string, make: () => Value): Value;
  /**
   * A Plan is in force.
   * @param left names that models of the Plan before held and that left with it, each as often as it was held
   * @returns to be called once, when the last decision under the Plan before it has ended
   */
  turn(left: readonly string[]): () => void;
  values(): Iterable<Value>;
  readonly size: number;
}

export interface KeptStateOptions<Value> {
  /** Whether nothing under way uses it. */
  readonly isIdle: (value: Value) => boolean;
  readonly forget?: (value: Value) => void;
  /** Plans whose names stay after their decisions have ended: a Plan that is soon taken back finds its counters. */
  readonly plansKept?: number;
}

interface Entry<Value> {
  readonly value: Value;
  /** Models of Plans that name it. */
  held: number;
}

export function createKeptState<Value>(options: KeptStateOptions<Value>): KeptState<Value> {
  const { isIdle, forget, plansKept = 4 } = options;
  const entries = new Map<string, Entry<Value>>();
  /** Names that have left, by the Plan they left with, oldest first. */
  const over: (readonly string[])[] = [];
  /** Named by nobody, and not forgotten yet. */
  const unnamed = new Set<string>();

  function sweep(): void {
    while (over.length > plansKept) {
      for (const key of over.shift() ?? []) {
        const entry = entries.get(key);
        if (entry !== undefined && --entry.held === 0) unnamed.add(key);
      }
    }
    for (const key of unnamed) {
      const entry = entries.get(key);
      if (entry !== undefined && entry.held === 0) {
        if (!isIdle(entry.value)) continue;
        entries.delete(key);
        forget?.(entry.value);
      }
      unnamed.delete(key);
    }
  }

  return {
    of(key, make) {
      let entry = entries.get(key);
      if (entry === undefined) {
        entry = { value: make(), held: 0 };
        entries.set(key, entry);
      }
      entry.held++;
      return entry.value;
    },
    turn: (left) => () => {
      over.push(left);
      sweep();
    },
    values: () => Array.from(entries.values(), ({ value }) => value),
    get size() {
      return entries.size;
    },
  };
}
