// Everything on record of one decision: compacted, in segments, or in both while a segment waits to be deleted; and its outcomes.

import type { DecisionView } from '../admin/view.ts';
import type { Capture } from '../capture/capture.ts';
import type { CaptureRow } from '../capture/row.ts';
import type { Store } from '../capture/store/store.ts';
import { Busy } from '../kernel/busy.ts';
import type { Clock } from '../kernel/clock.ts';
import type { OutcomeFinder } from '../outcomes/find-outcomes.ts';
import { decisionView } from './decision-view.ts';

/** The calls of a decision that is older than this are all compacted, or none is. */
const SETTLED_MS = 60 * 60_000;

interface Record {
  readonly capture: Pick<Capture, 'find'>;
  readonly store: Pick<Store, 'find'>;
  readonly clock: Clock;
}

/** @returns undefined where there is no call of it @throws where the store, a segment or the log of outcomes cannot be read */
export async function findDecision(
  id: string,
  { outcomes, ...record }: Record & { readonly outcomes: OutcomeFinder },
): Promise<DecisionView | { readonly busy: string } | undefined> {
  try {
    const calls = await findCalls(id, record);
    return calls.length === 0 ? undefined : decisionView(id, calls, await outcomes.find(id));
  } catch (error) {
    if (error instanceof Busy) return { busy: error.message };
    throw error;
  }
}

export async function findCalls(id: string, { capture, store, clock }: Record): Promise<CaptureRow[]> {
  const stored = await store.find(id);
  const isSettled = stored.length > 0 && stored.every(({ at }) => at < clock.wall() - SETTLED_MS);
  // A segment may go into the store between the two looks: so the store is asked once more, after the segments.
  const rows = isSettled ? stored : [...stored, ...(await capture.find(id)), ...(await store.find(id))];
  const once = new Map(rows.map((row) => [`${row.replica}/${row.sequence}`, row]));
  return [...once.values()].sort((a, b) => a.at - b.at || a.sequence - b.sequence);
}
