// The alarms of a gate as one thing: sightings go in, people act on them, webhooks are told, and all of it is on disk soon after it
// changed. The monitor calls `tick` once a second; nothing here waits for a receiver.

import type { AlarmsPlan, WebhookPlan } from '../config/plan.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import type { Alarm, AlarmSubject, Sighting } from './alarm.ts';
import { type AlarmCounts, createAlarmBook, isOver } from './alarm-book.ts';
import { type AlarmJson, alarmJson } from './formats/alarm-json.ts';
import { lineOf, sentenceOf } from './sentence.ts';
import { readAlarms, writeAlarms } from './state-file.ts';
import { createWebhook, type Webhook, type WebhookState } from './webhook.ts';

export interface AlarmsOptions {
  /** Folder of the gate's data. */
  readonly data: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly newId: (atMs: number) => string;
  readonly log: { info(about: object, message: string): void; warn(about: object, message: string): void };
}

export interface AlarmView extends AlarmJson {
  readonly sentence: string;
  /** By webhook: what it was told last, and when (ISO). */
  readonly told: Readonly<Record<string, { readonly of: string; readonly at: string }>>;
}

export interface AlarmNumbers extends AlarmCounts {
  readonly open: readonly { readonly model: string; readonly kind: string; readonly count: number }[];
  readonly webhooks: readonly WebhookState[];
  /** Attempts to write the file that failed. */
  readonly unsaved: number;
}

export interface Alarms {
  see(sighting: Sighting): void;
  /** The cause of an alarm that is open has become another or clearer: shown and sent from now on, and nobody is told for that. */
  explain(sighting: Sighting): void;
  /** Tell exactly these from now on; alarms of what `isWatched` does not know any more are closed. */
  apply(plan: AlarmsPlan, isWatched: (subject: AlarmSubject) => boolean): void;
  tick(): void;
  list(): readonly AlarmView[];
  open(): readonly Alarm[];
  acknowledge(id: string, by: string | null, note: string | null): AlarmView | undefined;
  snooze(id: string, forMs: number, by: string | null, note: string | null): AlarmView | undefined;
  resolve(id: string, by: string | null, note: string | null): AlarmView | undefined;
  numbers(): AlarmNumbers;
  /** When nothing is being sent or written. */
  idle(): Promise<void>;
  /** Whoever is being told is told to the end, within a bound; then all is on disk. */
  stop(): Promise<void>;
}

const STOP_MS = 2000;
/** How long what is over is shown, and remembered for whoever was told of it. */
const KEEP_MS = 7 * 86_400_000;
const SAVE_AGAIN_MS = 10_000;

/** @throws the error of the file system where the alarms on disk cannot be reached */
export async function createAlarms(options: AlarmsOptions): Promise<Alarms> {
  const { data, clock, random, newId, log } = options;
  const known = await readAlarms(data, (message) => log.warn({}, message));
  const book = createAlarmBook(known, { newId });
  const webhooks = new Map<string, { readonly written: string; readonly webhook: Webhook }>();
  const leaving = new Set<Promise<void>>();
  let pace: AlarmsPlan = { groupMs: 0, cooldownMs: 0, remindMs: null, webhooks: [] };
  let isDirty = false;
  let saving: Promise<void> | null = null;
  let saveNotBefore = 0;
  let unsaved = 0;

  function start(plan: WebhookPlan): Webhook {
    const about = { webhook: plan.name, format: plan.format };
    return createWebhook({
      plan,
      clock,
      random,
      alarms: book.all,
      onTold(name, items, atMs) {
        for (const { alarm, told } of items) alarm.told[name] = { ...told, at: atMs };
        isDirty = true;
      },
      tell: { info: (message) => log.info(about, message), warn: (message) => log.warn(about, message) },
    });
  }

  function save(): void {
    if (saving !== null || !isDirty || clock.now() < saveNotBefore) return;
    isDirty = false;
    saving = writeAlarms(data, book.all())
      .catch((error: unknown) => {
        isDirty = true;
        unsaved++;
        saveNotBefore = clock.now() + SAVE_AGAIN_MS;
        const why = error instanceof Error ? error.message : String(error);
        log.warn({}, `the alarms are not on disk: ${why}; after a restart some may be told again. It is tried again`);
      })
      .finally(() => {
        saving = null;
      });
  }

  function viewOf(alarm: Alarm | undefined): AlarmView | undefined {
    if (alarm === undefined) return undefined;
    const told = Object.entries(alarm.told).map(([name, { of, at }]) => [name, { of, at: new Date(at).toISOString() }]);
    return { ...alarmJson(alarm), sentence: sentenceOf(alarm), told: Object.fromEntries(told) };
  }

  function changed(alarm: Alarm | undefined): AlarmView | undefined {
    if (alarm !== undefined) isDirty = true;
    return viewOf(alarm);
  }

  return {
    see(sighting) {
      const alarm = book.see(sighting);
      isDirty = true;
      if (alarm === null) return;
      const { id, kind, model, version, feature } = alarm;
      log.warn({ alarm: id, kind, model, version, feature, state: alarm.state }, lineOf(alarm));
    },
    explain(sighting) {
      if (book.explain(sighting)) isDirty = true;
    },
    apply(plan, isWatched) {
      pace = plan;
      const wanted = new Map(plan.webhooks.map((one) => [one.name, one]));
      for (const [name, { written, webhook }] of webhooks) {
        const next = wanted.get(name);
        if (next !== undefined && JSON.stringify(next) === written) continue;
        webhooks.delete(name);
        const gone: Promise<void> = webhook.stop(STOP_MS).finally(() => leaving.delete(gone));
        leaving.add(gone);
      }
      for (const next of plan.webhooks) {
        if (!webhooks.has(next.name)) webhooks.set(next.name, { written: JSON.stringify(next), webhook: start(next) });
      }
      for (const alarm of book.all()) {
        for (const name of Object.keys(alarm.told)) {
          if (wanted.has(name)) continue;
          delete alarm.told[name];
          isDirty = true;
        }
        if (isOver(alarm) || isWatched(alarm)) continue;
        book.resolve(alarm.id, clock.wall(), 'it is not watched any more');
        isDirty = true;
      }
    },
    tick() {
      if (book.sweep(clock.wall(), KEEP_MS)) isDirty = true;
      for (const { webhook } of webhooks.values()) webhook.turn(pace);
      save();
    },
    list: () => book.all().flatMap((alarm) => viewOf(alarm) ?? []),
    open: () => book.all().filter((alarm) => !isOver(alarm)),
    acknowledge: (id, by, note) => changed(book.acknowledge(id, by, note)),
    snooze: (id, forMs, by, note) => changed(book.snooze(id, clock.wall() + forMs, by, note)),
    resolve: (id, by, note) =>
      changed(book.resolve(id, clock.wall(), ['by hand', by, note].filter((text) => text !== null).join(', '))),
    numbers() {
      const open = Map.groupBy(
        book.all().filter((alarm) => !isOver(alarm)),
        ({ model, kind }) => `${kind} ${model}`,
      );
      return {
        ...book.counts,
        open: [...open.values()].map((all) => ({
          model: all[0]?.model ?? '',
          kind: all[0]?.kind ?? '',
          count: all.length,
        })),
        webhooks: [...webhooks.values()].map(({ webhook }) => webhook.state()),
        unsaved,
      };
    },
    async idle() {
      await Promise.all([...webhooks.values()].map(({ webhook }) => webhook.idle()));
      await saving;
    },
    async stop() {
      await Promise.all([...[...webhooks.values()].map(({ webhook }) => webhook.stop(STOP_MS)), ...leaving]);
      await saving;
      saveNotBefore = 0;
      save();
      await saving;
    },
  };
}
