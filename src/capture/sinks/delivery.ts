// One batch, handed to a plugin until every record of it is settled: confirmed by the other side, or refused for good. What an
// attempt leaves is tried again, ever more slowly, and told; nothing else is read meanwhile, so memory does not grow.

import type { Clock } from '../../kernel/clock.ts';
import { waitMs } from '../../kernel/patience.ts';
import type { Random } from '../../kernel/random.ts';
import { textOf } from '../segments/folder.ts';

import type { Pause } from './pause.ts';
import { type OpenSink, SinkFailure, type SinkRecord } from './sink.ts';
import { createSinkCounts, type SinkCounts, type SinkState } from './sink-state.ts';

export interface SinkTeller {
  info(message: string): void;
  warn(message: string): void;
}

export interface DeliveryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly pause: Pause;
  readonly signal: AbortSignal;
  readonly tell: SinkTeller;
}

export interface Delivery {
  readonly counts: SinkCounts;
  readonly isFailing: boolean;
  readonly lastDeliveredAt: number | null;
  readonly lastFailure: SinkState['lastFailure'];
  /**
   * @param onProgress told after each attempt of the first record that is still open
   * @returns whether all are settled: not where the sink is to end while the other side fails
   */
  deliver<One extends SinkRecord>(
    sink: OpenSink,
    records: readonly One[],
    onProgress: (firstOpen: One) => Promise<void>,
  ): Promise<boolean>;
  /** Something of the sink's own has failed: its folder, its log. Waits as after a failed attempt. */
  trouble(error: unknown): Promise<void>;
}

/** What goes on failing is told again after this time, and so are records that are refused. */
const TELL_MS = 60_000;

export function createDelivery({ clock, random, pause, signal, tell }: DeliveryOptions): Delivery {
  const counts = createSinkCounts();
  let failures = 0;
  let quietUntil = 0;
  let refusalsQuietUntil = 0;
  let lastDeliveredAt: number | null = null;
  let lastFailure: SinkState['lastFailure'] = null;

  function fail(error: unknown): void {
    const { fault, message } =
      error instanceof SinkFailure ? error : { fault: 'other' as const, message: textOf(error) };
    counts.failures[fault] = (counts.failures[fault] ?? 0) + 1;
    lastFailure = { at: clock.wall(), fault, message };
    failures += 1;
    if (failures > 1 && clock.now() < quietUntil) return;
    quietUntil = clock.now() + TELL_MS;
    tell.warn(`records are not delivered (${fault}): ${message}; they stay on disk, and it is tried again`);
  }

  function refuse({ row }: SinkRecord, reason: string): void {
    counts.refused[reason] = (counts.refused[reason] ?? 0) + 1;
    if (clock.now() < refusalsQuietUntil) return;
    refusalsQuietUntil = clock.now() + TELL_MS;
    tell.warn(
      `a record was refused for good (${reason}) and passed over: decision ${row.decision_id}, model ${row.model}`,
    );
  }

  async function attempt<One extends SinkRecord>(sink: OpenSink, records: readonly One[]) {
    const settled = new Set<SinkRecord>();
    let error: unknown = null;
    try {
      await sink.deliver(
        records,
        (record, refused) => {
          if (settled.has(record)) return;
          settled.add(record);
          if (refused === undefined) counts.delivered += 1;
          else refuse(record, refused);
        },
        signal,
      );
    } catch (thrown) {
      error = thrown;
    }
    return { open: records.filter((record) => !settled.has(record)), error };
  }

  return {
    counts,
    get isFailing() {
      return failures > 0;
    },
    get lastDeliveredAt() {
      return lastDeliveredAt;
    },
    get lastFailure() {
      return lastFailure;
    },
    async deliver(sink, records, onProgress) {
      for (let open = records; ; counts.retried += open.length) {
        const { open: left, error } = await attempt(sink, open);
        const hasMoved = left.length < open.length;
        open = left;
        if (hasMoved) lastDeliveredAt = clock.wall();
        const [first] = left;
        if (first === undefined) break;
        // A side that takes something is not given up on: the wait begins anew.
        if (hasMoved && failures > 1) failures = 1;
        fail(error ?? new SinkFailure('other', 'not every record was confirmed'));
        await onProgress(first);
        await pause.wait(waitMs(failures, random));
        if (pause.isOver) return false;
      }
      if (failures > 0) tell.info('records are delivered again');
      failures = 0;
      return true;
    },
    async trouble(error) {
      fail(error);
      await pause.wait(waitMs(failures, random));
    },
  };
}
