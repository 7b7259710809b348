// The routes of alarms: what is open and was lately, and what people do about one. The shapes stand here too, since nothing else has them.

import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { AlarmView } from '../alarms/alarms.ts';
import { parseDuration } from '../kernel/units.ts';
import { problemSchema } from './openapi.ts';
import { problemOf } from './problem.ts';
import type { AdminView } from './view.ts';

const PROBLEM_JSON = { 'content-type': 'application/problem+json' };

const time = z.iso.datetime();
const text = z.string().max(500);

const alarmSchema = z
  .strictObject({
    id: z.string(),
    kind: z.enum(['drift', 'gap', 'quality']),
    state: z.enum(['open', 'acknowledged', 'snoozed', 'resolved']),
    model: z.string(),
    version: z.string(),
    role: z.string(),
    side: z.enum(['request', 'response']),
    feature: z.string().describe("'' where it is about all columns of its side."),
    episode: z.int().min(1).describe('How often it was opened.'),
    since: time.describe('Best guess of when it began.'),
    openedAt: time,
    resolvedAt: time.nullable(),
    ending: z.string().nullable().describe('Why it ended, where that is not the plain reason.'),
    evidence: z.number().describe('Natural logarithm.'),
    psi: z.number().nullable(),
    cause: z
      .strictObject({
        text: z.string(),
        kind: z.string().nullable(),
        where: z.strictObject({ key: z.string(), value: z.string() }).nullable(),
        lookAt: z.string().nullable(),
      })
      .nullable(),
    by: z.string().nullable(),
    note: z.string().nullable(),
    snoozedUntil: time.nullable(),
    sentence: z.string().describe('All of it in words.'),
    told: z.record(z.string(), z.strictObject({ of: z.string(), at: time })).describe('By webhook.'),
  })
  .openapi('Alarm');

const webhookSchema = z
  .strictObject({
    name: z.string(),
    format: z.string(),
    host: z.string(),
    state: z.enum(['idle', 'failing']).describe('failing: the last attempt failed, and another follows.'),
    waiting: z.int().min(0).describe('Alarms of which it has yet to be told.'),
    delivered: z.int().min(0),
    refused: z.int().min(0).describe('Messages that it will never take: passed over.'),
    failures: z.record(z.string(), z.int().min(0)),
    lastDeliveredAt: z.number().nullable(),
    lastFailure: z.strictObject({ at: z.number(), fault: z.string(), message: z.string() }).nullable(),
  })
  .openapi('Webhook');

const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});
const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
});

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/alarms',
  summary: 'Alarms of the last week, open ones first, and how webhooks fare',
  request: {
    query: z.object({
      model: z.string().min(1).max(200).optional().openapi({ description: 'Only those of this model.' }),
      state: z.enum(['open', 'acknowledged', 'snoozed', 'resolved']).optional().openapi({ description: 'Only these.' }),
    }),
  },
  responses: {
    200: json(z.strictObject({ alarms: z.array(alarmSchema), webhooks: z.array(webhookSchema) }), 'The alarms.'),
    400: problem('The request is not as described here.'),
    401: problem('The token is missing or wrong.'),
  },
});

const who = { by: text.optional().describe('Who says so.'), note: text.optional().describe('And why.') };
const acknowledging = z.strictObject(who).openapi('Acknowledgement');
const snoozing = z
  .strictObject({
    for: z
      .string()
      .refine((given) => (parseDuration(given) ?? 0) > 0, { error: 'must be a duration above zero, such as 4h' })
      .describe('A duration, such as 4h.'),
    ...who,
  })
  .openapi('Snooze');

const acting = <Body extends z.ZodType>(verb: 'acknowledge' | 'snooze' | 'resolve', summary: string, body: Body) =>
  createRoute({
    method: 'post',
    path: `/api/v1/alarms/{id}/${verb}` as const,
    summary,
    request: {
      params: z.object({ id: z.string().min(1).max(64) }),
      body: { required: verb === 'snooze', content: { 'application/json': { schema: body } } },
    },
    responses: {
      200: json(alarmSchema, 'The alarm as it is now.'),
      400: problem('The request is not as described here.'),
      401: problem('The token is missing or wrong.'),
      403: problem('The request comes from a page of another site.'),
      404: problem('No alarm with this id is open.'),
      413: problem('The body is over the limit.'),
      415: problem('The body is not JSON.'),
    },
  });

const acknowledgeRoute = acting('acknowledge', 'Say that somebody looks at it: no more reminders', acknowledging);
const snoozeRoute = acting('snooze', 'Hear nothing of it for a while', snoozing);
const resolveRoute = acting('resolve', 'End it by hand; it opens again where it is found again', acknowledging);

export function addAlarms(app: OpenAPIHono, view: AdminView): void {
  app.openapi(listRoute, (c) => {
    const { model, state } = c.req.valid('query');
    const { alarms, webhooks } = view.alarms();
    const asked = alarms.filter(
      (alarm) => (model === undefined || alarm.model === model) && (state === undefined || alarm.state === state),
    );
    return c.json({ alarms: openFirst(asked), webhooks: [...webhooks] }, 200);
  });
  app.openapi(acknowledgeRoute, (c) => {
    const { by = null, note = null } = c.req.valid('json') ?? {};
    const found = view.acknowledge(c.req.valid('param').id, by, note);
    return found === undefined ? c.json(notOpen(c.req.valid('param').id), 404, PROBLEM_JSON) : c.json(found, 200);
  });
  app.openapi(snoozeRoute, (c) => {
    const { for: given, by = null, note = null } = c.req.valid('json');
    const found = view.snooze(c.req.valid('param').id, parseDuration(given) ?? 0, by, note);
    return found === undefined ? c.json(notOpen(c.req.valid('param').id), 404, PROBLEM_JSON) : c.json(found, 200);
  });
  app.openapi(resolveRoute, (c) => {
    const { by = null, note = null } = c.req.valid('json') ?? {};
    const found = view.resolve(c.req.valid('param').id, by, note);
    return found === undefined ? c.json(notOpen(c.req.valid('param').id), 404, PROBLEM_JSON) : c.json(found, 200);
  });
}

function openFirst(alarms: readonly AlarmView[]): AlarmView[] {
  return alarms.toSorted(
    (one, other) =>
      Number(one.state === 'resolved') - Number(other.state === 'resolved') ||
      (one.openedAt < other.openedAt ? 1 : one.openedAt > other.openedAt ? -1 : 0),
  );
}

function notOpen(id: string) {
  return problemOf('not_found', `No alarm ${JSON.stringify(id)} is open. GET /api/v1/alarms lists those that are.`);
}
