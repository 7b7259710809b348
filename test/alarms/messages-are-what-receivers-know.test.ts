// Each format against what its receivers hold true: the CloudEvents SDK, Slack's documented bounds of blocks, the OpenAPI schema of
// Alertmanager's API v2, and a verifier of Standard Webhooks. A real Alertmanager takes them in test/real.

import { CloudEvent, HTTP } from 'cloudevents';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Alarm } from '../../src/alarms/alarm.ts';
import { createAlarmBook } from '../../src/alarms/alarm-book.ts';
import { ALARM_FORMATS } from '../../src/alarms/formats/formats.ts';
import { newsFor } from '../../src/alarms/news.ts';
import { sentenceOf } from '../../src/alarms/sentence.ts';
import { signatureHeaders } from '../../src/alarms/signature.ts';
import { openDesk, sighting, startReceiver, webhookPlan } from './receiver.ts';

const AT = Date.parse('2026-11-25T12:00:00Z');
const PACE = { groupMs: 0, cooldownMs: 0, remindMs: null };
const CAUSE = {
  text: 'looks like x100 <&>, only in rows of caller mobile (25 % of all)',
  kind: 'unit change',
  where: { key: 'caller', value: 'mobile' },
  lookAt: 'the last release of mobile',
};

/** @param names columns, as hostile as callers' names can be */
function noticesOf(names: readonly string[], models: readonly string[] = ['credit']) {
  let ids = 0;
  const book = createAlarmBook([], { newId: () => `id-${ids++}` });
  const when = { at: AT, since: AT - 720_000, cause: CAUSE };
  for (const model of models) for (const name of names) book.see(sighting(name, 'on', { model, ...when }));
  return newsFor(book.all(), webhookPlan('http://127.0.0.1/'), PACE, models.length === 1 ? 10 : 1, AT).notices;
}

const [notice] = noticesOf(['amount']);
if (notice === undefined) throw new Error('an alarm is a notice');

describe('cloudevents', () => {
  const { contentType, body } =
    ALARM_FORMATS.cloudevents.sends === 'news'
      ? ALARM_FORMATS.cloudevents.compose(notice, AT)
      : { contentType: '', body: '' };

  test('the SDK reads them as valid structured events, and the same news has the same id', () => {
    const event = HTTP.toEvent({ headers: { 'content-type': contentType }, body });
    if (!(event instanceof CloudEvent)) throw new Error('not one event');
    expect(event.validate()).toBe(true);
    expect(event).toMatchObject({
      specversion: '1.0',
      type: 'headgate.drift.confirmed',
      source: 'urn:headgate:credit',
      subject: 'credit',
      time: '2026-11-25T12:00:00.000Z',
      datacontenttype: 'application/json',
    });
    expect(noticesOf(['amount'])[0]?.id).toBe(event.id);
    expect(noticesOf(['amount', 'age'])[0]?.id).not.toBe(event.id);
  });

  test('the sentence says what, since when, how sure, which feature, which kind, which caller, what to look at', () => {
    expect(JSON.parse(body).data.sentence).toBe(
      'credit / v1: feature "amount" has drifted since 2026-11-25 11:48 UTC, found at 2026-11-25 12:00 UTC: looks like x100 <&>, only in rows of caller mobile (25 % of all) (evidence exp(21.5), PSI 0.31). Look at the last release of mobile.',
    );
    expect(JSON.parse(body).data.alarms[0]).toMatchObject({ feature: 'amount', cause: CAUSE, evidence: 21.5 });
  });
});

/** https://docs.slack.dev/reference/block-kit/blocks: the types used, with their bounds. */
const text = (max: number) => z.string().min(1).max(max);
const slackSchema = z.strictObject({
  text: text(40_000),
  blocks: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({
          type: z.literal('header'),
          text: z.strictObject({ type: z.literal('plain_text'), text: text(150), emoji: z.boolean() }),
        }),
        z.strictObject({
          type: z.literal('section'),
          text: z.strictObject({ type: z.literal('mrkdwn'), text: text(3000) }),
        }),
        z.strictObject({
          type: z.literal('context'),
          elements: z.array(z.strictObject({ type: z.literal('mrkdwn'), text: text(3000) })).max(10),
        }),
      ]),
    )
    .max(50),
});

describe('slack', () => {
  const compose = (which: Parameters<typeof noticesOf>) => {
    const [first] = noticesOf(...which);
    if (first === undefined || ALARM_FORMATS.slack.sends !== 'news') throw new Error('no notice');
    return JSON.parse(ALARM_FORMATS.slack.compose(first, AT).body);
  };

  test.each([
    ['one column', [['amount']]],
    ['two hundred columns', [Array.from({ length: 200 }, (_, i) => `c${i}`)]],
    ['fifty models', [['a'], Array.from({ length: 50 }, (_, i) => `m${i}`)]],
    ['names that are long, and look like markup', [['x'.repeat(5000), '<!channel>', '\u202e\u0007\ud800']]],
  ] as const)('%s: within the bounds of its blocks', (_, which) => {
    const message = compose(which as unknown as Parameters<typeof noticesOf>);
    expect(slackSchema.safeParse(message).error?.issues).toBeUndefined();
    expect(JSON.stringify(message)).not.toContain('<!channel>');
  });

  test('says how many, which model, and a line for each', () => {
    const { blocks } = compose([['amount', 'age']]);
    expect(blocks[0].text.text).toBe(':rotating_light: credit: drift confirmed (2 columns, version v1)');
    expect(blocks[1].text.text).toContain('v1: feature "amount" has drifted since');
    expect(blocks[1].text.text).toContain('x100 &lt;&amp;&gt;');
  });
});

/** postableAlerts of api/v2/openapi.yaml (Alertmanager 0.28): names of labels as the data model of Prometheus has them. */
const alertsSchema = z
  .array(
    z.strictObject({
      labels: z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string().min(1)),
      annotations: z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string()),
      startsAt: z.iso.datetime(),
      endsAt: z.iso.datetime(),
    }),
  )
  .min(1);

describe('alertmanager', () => {
  const alertsOf = (alarms: readonly Alarm[]) => {
    if (ALARM_FORMATS.alertmanager.sends !== 'state') throw new Error('no state');
    return alertsSchema.parse(JSON.parse(ALARM_FORMATS.alertmanager.compose(alarms, AT).body));
  };

  test('labels name the alarm and stay the same over its life; the end lies ahead while it is open', () => {
    const book = createAlarmBook([], { newId: () => 'id' });
    book.see(sighting('amount', 'on', { at: AT - 60_000, since: AT - 120_000 }));
    const [open] = alertsOf(book.all());
    expect(open?.labels).toEqual({
      alertname: 'HeadgateDrift',
      service: 'headgate',
      model: 'credit',
      version: 'v1',
      role: 'champion',
      side: 'request',
      feature: 'amount',
    });
    expect(Date.parse(open?.endsAt ?? '') - AT).toBe(240_000);
    book.acknowledge('id', 'ann', null);
    expect(alertsOf(book.all())[0]).toMatchObject({ labels: open?.labels, annotations: { acknowledged: 'ann' } });
    book.see(sighting('amount', 'off', { at: AT }));
    expect(alertsOf(book.all())[0]).toMatchObject({ labels: open?.labels, endsAt: '2026-11-25T12:00:00.000Z' });
  });

  test('what is open is sent again each minute, what has ended once, to the path of the API', async () => {
    const receiver = await startReceiver();
    const desk = await openDesk([webhookPlan(receiver.url, { format: 'alertmanager' })], {
      pace: { groupMs: 300_000, cooldownMs: 1_800_000 },
    });
    desk.see('a');
    desk.see('b');
    await desk.pass(1000);
    desk.see('c');
    for (let second = 0; second < 125; second++) await desk.pass(1000);
    const sizes = () => receiver.received.map(({ body }) => JSON.parse(body).length);
    expect(sizes()).toEqual([2, 3, 3, 3]);
    desk.see('a', 'off');
    await desk.pass(1000);
    await desk.pass(60_000);
    expect(sizes().slice(4)).toEqual([3, 2]);
    expect(new Set(receiver.received.map(({ url }) => url))).toEqual(new Set(['/api/v2/alerts']));
  });
});

describe('a signed message', () => {
  test('is verified by the library of Standard Webhooks, and is not where a byte differs', async () => {
    const receiver = await startReceiver();
    const secret = `whsec_${Buffer.from('0123456789abcdef01234567').toString('base64')}`;
    const desk = await openDesk([webhookPlan(receiver.url, { secret })], { clock: nowClock() });
    desk.see('amount');
    await desk.pass(0);
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
    const verifier = new Webhook(secret);
    expect(verifier.verify(body, headers as Record<string, string>)).toMatchObject({
      type: 'headgate.drift.confirmed',
    });
    expect(() => verifier.verify(body.replace('amount', 'amounT'), headers as Record<string, string>)).toThrow();
    expect(signatureHeaders('plain text', 'id', 0, '')).toHaveProperty('webhook-signature');
  });
});

/** The library compares the time of a message with the machine's. */
function nowClock() {
  return { now: () => performance.now(), wall: () => Date.now(), advance: () => undefined };
}

test('only quality speaks of odds: the sum that stands behind drift grows with time, and is none', () => {
  const book = createAlarmBook([], { newId: () => 'id' });
  const sentence = (kind: 'drift' | 'quality') => {
    const alarm = book.see(sighting('amount', 'on', { kind, at: AT, since: AT, evidence: Math.log(4000.5) }));
    if (alarm === null) throw new Error('a first sighting opens an alarm');
    return sentenceOf(alarm);
  };
  expect(sentence('drift')).toContain('(evidence exp(8.3), ');
  expect(sentence('quality')).toContain('(evidence of 4,000 to one, ');
});
