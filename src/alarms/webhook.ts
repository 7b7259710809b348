// One receiver: what is sent to it, one message after the other, and how long it is left in peace after a failure. An answer that blames
// the message (400, 413, 422) ends that message; every other failure is tried again, ever more slowly, up to once in five minutes.
// Its URL may be a secret: only the host is ever said.

import type { WebhookPlan } from '../config/plan.ts';
import { createHttpClient, faultOfStatus, type HttpFault, NoAnswer } from '../http/http-client.ts';
import type { Clock } from '../kernel/clock.ts';
import { waitMs } from '../kernel/patience.ts';
import type { Random } from '../kernel/random.ts';
import { type Alarm, beginOf } from './alarm.ts';
import { createAllowance } from './allowance.ts';
import type { AlarmFormat, Message, StateFormat } from './formats/format.ts';
import { ALARM_FORMATS } from './formats/formats.ts';
import { concerns, type NewsItem, newsFor, type Pace } from './news.ts';
import { signatureHeaders } from './signature.ts';

/** Known of a webhook at a moment. Counts since the start of the process. */
export interface WebhookState {
  readonly name: string;
  readonly format: string;
  /** Scheme and host, never the path. */
  readonly host: string;
  readonly state: 'idle' | 'failing';
  /** Alarms of which it has yet to be told. */
  readonly waiting: number;
  readonly delivered: number;
  /** Messages that it will never take. */
  readonly refused: number;
  readonly failures: Readonly<Record<string, number>>;
  /** Unix milliseconds. */
  readonly lastDeliveredAt: number | null;
  readonly lastFailure: { readonly at: number; readonly fault: string; readonly message: string } | null;
}

export interface WebhookOptions {
  readonly plan: WebhookPlan;
  readonly clock: Clock;
  readonly random: Random;
  readonly alarms: () => readonly Alarm[];
  /** These were told, now: remember it. */
  readonly onTold: (webhook: string, items: readonly NewsItem[], atMs: number) => void;
  readonly tell: { info(message: string): void; warn(message: string): void };
}

export interface Webhook {
  /** Send what is due, if nothing is under way. */
  turn(pace: Pace): void;
  state(): WebhookState;
  /** When nothing is under way. */
  idle(): Promise<void>;
  /** Let what is under way end, for so long. */
  stop(deadlineMs: number): Promise<void>;
}

const WAIT_MS_MAX = 300_000;
/** Messages in a row before the rate holds. */
const BURST = 10;
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 422]);

export function createWebhook({ plan, clock, random, alarms, onTold, tell }: WebhookOptions): Webhook {
  const format: AlarmFormat = ALARM_FORMATS[plan.format];
  const url = new URL(plan.url);
  const path = format.sends === 'state' && url.pathname === '/' ? format.path : url.pathname + url.search;
  const client = createHttpClient(url.origin, plan.tls, plan.timeoutMs, 1);
  const allowance = createAllowance(BURST, plan.perHour / 3_600_000, clock);
  const halt = new AbortController();
  const counts = { delivered: 0, refused: 0, failures: {} as Record<string, number> };
  let underWay: Promise<void> | null = null;
  let failuresInRow = 0;
  let notBefore = 0;
  let stateSentAt = Number.NEGATIVE_INFINITY;
  let waiting = 0;
  let lastDeliveredAt: number | null = null;
  let lastFailure: WebhookState['lastFailure'] = null;

  /** @returns whether the receiver is done with the message @throws NoAnswer */
  async function send(id: string, { contentType, body }: Message): Promise<void> {
    const signed = plan.secret === null ? {} : signatureHeaders(plan.secret, id, clock.wall(), body);
    const headers = { 'content-type': contentType, 'user-agent': 'headgate', ...signed, ...plan.headers };
    const answer = await client.ask({ method: 'POST', path, headers, body }, halt.signal);
    if (answer.status >= 200 && answer.status < 300) {
      counts.delivered++;
      lastDeliveredAt = clock.wall();
      if (failuresInRow > 0) tell.info('it takes messages again');
      failuresInRow = 0;
      return;
    }
    const problem = `${url.origin} answered ${answer.status}`;
    if (REFUSALS.has(answer.status)) {
      counts.refused++;
      lastFailure = { at: clock.wall(), fault: 'refused', message: problem };
      tell.warn(`a message was refused for good: ${problem}; it is passed over`);
      return;
    }
    const after = Number(answer.headers['retry-after']);
    if (after > 0) notBefore = clock.now() + Math.min(after * 1000, WAIT_MS_MAX);
    throw new NoAnswer(faultOfStatus(answer.status) ?? 'status', problem);
  }

  async function sendNews(pace: Pace, composing: Extract<AlarmFormat, { sends: 'news' }>): Promise<void> {
    const allowed = allowance.left();
    const { notices, passed, waiting: all } = newsFor(alarms(), plan, pace, Math.max(1, allowed), clock.wall());
    waiting = all;
    if (passed.length > 0) onTold(plan.name, passed, clock.wall());
    for (const notice of notices) {
      if (!allowance.take()) return;
      await send(notice.id, composing.compose(notice, clock.wall()));
      onTold(plan.name, notice.items, clock.wall());
      waiting = Math.max(0, waiting - notice.items.length);
    }
  }

  async function sendState(composing: StateFormat): Promise<void> {
    const items = alarms().flatMap((alarm) => stateItem(alarm) ?? []);
    const fresh = items.filter(({ alarm, told }) => {
      const known = alarm.told[plan.name];
      return known?.of !== told.of || known.episode !== told.episode;
    });
    waiting = fresh.length;
    const isDue = items.length > 0 && clock.now() - stateSentAt >= composing.repeatMs;
    if (fresh.length === 0 && !isDue) return;
    for (let from = 0; from < items.length; from += composing.alarmsMax) {
      const part = items.slice(from, from + composing.alarmsMax);
      const all = part.map(({ alarm }) => alarm);
      await send(`${Math.floor(clock.wall())}-${from}`, composing.compose(all, clock.wall()));
      const news = part.filter((item) => fresh.includes(item));
      if (news.length > 0) onTold(plan.name, news, clock.wall());
    }
    waiting = 0;
    stateSentAt = clock.now();
  }

  /** What is open, and what has ended since the receiver heard of it. */
  function stateItem(alarm: Alarm): NewsItem | null {
    if (!concerns(alarm, plan) || !plan.events.includes(beginOf(alarm.kind))) return null;
    if (alarm.state !== 'resolved') return { alarm, told: { episode: alarm.episode, of: 'opened' } };
    const known = alarm.told[plan.name];
    return known?.of === 'opened' ? { alarm, told: { episode: alarm.episode, of: 'resolved' } } : null;
  }

  function fail(error: unknown): void {
    const fault: HttpFault | 'other' = error instanceof NoAnswer ? error.fault : 'other';
    const message = error instanceof Error ? error.message : String(error);
    counts.failures[fault] = (counts.failures[fault] ?? 0) + 1;
    lastFailure = { at: clock.wall(), fault, message };
    failuresInRow++;
    notBefore = Math.max(notBefore, clock.now() + waitMs(failuresInRow, random, WAIT_MS_MAX));
    if (failuresInRow === 1) tell.warn(`an alarm was not delivered (${fault}): ${message}; it is tried again`);
  }

  return {
    turn(pace) {
      if (underWay !== null || halt.signal.aborted || clock.now() < notBefore) return;
      const sending = format.sends === 'news' ? sendNews(pace, format) : sendState(format);
      underWay = sending.catch(fail).finally(() => {
        underWay = null;
      });
    },
    state: () => ({
      name: plan.name,
      format: plan.format,
      host: url.origin,
      state: failuresInRow > 0 ? 'failing' : 'idle',
      waiting,
      delivered: counts.delivered,
      refused: counts.refused,
      failures: { ...counts.failures },
      lastDeliveredAt,
      lastFailure,
    }),
    idle: async () => {
      await underWay;
    },
    async stop(deadlineMs) {
      const late = setTimeout(() => halt.abort(), deadlineMs);
      await underWay;
      clearTimeout(late);
      halt.abort();
      await client.close();
    },
  };
}
