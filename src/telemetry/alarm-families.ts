// The metric families of alarms: how many are open, what was opened and ended, and how the receivers fare. Read at each scrape.

import type { Family, Sample } from './text-format.ts';

export interface AlarmNumbers {
  readonly open: readonly { readonly model: string; readonly kind: string; readonly count: number }[];
  readonly opened: Readonly<Record<string, number>>;
  readonly resolved: Readonly<Record<string, number>>;
  readonly refused: number;
  readonly unsaved: number;
  readonly webhooks: readonly {
    readonly name: string;
    readonly state: 'idle' | 'failing';
    readonly waiting: number;
    readonly delivered: number;
    readonly refused: number;
    readonly failures: Readonly<Record<string, number>>;
    readonly lastDeliveredAt: number | null;
  }[];
}

type Webhook = AlarmNumbers['webhooks'][number];

export function alarmFamilies(numbers: () => AlarmNumbers): readonly Family[] {
  const byKind = (of: (all: AlarmNumbers) => Readonly<Record<string, number>>) => (): Sample[] =>
    Object.entries(of(numbers())).map(([kind, count]) => sample(count, { kind }));
  const each = (value: (webhook: Webhook) => number) => (): Sample[] =>
    numbers().webhooks.map((webhook) => sample(value(webhook), { webhook: webhook.name }));
  return [
    family('gauge', 'headgate_alarms_open', 'Alarms that are open, acknowledged and snoozed ones included.', () =>
      numbers().open.map(({ model, kind, count }) => sample(count, { model, kind })),
    ),
    family(
      'counter',
      'headgate_alarms_opened_total',
      'Alarms opened, by kind.',
      byKind(({ opened }) => opened),
    ),
    family(
      'counter',
      'headgate_alarms_resolved_total',
      'Alarms resolved, by kind.',
      byKind(({ resolved }) => resolved),
    ),
    family('counter', 'headgate_alarms_refused_total', 'Findings for which there was no room among the alarms.', () => [
      sample(numbers().refused),
    ]),
    family('counter', 'headgate_alarms_unsaved_total', 'Attempts to write the alarms to disk that failed.', () => [
      sample(numbers().unsaved),
    ]),
    family(
      'gauge',
      'headgate_alarm_webhook_up',
      'Whether the last attempt to send to a webhook succeeded.',
      each(({ state }) => (state === 'failing' ? 0 : 1)),
    ),
    family(
      'gauge',
      'headgate_alarm_webhook_waiting',
      'Alarms of which a webhook has yet to be told.',
      each(({ waiting }) => waiting),
    ),
    family(
      'counter',
      'headgate_alarm_webhook_delivered_total',
      'Messages that a webhook has taken.',
      each(({ delivered }) => delivered),
    ),
    family(
      'counter',
      'headgate_alarm_webhook_refused_total',
      'Messages that a webhook will never take: they were passed over.',
      each(({ refused }) => refused),
    ),
    family(
      'counter',
      'headgate_alarm_webhook_failures_total',
      'Attempts to send to a webhook that failed, by reason.',
      () =>
        numbers().webhooks.flatMap(({ name, failures }) =>
          Object.entries(failures).map(([reason, count]) => sample(count, { webhook: name, reason })),
        ),
    ),
    family(
      'gauge',
      'headgate_alarm_webhook_last_delivered_timestamp_seconds',
      'Unix time at which a webhook last took a message; 0 before the first.',
      each(({ lastDeliveredAt }) => (lastDeliveredAt ?? 0) / 1000),
    ),
  ];
}

function sample(value: number, labels: Readonly<Record<string, string>> = {}): Sample {
  return { value, labels };
}

function family(type: Family['type'], name: string, help: string, samples: () => Sample[]): Family {
  return { name, help, type, samples };
}
