// Drift of every feature and prediction, per version and role: exact counts on bins frozen from a baseline, in tick cells, judged
// tick by tick against one budget of false alarms for all (verdict/). State lives in memory; what `save` gives of it, the next process
// may go on from. Everything is bounded, and what is left out is counted.

import type { ModelPlan } from '../config/plan.ts';
import type { Clock } from '../kernel/clock.ts';
import { createSeededRandom, type Random } from '../kernel/random.ts';
import type { Role } from '../model.ts';
import type { Table } from '../protocols/protocol.ts';
import { type AwaitingChampion, createAwaitingChampion } from './baseline/awaiting-champion.ts';
import { type Baseline, referencesOf, type Side } from './baseline/baseline.ts';
import { awaitsChampion, championReference } from './baseline/champion-reference.ts';
import { createProvisional, type Provisional } from './baseline/provisional.ts';
import type { Reference } from './baseline/reference.ts';
import { causeView, hintOf } from './cause/cause.ts';
import { createExplainer, type Explainer } from './cause/explain.ts';
import { type PredictionCause, predictionView } from './cause/prediction-cause.ts';
import { createToldCauses } from './cause/told-causes.ts';
import { loadGroup } from './counts/saved-group.ts';
import { createStreamGroup, type GroupKey, type Source, type Stream, type StreamGroup } from './counts/stream-group.ts';
import { coveredBy } from './counts/windows.ts';
import { createJointWatches } from './joint/joint-watches.ts';
import { isPlanned } from './planned-roles.ts';
import { type AskedReport, type DriftView, driftView, type ModelDriftSummary, summarise } from './report.ts';
import { createSchemaCheck, type SchemaCheck, type SchemaFinding, type SchemaKind } from './schema/schema-check.ts';
import { loadProvisional } from './state/saved-baseline.ts';
import { type SavedModel, saveModel } from './state/saved-model.ts';
import { logThreshold } from './verdict/budget.ts';
import type { DriftChange } from './verdict/drift-change.ts';
import { judgeGroup } from './verdict/judge-group.ts';
import { type DriftStatus, isSilent } from './verdict/verdict.ts';

export interface DriftOptions {
  readonly clock: Clock;
  /** Columns watched per version, role and side; further ones are refused. */
  readonly featuresMax?: number;
  /** Streams in all models together; about 1.5 KB each. */
  readonly streamsMax?: number;
  /** Draws the rows that are sampled; seeded by itself where none is given. */
  readonly random?: Random;
  /** Ticks of a window. */
  readonly windowTicks?: number;
  /** A version and role without rows for so many ticks is forgotten; unless given, after a day and a half. */
  readonly idleTicks?: number;
  /** Told of rows that break the schema of their baseline, once when it is found, within `tick`. */
  readonly onSchema?: (model: string, group: GroupKey, finding: SchemaFinding) => void;
  /** False alarms a week that all streams together may raise, 1 unless given; see `allow`. */
  readonly alarmsPerWeek?: number;
  /** Columns among which that budget is shared, where this engine sees a part of them only; its own ones if they are more. */
  readonly columnsShared?: number;
  /** Told of every column whose status changes, within `tick`. */
  readonly onChange?: (change: DriftChange) => void;
  /** Told of a column that drifts as before, where its cause has become another or clearer than what was told of it. */
  readonly onCause?: (change: DriftChange) => void;
}

/** The rows of one decision: what was asked and what was answered, side by side where both could be read. */
export interface Observation {
  readonly model: string;
  readonly version: string;
  readonly role: Role;
  /** Unix milliseconds of the decision. */
  readonly at: number;
  /** Who asked, as far as is known; empty where it is not. */
  readonly caller: string;
  readonly request: Table | null;
  readonly response: Table | null;
}

/** Since the start. */
export interface DriftCounters {
  readonly rows: number;
  /** Rows of a tick that is no longer held, and of models nobody configured. */
  readonly rowsLate: number;
  readonly rowsUnknownModel: number;
  /** Columns of a call that were left out: over a bound, or not in the baseline file. */
  readonly columnsRefused: number;
  readonly columnsUnknown: number;
  readonly groupsEvicted: number;
  /** Times that the clock of a model went back by more than a tick. */
  readonly clockJumps: number;
  /** Now. */
  readonly streams: number;
  /** Of these, columns of challengers that wait for the champion's first rows. */
  readonly awaiting: number;
}

export interface ColumnIndex {
  readonly model: string;
  readonly version: string;
  readonly feature: string;
  readonly side: Side;
  readonly psi: number;
}

export interface SchemaCount {
  readonly model: string;
  readonly version: string;
  readonly kind: SchemaKind;
  readonly count: number;
}

export interface DriftEngine {
  /** Watch a model. Its counts survive, unless its baseline, tick or provisional rows have changed. */
  configure(model: ModelPlan, baseline: Baseline | null): void;
  /** From now on all streams together may raise so many false alarms a week. */
  allow(alarmsPerWeek: number): void;
  /** Forget all models but these. */
  retain(models: Iterable<string>): void;
  observe(observation: Observation): void;
  /** Hold new rows against the schema, and judge the ticks that have ended, a part of many at a time: call it once a second. */
  tick(): void;
  /** @param asked what to show besides; distances are worked out for this one answer */
  report(model: string, asked?: AskedReport): DriftView | undefined;
  summary(model: string): ModelDriftSummary | undefined;
  /** The PSI of every column that has one, as last judged: for a scrape, which wants none of the rest. */
  indices(): readonly ColumnIndex[];
  /** How many breaches of the schema hold now, by model, version and kind. */
  schemaCounts(): readonly SchemaCount[];
  counters(): DriftCounters;
  /** Models under watch. */
  models(): readonly string[];
  /** What is known of a model, as plain data. */
  save(model: string): SavedModel | undefined;
  /**
   * Go on from what was saved, as soon as these models are configured; a model whose baseline, tick or provisional rows have changed
   * since starts anew.
   */
  restore(models: readonly SavedModel[]): void;
  /** Let go of what was handed to `restore` and of no use. @returns names of models that started anew */
  restored(): readonly string[];
}

/** All columns, without distances. */
const EVERYTHING: AskedReport = { distances: null, features: null };

/** As long as the longest window may reach back. */
const IDLE_MS = 36 * 3_600_000;

/** One model under watch. */
interface Watch {
  readonly name: string;
  /** What, when changed, makes the counts start over. */
  readonly basis: string;
  readonly baseline: Baseline | null;
  /** The version that the others are measured against; null: all have the baseline. */
  readonly champion: string | null;
  /** Columns that wait until the champion's has its first rows. */
  readonly awaiting: AwaitingChampion;
  readonly tickMs: number;
  readonly provisionalRows: number;
  tolerance: number;
  judgedTick: number;
  /** The latest tick that the clock has reached. */
  latestTick: number;
  /** Whether any row ever came: then no rows means unknown, not warming. */
  seen: boolean;
  /** Unix milliseconds of the snapshot from which the watch went on; null where it began by itself. */
  resumedFrom: number | null;
  readonly groups: Map<string, StreamGroup>;
  /** By the key of their group. */
  readonly checks: Map<string, SchemaCheck>;
  readonly explainer: Explainer;
  /** Of `groups`, those that were asked for last. */
  readonly recent: StreamGroup[];
  /** By version: baselines in the making, by side and column; the version's roles share them. */
  readonly provisionals: Map<string, Record<Side, Map<string, Provisional>>>;
}

/** Columns held against their schema in one call of `tick`: some ten milliseconds. */
const SCHEMA_STREAMS_MAX = 10_000;

/** Versions, roles and sides of a model that most have. */
const RECENT_MAX = 8;

const keyOf = ({ version, role, side }: GroupKey): string => `${side} ${role} ${version}`;

/** Streams judged in one go, at some five microseconds each. */
const SLICE_STREAMS = 2000;

/** A tick of a group that has ended and is not judged yet. */
interface Unjudged {
  readonly watch: Watch;
  readonly key: string;
  readonly group: StreamGroup;
  readonly index: number;
}

export function createDriftEngine(options: DriftOptions): DriftEngine {
  const { clock, featuresMax = 1000, streamsMax = 60_000, windowTicks = 5, onChange, onCause, onSchema } = options;
  const { random = createSeededRandom(1) } = options;
  const watches = new Map<string, Watch>();
  let schemaTurn = 1;
  const joint = createJointWatches();
  const told = createToldCauses(windowTicks);
  /** Saved models that are not configured yet. */
  const waiting = new Map<string, SavedModel>();
  /** Ticks that have ended and are not judged yet, in order. */
  const unjudged: Unjudged[] = [];
  let alarmsPerWeek = options.alarmsPerWeek ?? 1;
  const counters = {
    rows: 0,
    rowsLate: 0,
    rowsUnknownModel: 0,
    columnsRefused: 0,
    columnsUnknown: 0,
    groupsEvicted: 0,
    clockJumps: 0,
    streams: 0,
  };

  /** Log of the evidence that an alarm takes. */
  const thresholdOf = (tickMs: number): number =>
    logThreshold(Math.max(counters.streams, options.columnsShared ?? 0), tickMs, alarmsPerWeek);

  function configure(model: ModelPlan, baseline: Baseline | null): void {
    const { tickMs, provisionalRows, tolerance } = model.drift;
    const champion = model.drift.against === 'champion' ? (model.versions[model.champion]?.name ?? null) : null;
    const paired = champion === null ? '' : ` against ${champion}`;
    const basis = `${tickMs} ${provisionalRows} ${baseline?.digest ?? ''}${paired}`;
    const known = watches.get(model.name);
    if (known?.basis === basis) {
      known.tolerance = tolerance;
      forgetUnplanned(known, model);
      return;
    }
    if (known !== undefined) forget(known);
    const watch = {
      name: model.name,
      basis,
      baseline,
      champion,
      awaiting: createAwaitingChampion(),
      tickMs,
      provisionalRows,
      tolerance,
      judgedTick: -1,
      latestTick: -1,
      seen: false,
    };
    const explainer = createExplainer({ windowTicks, random, surrogates: baseline?.surrogates ?? [] });
    const fresh: Watch = {
      ...watch,
      groups: new Map(),
      checks: new Map(),
      explainer,
      recent: [],
      provisionals: new Map(),
      resumedFrom: null,
    };
    watches.set(model.name, fresh);
    const saved = waiting.get(model.name);
    if (saved?.basis === basis) resume(fresh, model, saved);
  }

  function resume(watch: Watch, model: ModelPlan, saved: SavedModel): void {
    waiting.delete(model.name);
    for (const [version, side, name, one] of saved.provisionals) {
      if (columnsOf(watch, version)[side].size < featuresMax)
        columnsOf(watch, version)[side].set(name, loadProvisional(one));
    }
    for (const one of saved.groups) {
      if (isPlanned(model, one.version, one.role)) counters.columnsRefused += loadGroup(groupByKey(watch, one), one);
    }
    watch.seen = saved.groups.length > 0;
    watch.judgedTick = saved.judgedTick;
    watch.resumedFrom = saved.at;
  }

  function forgetUnplanned(watch: Watch, model: ModelPlan): void {
    for (const [key, group] of watch.groups) {
      if (!isPlanned(model, group.version, group.role)) drop(watch, key, group);
    }
    const versions = new Set(model.versions.map(({ name }) => name));
    for (const version of watch.provisionals.keys()) {
      if (!versions.has(version)) watch.provisionals.delete(version);
    }
  }

  function drop(watch: Watch, key: string, group: StreamGroup): void {
    watch.groups.delete(key);
    watch.checks.delete(key);
    watch.awaiting.forget(key);
    watch.explainer.forget(group);
    watch.recent.length = 0;
    counters.streams -= group.streams.length;
  }

  function forget(watch: Watch): void {
    for (const [key, group] of watch.groups) drop(watch, key, group);
    watches.delete(watch.name);
  }

  /** Columns of a baseline file are the only ones watched on a side that it describes; else the first rows are the baseline. */
  function sourceOf(watch: Watch, { version, role, side }: GroupKey, check: SchemaCheck): Source {
    // Against the champion the bins are the champion's.
    const file = referencesOf(watch.baseline, side, watch.champion ?? version);
    let columns = 0;
    return (name) => {
      const reference = file.get(name) ?? null;
      if (reference === null && file.size > 0) {
        counters.columnsUnknown++;
        check.unknown(name);
        return null;
      }
      const isFull = columns >= featuresMax || counters.streams >= streamsMax;
      const provisional =
        isFull || reference !== null ? null : provisionalOf(watch, watch.champion ?? version, side, name);
      if (isFull || (reference === null && provisional === null)) {
        counters.columnsRefused++;
        return null;
      }
      columns++;
      counters.streams++;
      if (watch.champion === null || watch.champion === version) return { reference, provisional };
      return pairedSource(watch, { version, role, side }, name, reference);
    };
  }

  /** A challenger's column, measured against the champion's rows of the same ticks. */
  function pairedSource(watch: Watch, key: GroupKey, name: string, file: Reference | null): ReturnType<Source> {
    const champion = watch.champion ?? '';
    const { side } = key;
    const pair = {
      name,
      tickMs: watch.tickMs,
      windowTicks,
      judged: () => watch.judgedTick,
      champion: () => watch.groups.get(keyOf({ version: champion, role: 'champion', side })),
      challenger: () => watch.groups.get(keyOf(key)),
    };
    if (file !== null) return { reference: championReference(file, pair), provisional: null };
    const own = () => provisionalOf(watch, champion, side, name)?.reference ?? null;
    const ready = own();
    if (ready !== null) return { reference: championReference(ready, pair), provisional: null };
    const provisional = awaitsChampion();
    watch.awaiting.add(keyOf(key), () => {
      const base = own();
      if (base !== null) provisional.reference = championReference(base, pair);
      return base !== null;
    });
    return { reference: null, provisional };
  }

  function columnsOf(watch: Watch, version: string): Record<Side, Map<string, Provisional>> {
    const known = watch.provisionals.get(version);
    if (known !== undefined) return known;
    const sides = { request: new Map<string, Provisional>(), response: new Map<string, Provisional>() };
    watch.provisionals.set(version, sides);
    return sides;
  }

  function provisionalOf(watch: Watch, version: string, side: Side, name: string): Provisional | null {
    const columns = columnsOf(watch, version)[side];
    let provisional = columns.get(name);
    if (provisional === undefined && columns.size < featuresMax) {
      provisional = createProvisional(watch.provisionalRows);
      columns.set(name, provisional);
    }
    return provisional ?? null;
  }

  function groupOf(watch: Watch, version: string, role: Role, side: Side): StreamGroup {
    // A handful at most: a key made of three words would cost more than the values of a small decision.
    for (let i = 0; i < watch.recent.length; i++) {
      const group = watch.recent[i] as StreamGroup;
      if (group.side === side && group.role === role && group.version === version) return group;
    }
    const group = groupByKey(watch, { version, role, side });
    watch.recent.push(group);
    if (watch.recent.length > RECENT_MAX) watch.recent.shift();
    return group;
  }

  function groupByKey(watch: Watch, { version, role, side }: GroupKey): StreamGroup {
    const key = keyOf({ version, role, side });
    let group = watch.groups.get(key);
    if (group === undefined) {
      const expected = referencesOf(watch.baseline, side, watch.champion ?? version).keys();
      const check = createSchemaCheck();
      group = createStreamGroup(
        { version, role, side },
        { slots: windowTicks + 1, tickMs: watch.tickMs },
        expected,
        sourceOf(watch, { version, role, side }, check),
      );
      watch.checks.set(key, check);
      watch.groups.set(key, group);
    }
    return group;
  }

  function observe(observation: Observation): void {
    const { request, response } = observation;
    const watch = watches.get(observation.model);
    if (watch === undefined) {
      counters.rowsUnknownModel += (request?.rows ?? 0) + (response?.rows ?? 0);
      return;
    }
    if (request !== null) countTable(watch, observation, 'request', request);
    if (response !== null) countTable(watch, observation, 'response', response);
  }

  function countTable(watch: Watch, { version, role, at, caller }: Observation, side: Side, table: Table): void {
    if (table.rows === 0) return;
    watch.seen = true;
    const group = groupOf(watch, version, role, side);
    // A clock that was set back must not let one record from the future empty the window.
    const now = tickNow(watch);
    const tick = Math.min(Math.floor(at / watch.tickMs), now);
    const slot = tick < now - windowTicks ? -1 : group.ticks.slotOf(tick);
    if (slot === -1) {
      counters.rowsLate += table.rows;
      return;
    }
    counters.rows += table.rows;
    group.count(table, tick, slot);
    if (side === 'request') watch.explainer.offer(group, table, tick, caller);
    if (side === 'request') joint.observe(group, table, tick);
  }

  /** A clock that is set back by more than a tick makes a new present: what was counted as later is history. */
  function tickNow(watch: Watch): number {
    const now = Math.floor(clock.wall() / watch.tickMs);
    if (now < watch.latestTick - 1) {
      counters.clockJumps++;
      for (const group of watch.groups.values()) group.rewind(now);
      watch.judgedTick = Math.min(watch.judgedTick, now - 1);
      watch.latestTick = now;
    } else if (now > watch.latestTick) watch.latestTick = now;
    return now;
  }

  function tick(): void {
    for (const { awaiting } of watches.values()) awaiting.settle();
    holdAgainstSchema();
    for (const watch of watches.values()) {
      const last = tickNow(watch) - 1;
      if (last <= watch.judgedTick) continue;
      // After a pause, those of the ticks since that are still held.
      const first = watch.judgedTick === -1 ? last : Math.max(watch.judgedTick + 1, last - windowTicks + 1);
      watch.judgedTick = last;
      const idleTicks = options.idleTicks ?? Math.ceil(IDLE_MS / watch.tickMs);
      for (const [key, group] of watch.groups) {
        if (group.lastTick < last - idleTicks) {
          counters.groupsEvicted++;
          drop(watch, key, group);
        } else {
          for (let index = first; index <= last; index++) unjudged.push({ watch, key, group, index });
          const together = joint.judge(group, last, watch.tickMs);
          if (together !== null) onChange?.({ model: watch.name, ...together });
        }
      }
    }
    judgeSome();
  }

  /** Those that have no turn any more within the bound come first next time. */
  function holdAgainstSchema(): void {
    let left = SCHEMA_STREAMS_MAX;
    for (const watch of watches.values()) {
      for (const [key, group] of watch.groups) {
        const check = watch.checks.get(key);
        if (check === undefined || check.turn === schemaTurn) continue;
        if (left <= 0) return;
        left -= group.streams.length;
        check.turn = schemaTurn;
        const found = check.look(group, tickNow(watch), clock.wall());
        for (const finding of found) onSchema?.(watch.name, group, finding);
      }
    }
    schemaTurn++;
  }

  /** A part of what is not judged yet, so that the thread is not held: all of it within a quarter of the shortest tick, called once a second. */
  function judgeSome(): void {
    let shortestMs = Number.POSITIVE_INFINITY;
    for (const { tickMs } of watches.values()) shortestMs = Math.min(shortestMs, tickMs);
    const most = Math.max(SLICE_STREAMS, (counters.streams * 4000) / shortestMs);
    let judged = 0;
    let taken = 0;
    for (; taken < unjudged.length && judged < most; taken++) {
      const { watch, key, group, index } = unjudged[taken] as Unjudged;
      if (watch.groups.get(key) !== group) continue;
      judged += group.streams.length;
      const { tickMs, tolerance } = watch;
      const threshold = thresholdOf(tickMs);
      const judging = { tick: index, windowTicks, tickMs, tolerance, threshold };
      judgeGroup(group, judging, (stream, from) => tellStatus(watch, group, stream, from, index));
      if (onCause !== undefined) tellCauses(watch, group, index, onCause);
    }
    unjudged.splice(0, taken);
  }

  function tellStatus(watch: Watch, group: StreamGroup, stream: Stream, from: DriftStatus, index: number): void {
    if (onChange === undefined) return;
    const change = changeOf(watch, group, stream, from, index);
    if (change.to === 'drifting') told.raised(stream, change, index);
    onChange(change);
  }

  function tellCauses(watch: Watch, group: StreamGroup, index: number, tell: (change: DriftChange) => void): void {
    for (const stream of group.streams) {
      if (stream.verdict.status !== 'drifting' || !told.mayDiffer(stream, index)) continue;
      const change = changeOf(watch, group, stream, 'drifting', index);
      if (told.differs(stream, change, index)) tell(change);
    }
  }

  function changeOf(watch: Watch, group: StreamGroup, stream: Stream, from: DriftStatus, index: number): DriftChange {
    const { version, role, side } = group;
    const { name: feature, verdict, psi } = stream;
    const located = watch.explainer.locate(group, stream, index);
    const explained = predictionOf(watch, group, stream);
    const { name: model, tickMs } = watch;
    const silentSince = group.pulse.lastTick === -1 ? null : (group.pulse.lastTick + 1) * tickMs;
    return {
      model,
      version,
      role,
      side,
      feature,
      from,
      to: verdict.status,
      unsure: verdict.unsure,
      isAnew: false,
      at: (index + 1) * tickMs,
      since: (isSilent(verdict) ? silentSince : verdict.since) ?? index * tickMs,
      evidence: Math.max(0, verdict.evidence),
      psi,
      hint: explained?.text ?? hintOf(located),
      cause: explained === null ? causeView(located.cause) : predictionView(explained),
      where: located.where,
    };
  }

  function predictionOf(watch: Watch, group: StreamGroup, stream: Stream): PredictionCause | null {
    if (group.side === 'request') return null;
    const { judgedTick: tick, tickMs } = watch;
    const { version, role } = group;
    const requests = watch.groups.get(keyOf({ version, role, side: 'request' }));
    const covered = coveredBy(null, tick, tickMs, windowTicks);
    return watch.explainer.prediction(group, stream, requests, { tick, covered });
  }

  return {
    configure,
    retain(models) {
      const kept = new Set(models);
      for (const watch of watches.values()) if (!kept.has(watch.name)) forget(watch);
    },
    allow(wanted) {
      alarmsPerWeek = wanted;
    },
    observe,
    tick,
    report(model, asked = EVERYTHING) {
      const watch = watches.get(model);
      if (watch === undefined) return undefined;
      const { seen, tickMs, judgedTick: last } = watch;
      const baselineMade = watch.baseline?.made ?? null;
      return driftView({
        model,
        seen,
        groups: [...watch.groups.values()],
        schema: [...watch.groups].map(([key, group]) => ({ group, findings: watch.checks.get(key)?.findings ?? [] })),
        joint: joint.views(watch.groups.values(), tickMs),
        tickMs,
        threshold: thresholdOf(tickMs),
        covered: coveredBy(asked.window ?? null, last, tickMs, windowTicks),
        baselineMade,
        resumedFrom: watch.resumedFrom,
        asked,
        locate: (group, stream) => watch.explainer.locate(group, stream, last),
        prediction: (group, stream) => predictionOf(watch, group, stream),
      });
    },
    summary(model) {
      const watch = watches.get(model);
      return watch === undefined ? undefined : summarise(watch.seen, [...watch.groups.values()]);
    },
    indices() {
      const found: ColumnIndex[] = [];
      for (const { name: model, groups } of watches.values()) {
        for (const { version, side, streams } of groups.values()) {
          for (const { name: feature, psi } of streams) {
            if (psi !== null) found.push({ model, version, feature, side, psi });
          }
        }
      }
      return found;
    },
    schemaCounts() {
      const counts = new Map<string, SchemaCount>();
      for (const { name: model, checks, groups } of watches.values()) {
        for (const [key, check] of checks) {
          const version = groups.get(key)?.version ?? '';
          for (const { kind } of check.findings) {
            const id = JSON.stringify([model, version, kind]);
            counts.set(id, { model, version, kind, count: (counts.get(id)?.count ?? 0) + 1 });
          }
        }
      }
      return [...counts.values()];
    },
    counters: () => ({
      ...counters,
      awaiting: [...watches.values()].reduce((sum, { awaiting }) => sum + awaiting.size, 0),
    }),
    models: () => [...watches.keys()],
    save(model) {
      const watch = watches.get(model);
      return watch === undefined ? undefined : saveModel({ ...watch, windowTicks, at: clock.wall() });
    },
    restore(models) {
      for (const model of models) waiting.set(model.name, model);
    },
    restored() {
      const left = [...waiting.keys()];
      waiting.clear();
      return left;
    },
  };
}
