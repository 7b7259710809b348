// The most frequent of very many texts in a fixed number of places: Space-Saving (Metwally, Agrawal & El Abbadi, "Efficient computation
// of frequent and top-k elements in data streams", ICDT 2005). A text without a place takes that of the rarest and inherits its count as
// an error: a count is never too small, and too large by at most n / places after n texts; whatever came more often than that has a place.

export interface Frequent {
  readonly text: string;
  /** At least as large as the true one, and by `error` at most larger. */
  readonly count: number;
  readonly error: number;
}

export interface SpaceSaving {
  add(text: string): void;
  /** The most frequent first; of equal ones in the order of the texts. */
  top(): readonly Frequent[];
  /**
   * Add what `top` of another one with as many places gave (Cafaro, Pulimeno & Tempesta, "A parallel Space Saving algorithm for
   * frequent items", 2016): a text that one of two full ones does not hold may have come as often there as the rarest held.
   */
  load(saved: readonly Frequent[]): void;
}

export function createSpaceSaving(places: number): SpaceSaving {
  const held = new Map<string, { count: number; error: number }>();

  /** No count is lower. The one sought comes early then: those who took a place last stand last. */
  let floor = 0;

  function rarest(): string {
    let found = '';
    let least = Number.POSITIVE_INFINITY;
    for (const [text, { count }] of held) {
      if (count >= least) continue;
      found = text;
      least = count;
      if (count === floor) break;
    }
    floor = least;
    return found;
  }

  const top = (): Frequent[] =>
    Array.from(held, ([text, { count, error }]) => ({ text, count, error })).sort(
      (one, other) => other.count - one.count || (one.text < other.text ? -1 : 1),
    );

  return {
    add(text) {
      const known = held.get(text);
      if (known !== undefined) known.count++;
      else if (held.size < places) held.set(text, { count: 1, error: 0 });
      else {
        held.delete(rarest());
        held.set(text, { count: floor + 1, error: floor });
      }
    },
    top,
    load(saved) {
      if (held.size >= places) rarest();
      const least = held.size < places ? 0 : floor;
      floor = 0;
      const leastSaved = saved.length < places ? 0 : Math.min(...saved.map(({ count }) => count));
      for (const one of held.values()) {
        one.count += leastSaved;
        one.error += leastSaved;
      }
      for (const { text, count, error } of saved) {
        const known = held.get(text);
        if (known === undefined) held.set(text, { count: count + least, error: error + least });
        else {
          known.count += count - leastSaved;
          known.error += error - leastSaved;
        }
      }
      for (const { text } of top().slice(places)) held.delete(text);
    },
  };
}
