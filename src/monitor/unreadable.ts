// Bodies in which the protocol found no rows: counted per model, and told in the log the first time, the tenth, the hundredth,
// so that a client that sends rubbish all day costs a few lines.

export type BodySide = 'request' | 'response';

export interface UnreadableCounts {
  add(model: string, side: BodySide, why: string): void;
  count(model: string): number;
  /** Forget all models but these. */
  retain(models: Iterable<string>): void;
  all(): Iterable<{ readonly model: string; readonly count: number }>;
}

interface Tally {
  count: number;
  nextTold: number;
}

/** @param tell the last reason with the count so far; no content of any body */
export function createUnreadableCounts(
  tell: (model: string, side: BodySide, why: string, count: number) => void,
): UnreadableCounts {
  const tallies = new Map<string, Tally>();
  return {
    add(model, side, why) {
      let tally = tallies.get(model);
      if (tally === undefined) {
        tally = { count: 0, nextTold: 1 };
        tallies.set(model, tally);
      }
      tally.count += 1;
      if (tally.count < tally.nextTold) return;
      tally.nextTold *= 10;
      tell(model, side, why, tally.count);
    },
    retain(models) {
      const kept = new Set(models);
      for (const model of tallies.keys()) if (!kept.has(model)) tallies.delete(model);
    },
    count: (model) => tallies.get(model)?.count ?? 0,
    all: () => [...tallies].map(([model, { count }]) => ({ model, count })),
  };
}
