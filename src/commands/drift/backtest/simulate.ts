// Observations of the past through the drift engine, its clock standing at each moment where a tick ended then: which alarms these
// settings would have raised, and how many messages webhooks would have been sent. The engine and the news are those of the gate.

import { createAlarmBook } from '../../../alarms/alarm-book.ts';
import { newsFor, type Pace } from '../../../alarms/news.ts';
import type { AlarmEventName, ModelPlan } from '../../../config/plan.ts';
import type { Baseline } from '../../../drift/baseline/baseline.ts';
import { createDriftEngine, type Observation } from '../../../drift/engine.ts';
import type { DriftChange } from '../../../drift/verdict/drift-change.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { sightingsOf } from '../../../monitor/sightings.ts';

export interface BacktestAlarm {
  readonly feature: string;
  readonly side: 'request' | 'response';
  readonly version: string;
  readonly role: string;
  /** Unix milliseconds: when it would have been raised, and when what was found began. */
  readonly atMs: number;
  readonly sinceMs: number;
  /** null: still open at the end. */
  readonly resolvedMs: number | null;
  readonly evidence: number;
  readonly psi: number | null;
  readonly cause: string | null;
}

export interface Simulated {
  /** Of all that were raised, the first ones. */
  readonly listed: readonly BacktestAlarm[];
  readonly alarms: number;
  /** Times that a version's data stopped. */
  readonly gaps: number;
  /** Messages of the beginnings and ends of drift. */
  readonly messages: number;
  readonly calls: number;
  readonly rows: number;
  /** Of all versions and roles. */
  readonly columns: number;
}

/** The gate that is replayed, but for the model. */
export interface BacktestGate {
  readonly pace: Pace;
  readonly alarmsPerWeek: number;
  /** Columns of the whole gate, which share the budget; 0: the model's own. */
  readonly columns: number;
}

/** More are counted and no longer listed. */
const LISTED_MAX = 10_000;

const EVENTS: readonly AlarmEventName[] = ['drift.confirmed', 'drift.resolved'];
const LISTENER = { name: 'backtest', models: null, events: EVENTS };

/** @param onProgress told of the time that the replay has reached, now and then */
export async function simulate(
  observations: AsyncIterable<Observation>,
  model: ModelPlan,
  baseline: Baseline | null,
  { pace, alarmsPerWeek, columns }: BacktestGate,
  onProgress: (atMs: number, calls: number) => void,
  listedMax = LISTED_MAX,
): Promise<Simulated> {
  const { tickMs } = model.drift;
  let nowMs = 0;
  const clock: Clock = { now: () => nowMs, wall: () => nowMs };
  const listed: { -readonly [Key in keyof BacktestAlarm]: BacktestAlarm[Key] }[] = [];
  const open = new Map<string, (typeof listed)[number]>();
  let ids = 0;
  const book = createAlarmBook([], { newId: () => String(ids++) });
  const totals = { alarms: 0, gaps: 0, messages: 0, calls: 0, rows: 0 };

  function onChange(change: DriftChange): void {
    const { feature, side, version, role, at, since, evidence, psi, hint } = change;
    for (const sighting of sightingsOf(change)) {
      const seen = book.see(sighting);
      if (seen === null) continue;
      if (sighting.kind === 'gap') {
        if (sighting.is === 'on') totals.gaps++;
        continue;
      }
      const key = `${side} ${role} ${version} ${feature}`;
      const known = open.get(key);
      if (sighting.is === 'off') {
        if (known !== undefined) known.resolvedMs = at;
        open.delete(key);
        continue;
      }
      totals.alarms++;
      if (listed.length < listedMax) {
        const raised = { feature, side, version, role, atMs: at, sinceMs: since, evidence, psi };
        const alarm = { ...raised, resolvedMs: null, cause: hint };
        listed.push(alarm);
        open.set(key, alarm);
      }
    }
  }

  const engine = createDriftEngine({ clock, alarmsPerWeek, columnsShared: columns, onChange });
  engine.configure(model, baseline);

  function endTick(): void {
    nowMs += tickMs;
    engine.tick();
    const { notices, passed } = newsFor(book.all(), LISTENER, pace, Number.POSITIVE_INFINITY, nowMs);
    totals.messages += notices.length;
    for (const { alarm, told } of [...notices.flatMap(({ items }) => items), ...passed])
      alarm.told[LISTENER.name] = { ...told, at: nowMs };
  }

  for await (const observation of observations) {
    if (totals.calls === 0) {
      nowMs = Math.floor(observation.at / tickMs) * tickMs;
      engine.tick();
    }
    while (observation.at >= nowMs + tickMs) endTick();
    engine.observe(observation);
    totals.calls++;
    totals.rows += Math.max(observation.request?.rows ?? 0, observation.response?.rows ?? 0);
    if (totals.calls % PROGRESS_CALLS === 0) onProgress(observation.at, totals.calls);
  }
  if (totals.calls > 0) endTick();
  return { listed, ...totals, columns: engine.counters().streams };
}

const PROGRESS_CALLS = 4096;
