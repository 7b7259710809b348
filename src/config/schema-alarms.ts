// The shape of `alarms`: how people and programs are told that a model drifts. A format is a word here and a file in alarms/formats/.

import { z } from 'zod';
import { duration, durationOrNone, headerKey, name, oneOrMany, secret, whole } from './quantities.ts';
import { tlsSchema } from './schema-version.ts';

const ALARM_FORMATS = ['cloudevents', 'slack', 'alertmanager'] as const;

/** In the order of an alarm's life. */
export const ALARM_EVENTS = [
  'drift.confirmed',
  'drift.resolved',
  'data.gap',
  'data.resumed',
  'quality.degraded',
  'quality.recovered',
  'alarm.ongoing',
] as const;

const webhook = z.strictObject({
  url: secret()
    .refine(isHttpUrl, { error: 'this is not an HTTP URL; write it like https://hooks.example.com/path' })
    .describe('Where messages are sent to, with POST. Taken for a secret: only its host is ever shown.'),
  format: z
    .enum(ALARM_FORMATS, { error: '{value} is no format of alarms; use cloudevents, slack or alertmanager' })
    .describe('What is sent: a CloudEvent, a message for Slack, or alerts for Alertmanager.'),
  models: oneOrMany(name()).optional().describe('Models whose alarms are sent. Default: all.'),
  events: oneOrMany(z.enum(ALARM_EVENTS, { error: `{value} is no event; there are ${ALARM_EVENTS.join(', ')}` }))
    .optional()
    .describe('What is told of. Default: all.'),
  headers: z
    .record(headerKey(), secret())
    .prefault({})
    .describe('Headers sent with every message, such as authorization.'),
  secret: secret()
    .optional()
    .describe('Key by which messages are signed (Standard Webhooks); best a reference to the environment.'),
  rate: whole(1, 3600).prefault(60).describe('Messages an hour, at most; what is more is put together.'),
  timeout: duration('10s').prefault('10s').describe('For one attempt to send a message.'),
  tls: tlsSchema.optional().describe('TLS towards the receiver.'),
});

export const alarmsSchema = z.strictObject({
  group: duration('5m', 'zero')
    .prefault('5m')
    .describe('Shortest time between two messages about one model; what happens meanwhile is one message.'),
  cooldown: duration('30m', 'zero')
    .prefault('30m')
    .describe('What begins anew so soon after its end was told is told when this time is over, if it lasts.'),
  remind: durationOrNone('24h').prefault('24h').describe('What is open and not acknowledged is told again; or none.'),
  webhooks: z.record(name(), webhook).prefault({}).describe('Who is told, by a name of your own.'),
});

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

export type RawAlarms = z.output<typeof alarmsSchema>;
export type RawWebhook = RawAlarms['webhooks'][string];
