// Everything on record of one decision: compacted, in segments, or in both while a segment waits to be deleted; and its outcomes.

import type { DecisionView } from '../admin/view.ts';
import type { Capture } from '../capture/capture.ts';
import type { FoundRows } from '../capture/segments/find.ts';
import type { Store } from '../capture/store/store.ts';
import { Busy } from '../kernel/busy.ts';
import type { Clock } from '../kernel/clock.ts';
import type { OutcomeFinder } from '../outcomes/find-outcomes.ts';
import { decisionView } from './decision-view.ts';

/** The calls of a decision that is older than this are all compacted, or none is. */
const SETTLED_MS = 60 * 60_000;
const NONE: FoundRows = { rows: [], isWhole: true };

interface Record {
  readonly capture: Pick<Capture, 'find'>;
  readonly store: Pick<Store, 'find'>;
  readonly clock: Clock;
}

/**
 * @returns undefined where there is no call of it; busy where one may lie in what was not searched
 * @throws where the store, a segment or the log of outcomes cannot be read
 */
export async function findDecision(
  id: string,
  { outcomes, ...record }: Record & { readonly outcomes: OutcomeFinder },
): Promise<DecisionView | { readonly busy: string } | undefined> {
  try {
    const { rows, isWhole } = await findCalls(id, record);
    if (rows.length === 0) return undefined;
    const found = await outcomes.find(id);
    return decisionView(id, rows, { ...found, truncated: found.truncated || !isWhole });
  } catch (error) {
    if (error instanceof Busy) return { busy: error.message };
    throw error;
  }
}

/** @throws Busy where none was found and not everything was searched: that is no proof that there is none */
export async function findCalls(id: string, { capture, store, clock }: Record): Promise<FoundRows> {
  const stored = await store.find(id);
  const isSettled = stored.length > 0 && stored.every(({ at }) => at < clock.wall() - SETTLED_MS);
  // A segment may go into the store between the two looks: so the store is asked once more, after the segments.
  const captured = isSettled ? NONE : await capture.find(id);
  const rows = isSettled ? stored : [...stored, ...captured.rows, ...(await store.find(id))];
  if (rows.length === 0 && !captured.isWhole)
    throw new Busy(
      'the newest segments and the store do not have it, and older segments wait to go into the store: `headgate explain --decision` reads those too',
    );
  const once = new Map(rows.map((row) => [`${row.replica}/${row.sequence}`, row]));
  const sorted = [...once.values()].sort((a, b) => a.at - b.at || a.sequence - b.sequence);
  return { rows: sorted, isWhole: captured.isWhole };
}
