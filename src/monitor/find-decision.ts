// Everything on record of one decision: compacted, in segments, or in both while a segment waits to be deleted; and its outcomes.

import type { Capture } from '../capture/capture.ts';
import type { CaptureRow } from '../capture/row.ts';
import type { Store } from '../capture/store/store.ts';
import type { Clock } from '../kernel/clock.ts';

/** The calls of a decision that is older than this are all compacted, or none is. */
const SETTLED_MS = 60 * 60_000;

export async function findCalls(
  id: string,
  { capture, store, clock }: { readonly capture: Capture; readonly store: Store; readonly clock: Clock },
): Promise<CaptureRow[]> {
  const stored = await store.find(id);
  const isSettled = stored.length > 0 && stored.every(({ at }) => at < clock.wall() - SETTLED_MS);
  const rows = isSettled ? stored : [...stored, ...(await capture.find(id))];
  const once = new Map(rows.map((row) => [`${row.replica}/${row.sequence}`, row]));
  return [...once.values()].sort((a, b) => a.at - b.at || a.sequence - b.sequence);
}
