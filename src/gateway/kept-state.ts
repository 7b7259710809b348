// State that outlives Plans, by name: counters, loads, mirrors. What no recent Plan names any more is forgotten once nothing
// under way needs it, so that reloads with ever new names do not fill the memory.

export interface KeptState<Value> {
  /** The value of this name, for the Plan that is being compiled. */
  of(key: string, make: () => Value): Value;
  /**
   * That Plan is in force.
   * @returns to be called once, when the last decision under the Plan before it has ended
   */
  turn(): () => void;
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
  /** Plans that name it. */
  held: number;
}

export function createKeptState<Value>(options: KeptStateOptions<Value>): KeptState<Value> {
  const { isIdle, forget, plansKept = 4 } = options;
  const entries = new Map<string, Entry<Value>>();
  /** Names of Plans that are over, oldest first. */
  const over: ReadonlySet<string>[] = [];
  let current = new Set<string>();
  let coming = new Set<string>();

  function sweep(): void {
    while (over.length > plansKept) {
      for (const key of over.shift() ?? []) {
        const entry = entries.get(key);
        if (entry !== undefined) entry.held--;
      }
    }
    for (const [key, { value, held }] of entries) {
      if (held > 0 || !isIdle(value)) continue;
      entries.delete(key);
      forget?.(value);
    }
  }

  return {
    of(key, make) {
      const entry = entries.get(key) ?? { value: make(), held: 0 };
      entries.set(key, entry);
      if (!coming.has(key)) entry.held++;
      coming.add(key);
      return entry.value;
    },
    turn() {
      const before = current;
      current = coming;
      coming = new Set();
      return () => {
        over.push(before);
        sweep();
      };
    },
    values: () => Array.from(entries.values(), ({ value }) => value),
    get size() {
      return entries.size;
    },
  };
}
