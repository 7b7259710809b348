// What the store lets go, by age and by size: first what was in the bodies, later whole records. Whole files at a time, the oldest
// first; a file is as old as its last decision.

import type { RetentionPlan } from '../../config/plan.ts';
import type { StoredFile } from './manifest.ts';

export interface Expiry {
  readonly strip: readonly StoredFile[];
  readonly remove: readonly StoredFile[];
}

/** What a record without bodies takes of its former size, to guess how many must go before it is known. */
const RECORD_PART = 0.3;

export function planExpiry(
  files: Iterable<StoredFile>,
  { bodiesMs, recordsMs, bytesMax }: RetentionPlan,
  now: number,
): Expiry {
  const oldest = [...files].sort((a, b) => a.to - b.to);
  const remove = new Set(oldest.filter(({ to }) => to < now - recordsMs));
  const strip = new Set(oldest.filter((file) => file.kept === 'all' && file.to < now - bodiesMs && !remove.has(file)));
  let bytes = 0;
  for (const file of oldest) if (!remove.has(file)) bytes += strip.has(file) ? file.bytes * RECORD_PART : file.bytes;
  for (const file of oldest) {
    if (bytes <= bytesMax) break;
    if (file.kept !== 'all' || remove.has(file) || strip.has(file)) continue;
    strip.add(file);
    bytes -= file.bytes * (1 - RECORD_PART);
  }
  for (const file of oldest) {
    if (bytes <= bytesMax) break;
    if (remove.has(file)) continue;
    bytes -= strip.has(file) ? file.bytes * RECORD_PART : file.bytes;
    remove.add(file);
    strip.delete(file);
  }
  return { strip: [...strip], remove: [...remove] };
}
