// Alerts for Prometheus' Alertmanager, API v2 (POST /api/v2/alerts). It takes an alert that is not sent again for one that has ended, so
// that all that is open is sent each minute, with an end four minutes on, as Prometheus does: a gate that dies leaves no alert for ever.
// Labels are what the alert is, and never change while it lasts; how sure it is stands in the annotations.

import type { Alarm, AlarmKind } from '../alarm.ts';
import { sentenceOf } from '../sentence.ts';
import type { StateFormat } from './format.ts';

const REPEAT_MS = 60_000;
const OUTLIVES = 4;

const NAMES: Readonly<Record<AlarmKind, string>> = {
  drift: 'HeadgateDrift',
  gap: 'HeadgateDataGap',
  quality: 'HeadgateQuality',
};

export const alertmanager = {
  name: 'alertmanager',
  sends: 'state',
  repeatMs: REPEAT_MS,
  alarmsMax: 500,
  path: '/api/v2/alerts',
  compose(alarms, nowMs) {
    return {
      contentType: 'application/json; charset=utf-8',
      body: JSON.stringify(alarms.map((alarm) => alertOf(alarm, nowMs))),
    };
  },
} as const satisfies StateFormat;

function alertOf(alarm: Alarm, nowMs: number) {
  const { kind, model, version, role, side, feature, openedAt, resolvedAt, by, note, cause } = alarm;
  return {
    labels: labelled({ alertname: NAMES[kind], model, version, role, side, feature, service: 'headgate' }),
    annotations: labelled({
      summary: sentenceOf(alarm),
      since: new Date(alarm.since).toISOString(),
      cause: cause?.text ?? '',
      look_at: cause?.lookAt ?? '',
      acknowledged: by === null && note === null ? '' : [by, note].filter((text) => text !== null).join(': '),
    }),
    startsAt: new Date(openedAt).toISOString(),
    endsAt: new Date(resolvedAt ?? nowMs + OUTLIVES * REPEAT_MS).toISOString(),
  };
}

/** A label without a value is a label that is not there. */
function labelled(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}
