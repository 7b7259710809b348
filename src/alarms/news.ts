// What a webhook has yet to be told. Nothing is queued: news is the difference between an alarm and what the webhook knows of it, so
// that what begins and ends while nobody can be reached costs nothing, and nothing is lost. News of one model is one notice per
// event; where more models have news than may be told of, one notice holds them all.

import { createHash } from 'node:crypto';
import type { AlarmsPlan, WebhookPlan } from '../config/plan.ts';
import { type Alarm, type AlarmEvent, beginOf, endOf, type Told } from './alarm.ts';

export interface Notice {
  /** The same for the same news: a receiver knows what it has by it. */
  readonly id: string;
  readonly event: AlarmEvent;
  /** null: of several models. */
  readonly model: string | null;
  readonly items: readonly NewsItem[];
}

export interface NewsItem {
  readonly alarm: Alarm;
  /** What the webhook knows once it has been told. */
  readonly told: Omit<Told, 'at'>;
}

export interface News {
  /** That may be told now. */
  readonly notices: readonly Notice[];
  /** What this webhook is not told of, and is done with. */
  readonly passed: readonly NewsItem[];
  /** Alarms with news, those that wait for their time included. */
  readonly waiting: number;
}

export type Pace = Pick<AlarmsPlan, 'groupMs' | 'cooldownMs' | 'remindMs'>;
type Listener = Pick<WebhookPlan, 'name' | 'models' | 'events'>;

/** @param noticesMax that may be told now, at least 1 */
export function newsFor(
  alarms: readonly Alarm[],
  listener: Listener,
  pace: Pace,
  noticesMax: number,
  nowMs: number,
): News {
  const due = new Map<string, { event: AlarmEvent; model: string; items: NewsItem[] }>();
  const passed: NewsItem[] = [];
  const heard = lastHeard(alarms, listener.name);
  let waiting = 0;
  for (const alarm of alarms) {
    if (!concerns(alarm, listener)) continue;
    const found = newsOf(alarm, alarm.told[listener.name], pace, nowMs);
    if (found === null) continue;
    const { event, told, isDue } = found;
    const item = { alarm, told };
    if (event === null || !listener.events.includes(event)) {
      passed.push(item);
      continue;
    }
    waiting++;
    if (!isDue || nowMs - (heard.get(alarm.model) ?? Number.NEGATIVE_INFINITY) < pace.groupMs) continue;
    const key = `${event} ${alarm.model}`;
    const group = due.get(key) ?? { event, model: alarm.model, items: [] };
    group.items.push(item);
    due.set(key, group);
  }
  const groups = [...due.values()];
  const notices = groups.length <= noticesMax ? groups.map(noticeOf) : digests(groups);
  return { notices, passed, waiting };
}

export const concerns = ({ model }: Alarm, { models }: Pick<WebhookPlan, 'models'>): boolean =>
  models === null || models.includes(model);

interface Found {
  /** null: nothing to say, but to remember. */
  readonly event: AlarmEvent | null;
  readonly told: Omit<Told, 'at'>;
  readonly isDue: boolean;
}

function newsOf(alarm: Alarm, told: Told | undefined, { cooldownMs, remindMs }: Pace, nowMs: number): Found | null {
  const { episode, kind, state } = alarm;
  if (state === 'resolved') {
    // Who has not heard of its beginning is not troubled with its end.
    return told?.of === 'opened'
      ? { event: endOf(kind), told: { episode: told.episode, of: 'resolved' }, isDue: true }
      : null;
  }
  const opened = { episode, of: 'opened' } as const;
  if (state === 'snoozed') return null;
  if (told === undefined) return { event: beginOf(kind), told: opened, isDue: true };
  if (told.of === 'resolved') return { event: beginOf(kind), told: opened, isDue: nowMs - told.at >= cooldownMs };
  // It ended and began again between two messages: for the webhook it never ended.
  if (told.episode !== episode) return { event: null, told: opened, isDue: true };
  const isReminder = state === 'open' && remindMs !== null && nowMs - told.at >= remindMs;
  return isReminder ? { event: 'alarm.ongoing', told: opened, isDue: true } : null;
}

/** When a webhook last heard of each model. */
function lastHeard(alarms: readonly Alarm[], webhook: string): ReadonlyMap<string, number> {
  const heard = new Map<string, number>();
  for (const { model, told } of alarms) {
    const at = told[webhook]?.at;
    if (at !== undefined && at > (heard.get(model) ?? 0)) heard.set(model, at);
  }
  return heard;
}

interface Group {
  readonly event: AlarmEvent;
  readonly model: string | null;
  readonly items: readonly NewsItem[];
}

function digests(groups: readonly Group[]): Notice[] {
  return [...Map.groupBy(groups, ({ event }) => event)].map(([event, all]) => {
    const model = all.length === 1 ? (all[0]?.model ?? null) : null;
    return noticeOf({ event, model, items: all.flatMap(({ items }) => items) });
  });
}

function noticeOf({ event, model, items }: Group): Notice {
  // A reminder differs from the one before it by when that was told.
  const names = items.map(({ alarm, told }) => `${alarm.id} ${told.episode} ${remindedFrom(event, alarm)}`).sort();
  const digest = createHash('sha256')
    .update(`${event}\n${names.join('\n')}`)
    .digest('hex')
    .slice(0, 32);
  return { id: digest, event, model, items };
}

function remindedFrom(event: AlarmEvent, { told }: Alarm): number {
  return event === 'alarm.ongoing' ? Math.max(0, ...Object.values(told).map(({ at }) => at)) : 0;
}
