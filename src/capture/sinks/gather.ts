// What of a log makes the next batch of a sink: the records that are its business, up to its bounds in number, bytes and time.

import type { SinkPlan } from '../../config/plan.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { LogPosition, LogReader, LogRecord } from './log-reader.ts';
import type { Pause } from './pause.ts';

export interface Batch {
  /** Empty where nothing that was looked at is to be delivered. */
  readonly records: readonly LogRecord[];
  /** Behind all that was looked at. */
  readonly end: LogPosition;
  /** Records, at most, that were deleted unread. */
  readonly cut: number;
}

/** Read beyond the bounds of a batch to fill it, where most records are another sink's business. */
const LOOKED_AT_BYTES = 8 * 1024 ** 2;
const POLL_MS = 50;

/** @param position where the reader stands */
export async function gatherBatch(
  reader: LogReader,
  position: LogPosition,
  { batch: { recordsMax, bytesMax, lingerMs }, models, shadows }: SinkPlan,
  clock: Clock,
  pause: Pause,
): Promise<Batch> {
  const records: LogRecord[] = [];
  let end = position;
  let [bytes, lookedAt, cut] = [0, 0, 0];
  let until = Number.POSITIVE_INFINITY;
  while (records.length < recordsMax && bytes < bytesMax && lookedAt < bytesMax + LOOKED_AT_BYTES) {
    const reading = await reader.read(recordsMax - records.length, bytesMax - bytes);
    ({ end } = reading);
    cut += reading.cut;
    for (const record of reading.records) {
      lookedAt += record.bytes;
      const { role, model } = record.row;
      if ((role === 'shadow' && !shadows) || models?.includes(model) === false) continue;
      records.push(record);
      bytes += record.bytes;
    }
    if (records.length > 0) until = Math.min(until, clock.now() + lingerMs);
    if (reading.records.length > 0) continue;
    if (records.length === 0 || pause.isOver || clock.now() >= until) break;
    await pause.wait(Math.min(POLL_MS, Math.max(1, until - clock.now())));
  }
  return { records, end, cut };
}
