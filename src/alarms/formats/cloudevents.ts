// CloudEvents 1.0 in structured mode (JSON event format, HTTP binding 3.2): for programs - a retraining job, a ticket, a bus. The type
// is `headgate.` and the event's name; the id is the same when the same news is sent again, as the specification asks of a repeated event.

import { lineOf, sentenceOf } from '../sentence.ts';
import { alarmJson } from './alarm-json.ts';
import { ALARMS_SHOWN, type NewsFormat } from './format.ts';
import { headlineOf } from './headline.ts';

export const cloudevents = {
  name: 'cloudevents',
  sends: 'news',
  compose(notice, nowMs) {
    const { id, event, model, items } = notice;
    const alarms = items.map(({ alarm }) => alarm);
    const [first] = alarms;
    const sentence = alarms.length === 1 && first !== undefined ? sentenceOf(first) : headlineOf(notice);
    const body = {
      specversion: '1.0',
      id,
      source: model === null ? 'urn:headgate' : `urn:headgate:${encodeURIComponent(model)}`,
      type: `headgate.${event}`,
      ...(model === null ? {} : { subject: model }),
      time: new Date(nowMs).toISOString(),
      datacontenttype: 'application/json',
      data: {
        event,
        model,
        sentence,
        count: alarms.length,
        alarms: alarms.slice(0, ALARMS_SHOWN).map((alarm) => ({ ...alarmJson(alarm), sentence: lineOf(alarm) })),
      },
    };
    return { contentType: 'application/cloudevents+json; charset=utf-8', body: JSON.stringify(body) };
  },
} as const satisfies NewsFormat;
