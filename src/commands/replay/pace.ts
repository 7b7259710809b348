// Sends at a rate, open loop: each call has its time, whatever became of those before. Only where too many are under way does one
// wait for its turn, which is counted: the target does not keep up.

export interface PaceOptions {
  readonly perSecond: number;
  readonly underWayMax: number;
  readonly now: () => number;
  /** Once aborted nothing more is begun; what is under way ends. */
  readonly signal: AbortSignal;
}

/** @returns calls that had to wait for others */
export async function atRate<Item>(
  items: AsyncIterable<Item>,
  { perSecond, underWayMax, now, signal }: PaceOptions,
  send: (item: Item) => Promise<void>,
): Promise<number> {
  const underWay = new Set<Promise<void>>();
  const begun = now();
  let sent = 0;
  let waited = 0;
  for await (const item of items) {
    const dueMs = begun + (sent * 1000) / perSecond - now();
    if (dueMs > 0) await pause(dueMs, signal);
    if (underWay.size >= underWayMax) {
      waited += 1;
      await Promise.race(underWay);
    }
    if (signal.aborted) break;
    const call = send(item).finally(() => underWay.delete(call));
    underWay.add(call);
    sent += 1;
  }
  await Promise.all(underWay);
  return waited;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
