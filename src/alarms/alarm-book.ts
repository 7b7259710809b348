// The alarms there are and what becomes of them: opened by the first sighting of its kind and column, still open for all that follow,
// acknowledged or snoozed by people, resolved when the finding ends. One alarm per kind, model, version, role and column; opened
// again soon after its end it is the same alarm. Bounded: beyond, sightings are refused and counted. Telling others is news.ts's.

import { type Alarm, type AlarmKind, keyOf, type Sighting } from './alarm.ts';

export interface AlarmBookOptions {
  readonly newId: (atMs: number) => string;
  /** Alarms held, resolved ones included: about 1 KB each. */
  readonly alarmsMax?: number;
}

/** Since the start of the process. */
export interface AlarmCounts {
  readonly opened: Readonly<Record<AlarmKind, number>>;
  readonly resolved: Readonly<Record<AlarmKind, number>>;
  /** Sightings that found no room. */
  readonly refused: number;
}

export interface AlarmBook {
  /** @returns the alarm it concerns, null where nothing has changed */
  see(sighting: Sighting): Alarm | null;
  /** What is open has this cause now; what is over stays over. @returns whether anything has changed */
  explain(sighting: Sighting): boolean;
  acknowledge(id: string, by: string | null, note: string | null): Alarm | undefined;
  snooze(id: string, untilMs: number, by: string | null, note: string | null): Alarm | undefined;
  /** End an alarm by hand, or since nobody watches its column any more. */
  resolve(id: string, atMs: number, ending: string): Alarm | undefined;
  /** Snoozes that are over end; alarms resolved for longer than `keepMs` are forgotten. @returns whether anything has changed */
  sweep(nowMs: number, keepMs: number): boolean;
  find(id: string): Alarm | undefined;
  all(): readonly Alarm[];
  readonly counts: AlarmCounts;
}

export const isOver = ({ state }: Alarm): boolean => state === 'resolved';

/** @param known alarms of an earlier process */
export function createAlarmBook(known: readonly Alarm[], options: AlarmBookOptions): AlarmBook {
  const { newId, alarmsMax = 20_000 } = options;
  const byKey = new Map(known.map((alarm) => [keyOf(alarm), alarm]));
  const byId = new Map(known.map((alarm) => [alarm.id, alarm]));
  const opened = { drift: 0, gap: 0, quality: 0 };
  const resolved = { drift: 0, gap: 0, quality: 0 };
  let refused = 0;

  function add(key: string, sighting: Sighting): Alarm | null {
    if (byKey.size >= alarmsMax && !makeRoom()) {
      refused++;
      return null;
    }
    const { kind, model, version, role, side, feature, at, since, evidence, psi, cause } = sighting;
    const alarm: Alarm = {
      id: newId(at),
      kind,
      model,
      version,
      role,
      side,
      feature,
      state: 'open',
      episode: 1,
      openedAt: at,
      since,
      resolvedAt: null,
      ending: null,
      evidence,
      psi,
      cause,
      by: null,
      note: null,
      snoozedUntil: null,
      told: {},
    };
    byKey.set(key, alarm);
    byId.set(alarm.id, alarm);
    opened[kind]++;
    return alarm;
  }

  /** The alarm that was resolved first makes room for a new one. */
  function makeRoom(): boolean {
    let oldest: Alarm | null = null;
    for (const alarm of byKey.values()) {
      if (isOver(alarm) && (oldest === null || (alarm.resolvedAt ?? 0) < (oldest.resolvedAt ?? 0))) oldest = alarm;
    }
    if (oldest === null) return false;
    forget(oldest);
    return true;
  }

  function forget(alarm: Alarm): void {
    byKey.delete(keyOf(alarm));
    byId.delete(alarm.id);
  }

  function reopen(alarm: Alarm, { kind, at, since, evidence, psi, cause }: Sighting): Alarm {
    const fresh = { state: 'open', openedAt: at, since, resolvedAt: null, ending: null, evidence, psi, cause } as const;
    Object.assign(alarm, fresh, { episode: alarm.episode + 1, by: null, note: null, snoozedUntil: null });
    opened[kind]++;
    return alarm;
  }

  function end(alarm: Alarm, atMs: number, ending: string | null): Alarm {
    Object.assign(alarm, { state: 'resolved', resolvedAt: atMs, ending, snoozedUntil: null });
    resolved[alarm.kind]++;
    return alarm;
  }

  function openById(id: string): Alarm | undefined {
    const alarm = byId.get(id);
    return alarm === undefined || isOver(alarm) ? undefined : alarm;
  }

  return {
    see(sighting) {
      const key = keyOf(sighting);
      const alarm = byKey.get(key);
      if (sighting.is === 'off') return alarm === undefined || isOver(alarm) ? null : end(alarm, sighting.at, null);
      if (alarm === undefined) return add(key, sighting);
      if (isOver(alarm)) return reopen(alarm, sighting);
      // Found anew by a process that began after the alarm did: what is known of its beginning stays.
      alarm.evidence = Math.max(alarm.evidence, sighting.evidence);
      alarm.psi = sighting.psi ?? alarm.psi;
      alarm.cause = sighting.cause ?? alarm.cause;
      return null;
    },
    explain(sighting) {
      const alarm = byKey.get(keyOf(sighting));
      if (alarm === undefined || isOver(alarm) || sighting.cause === null) return false;
      alarm.cause = sighting.cause;
      return true;
    },
    acknowledge(id, by, note) {
      const alarm = openById(id);
      return alarm && Object.assign(alarm, { state: 'acknowledged', by, note, snoozedUntil: null });
    },
    snooze(id, untilMs, by, note) {
      const alarm = openById(id);
      return alarm && Object.assign(alarm, { state: 'snoozed', by, note, snoozedUntil: untilMs });
    },
    resolve(id, atMs, ending) {
      const alarm = openById(id);
      return alarm && end(alarm, atMs, ending);
    },
    sweep(nowMs, keepMs) {
      let isChanged = false;
      for (const alarm of byKey.values()) {
        if (alarm.state === 'snoozed' && (alarm.snoozedUntil ?? 0) <= nowMs) {
          Object.assign(alarm, { state: 'open', snoozedUntil: null });
          isChanged = true;
        } else if (isOver(alarm) && nowMs - (alarm.resolvedAt ?? 0) > keepMs) {
          forget(alarm);
          isChanged = true;
        }
      }
      return isChanged;
    },
    find: (id) => byId.get(id),
    all: () => [...byKey.values()],
    counts: {
      opened,
      resolved,
      get refused() {
        return refused;
      },
    },
  };
}
