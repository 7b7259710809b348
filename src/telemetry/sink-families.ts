// The metric families of the sinks: what they delivered, what troubles them, how far they are behind. Read at each scrape.

import type { Family, Sample } from './text-format.ts';

export interface SinkNumbers {
  readonly name: string;
  readonly state: 'delivering' | 'failing';
  readonly delivered: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly retried: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly skipped: number;
  readonly lagRecords: number;
  readonly lagBytes: number;
  readonly lastDeliveredAt: number | null;
}

export function sinkFamilies(sinks: () => readonly SinkNumbers[]): readonly Family[] {
  const each = (value: (sink: SinkNumbers) => number) => (): Sample[] =>
    sinks().map((sink) => ({ value: value(sink), labels: { sink: sink.name } }));
  const byReason = (counts: (sink: SinkNumbers) => Readonly<Record<string, number>>) => (): Sample[] =>
    sinks().flatMap((sink) =>
      Object.entries(counts(sink)).map(([reason, count]) => ({ value: count, labels: { sink: sink.name, reason } })),
    );
  return [
    family('gauge', 'headgate_sink_up', 'Whether the last attempt to deliver to a sink succeeded.', each(isUp)),
    family(
      'counter',
      'headgate_sink_delivered_total',
      'Records that a sink has confirmed.',
      each(({ delivered }) => delivered),
    ),
    family(
      'counter',
      'headgate_sink_refused_total',
      'Records that a sink will never take, by reason: they were passed over.',
      byReason(({ refused }) => refused),
    ),
    family(
      'counter',
      'headgate_sink_retried_total',
      'Records handed to a sink once more, after an attempt that failed.',
      each(({ retried }) => retried),
    ),
    family(
      'counter',
      'headgate_sink_failures_total',
      'Attempts to deliver to a sink that failed, by reason.',
      byReason(({ failures }) => failures),
    ),
    family(
      'counter',
      'headgate_sink_skipped_total',
      'Records, at most, that captures.keep deleted before a sink had read them.',
      each(({ skipped }) => skipped),
    ),
    family(
      'gauge',
      'headgate_sink_lag_records',
      'Records on disk, at most, that a sink has not confirmed.',
      each(({ lagRecords }) => lagRecords),
    ),
    family(
      'gauge',
      'headgate_sink_lag_bytes',
      'Bytes on disk behind the place that a sink has confirmed.',
      each(({ lagBytes }) => lagBytes),
    ),
    family(
      'gauge',
      'headgate_sink_last_delivered_timestamp_seconds',
      'Unix time at which a sink last confirmed a record; 0 before the first.',
      each(({ lastDeliveredAt }) => (lastDeliveredAt ?? 0) / 1000),
    ),
  ];
}

const isUp = ({ state }: SinkNumbers): number => (state === 'failing' ? 0 : 1);

function family(type: Family['type'], name: string, help: string, samples: () => Sample[]): Family {
  return { name, help, type, samples };
}
