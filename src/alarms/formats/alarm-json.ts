// An alarm as programs read it: in CloudEvents and in the admin API alike. Times are ISO 8601.

import type { Alarm, AlarmCause, AlarmKind, AlarmState } from '../alarm.ts';

export interface AlarmJson {
  readonly id: string;
  readonly kind: AlarmKind;
  readonly state: AlarmState;
  readonly model: string;
  readonly version: string;
  readonly role: string;
  readonly side: 'request' | 'response';
  readonly feature: string;
  readonly episode: number;
  readonly since: string;
  readonly openedAt: string;
  readonly resolvedAt: string | null;
  readonly ending: string | null;
  readonly evidence: number;
  readonly psi: number | null;
  readonly cause: AlarmCause | null;
  readonly by: string | null;
  readonly note: string | null;
  readonly snoozedUntil: string | null;
}

export function alarmJson(alarm: Alarm): AlarmJson {
  const { since, openedAt, resolvedAt, snoozedUntil, told: _told, ...plain } = alarm;
  return {
    ...plain,
    since: iso(since),
    openedAt: iso(openedAt),
    resolvedAt: resolvedAt === null ? null : iso(resolvedAt),
    snoozedUntil: snoozedUntil === null ? null : iso(snoozedUntil),
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
