// The monitor, composed: everything that may lag behind the data path. It takes slabs from the gateways, gives each record
// to the rooms that watch (observe.ts), keeps their time, and serves the admin side. worker.ts gives it a thread.

import type { MessagePort } from 'node:worker_threads';
import { createAdminServer } from '../admin/server.ts';
import type { AdminView, ConfigStatus, Phase, ReloadOutcome } from '../admin/view.ts';
import { type Alarms, createAlarms } from '../alarms/alarms.ts';
import { type Capture, createCapture } from '../capture/capture.ts';
import { isAlive } from '../capture/segments/process-life.ts';
import { createStore, type Store } from '../capture/store/store.ts';
import { type Comparer, createComparer } from '../compare/comparer.ts';
import type { Plan, StorePlan } from '../config/plan.ts';
import { createDriftEngine, type DriftEngine } from '../drift/engine.ts';
import type { Clock } from '../kernel/clock.ts';
import { uniform, uuidv7 } from '../kernel/ids.ts';
import { createOutcomeFinder } from '../outcomes/find-outcomes.ts';
import { createOutcomeLog, type OutcomeLog } from '../outcomes/outcome-log.ts';
import type { Allocations, Histories } from '../split/tables.ts';
import { createExposition } from '../telemetry/exposition.ts';
import { createAccessLog, type Logger } from '../telemetry/logs.ts';
import type { MonitorNumbers } from '../telemetry/monitor-families.ts';
import { createTraces, type Traces } from '../telemetry/traces.ts';
import { createTraffic } from '../telemetry/traffic.ts';
import { createAccountSnapshot } from './account-snapshot.ts';
import { createBaselines } from './baselines.ts';
import { capturesView } from './captures-view.ts';
import { createDriftState, type DriftState } from './drift-state.ts';
import { findDecision } from './find-decision.ts';
import { createIntake } from './intake.ts';
import type { MonitorSetup } from './messages.ts';
import { createObserver } from './observe.ts';
import { createPlanShelf, type PlanShelf } from './plan-shelf.ts';
import { createQualityDesk, type QualityDesk } from './quality/quality-desk.ts';
import { startQualityProcess } from './quality/start-quality-process.ts';
import { createReloadDesk } from './reload-desk.ts';
import { reconcile, riskSightingsOf, sightingsOf, watchedBy } from './sightings.ts';
import { createSinks, type Sinks } from './sinks.ts';
import { takeOutcomes } from './take-outcomes.ts';
import { startTicks } from './ticks.ts';
import { createUnreadableCounts, type UnreadableCounts } from './unreadable.ts';
import { createModelViews } from './views.ts';

export interface MonitorOptions {
  readonly setup: MonitorSetup;
  readonly clock: Clock;
  readonly log: Logger;
  readonly logLinesLost: () => number;
  /** Of Headgate. */
  readonly version: string;
  readonly process: { readonly host: string; readonly pid: number; readonly startedAt: number };
  /** For processes that it starts. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ask the supervisor for a reload. */
  readonly askReload: (request: number) => void;
  /** How long gateways may take to hang up at the end. */
  readonly hangUpMs?: number;
}

export interface Monitor {
  /** Of the admin side. */
  readonly port: number;
  connect(port: MessagePort): void;
  swap(plan: Plan, allocations: Allocations, histories: Histories, config: ConfigStatus): void;
  configure(config: ConfigStatus): void;
  enter(phase: Phase): void;
  reloaded(request: number, outcome: ReloadOutcome): void;
  /** Read what the gateways left, write it out, close everything. */
  stop(): Promise<void>;
}

/** A throwing room is told this often at most. */
const FAULT_TELL_MS = 10_000;
const HANG_UP_MS = 5000;

/** @throws Error in words for people where the data folder or the admin port cannot be used */
export async function startMonitor(options: MonitorOptions): Promise<Monitor> {
  const { setup, clock, log, version } = options;
  const { admin, data, telemetry } = setup.plan;
  const exposition = createExposition({ version, process: true });
  const capture = await createCapture({
    data,
    gateways: exposition.sums.models,
    process: { ...options.process, isAlive },
    ...{ wall: clock.wall, now: clock.now },
    report: (message) => log.warn(message),
    limits: { totalBytes: setup.plan.captures.keepBytes, batchBytes: setup.plan.captures.commit.bytes },
  });
  const store = createStore({
    data,
    plan: storePlanOf(setup.plan),
    clock,
    env: options.env,
    roll: capture.roll,
    report: (message) => log.warn(message),
  });
  const outcomes = createOutcomeLog({ data, replica: capture.replica, bytesMax: setup.plan.captures.outcomeBytesMax });
  const finder = createOutcomeFinder({ data });
  const sinks = createSinks({ data, replica: capture.replica, logLevel: telemetry.logLevel }, log, clock, uniform);
  const shelf = createPlanShelf(setup.plan, setup.allocations, setup.histories);
  const alarms = await createAlarms({ data, clock, random: uniform, newId: uuidv7, log });
  const drift = createDriftEngine({
    clock,
    onChange: (change) => sightingsOf(change).forEach(alarms.see),
    onCause: (change) => sightingsOf(change).forEach(alarms.explain),
    onSchema: (model, { version, role, side }, { feature, kind, text }) =>
      log.warn({ model, version, role, side, feature, kind }, `live rows break the schema of the baseline: ${text}`),
  });
  drift.allow(setup.plan.drift.falseAlarmsPerWeek);
  const driftState = createDriftState({
    data,
    replica: capture.replica,
    drift,
    clock,
    tickMs: () => shortestTickMs(shelf),
    info: (message) => log.info(message),
    warn: (message) => log.warn(message),
  });
  const quality = createQualityDesk({
    data,
    plan: setup.plan,
    clock,
    start: () => startQualityProcess(options.env),
    report: (message) => log.warn(message),
    onChange: (change) => riskSightingsOf(change).forEach(alarms.see),
  });
  const comparer = createComparer({ clock, seed: Math.floor(uniform() * 2 ** 32) });
  const traffic = createTraffic(exposition.sums, clock);
  const unreadable = createUnreadableCounts((model, side, why, count) =>
    log.warn({ model, side, why, count }, 'a body could not be read; it went through untouched'),
  );
  const traces = await openTraces(setup.plan, options, capture.replica);
  const accessLog = createAccessLog({ logger: log, sample: telemetry.accessLog });
  const fault = faultTeller(clock, log);
  const observer = createObserver({ shelf, capture, drift, comparer, traces, accessLog, unreadable, fault });
  const intake = createIntake({
    visit: observer.observe,
    commit: () => void capture.flush(),
    lost: (records) => capture.lost('write_failed', records),
    addBlock: exposition.add,
    fault,
  });
  const desk = createReloadDesk(options.askReload);
  const views = createModelViews({ shelf, traffic, sums: exposition.sums, capture, drift, comparer, unreadable });
  const baselines = createBaselines(drift, (problem) => log.error(problem));

  let phase: Phase = 'starting';
  let { config } = setup;
  let lastSuccessAt = clock.wall();
  exposition.registerMonitor({
    ...numbersOf({
      capture,
      store,
      outcomes,
      sinks,
      alarms,
      comparer,
      logLinesLost: options.logLinesLost,
      unreadable,
      drift,
      driftState,
      quality,
      config: () => ({ ...config, lastSuccessAt }),
    }),
    ...(traces === null ? {} : { spans: () => traces.counts }),
  });

  const view: AdminView = {
    ...views,
    phase: () => phase,
    config: () => config,
    captures: () => capturesView(data, capture),
    quality: quality.view,
    decision: (id) => findDecision(id, { capture, store, outcomes: finder, clock }),
    addOutcomes: (raw) => takeOutcomes(outcomes, raw, clock.wall()),
    sinks: sinks.states,
    alarms: () => ({ alarms: alarms.list(), webhooks: alarms.numbers().webhooks }),
    acknowledge: alarms.acknowledge,
    snooze: alarms.snooze,
    resolve: alarms.resolve,
    metrics: exposition.render,
    reload: desk.ask,
  };

  await driftState.restore();
  await baselines.apply(setup.plan);
  driftState.begin();
  alarms.apply(setup.plan.alarms, watchedBy(setup.plan));
  const models = setup.plan.models.map(({ name }) => name);
  reconcile(alarms, drift, models, clock.wall());
  const server = await createAdminServer({ view, ...admin, clock, report: (error) => log.error({ err: error }) }).catch(
    async (error: unknown) => {
      await capture.close();
      throw new Error(listenProblem(admin.host, admin.port, error));
    },
  );
  const ticks = startTicks(
    { capture, store, quality, traffic, drift, driftState, alarms, comparer, fault },
    setup.plan.captures.commit.everyMs,
  );
  sinks.apply(setup.plan.sinks);

  return {
    port: server.port,
    connect: intake.connect,
    swap(plan, allocations, histories, next) {
      shelf.put(plan, allocations, histories);
      config = next;
      lastSuccessAt = clock.wall();
      capture.configure(plan.captures);
      store.configure(storePlanOf(plan));
      outcomes.configure(plan.captures.outcomeBytesMax);
      quality.configure(plan);
      ticks.flushEvery(plan.captures.commit.everyMs);
      sinks.apply(plan.sinks);
      const named = new Map(plan.models.map(({ name, versions }) => [name, new Set(versions.map((one) => one.name))]));
      comparer.retain(named);
      capture.retainModels(named.keys());
      unreadable.retain(named.keys());
      drift.allow(plan.drift.falseAlarmsPerWeek);
      alarms.apply(plan.alarms, watchedBy(plan));
      void baselines.apply(plan).catch(fault);
    },
    configure(next) {
      config = next;
    },
    enter(next) {
      phase = next;
      if (next === 'ready') void exposition.watchProcess().catch(fault);
    },
    reloaded: desk.answer,
    async stop() {
      await intake.finish(options.hangUpMs ?? HANG_UP_MS);
      ticks.stop();
      await driftState.close();
      await Promise.all([store.stop(), quality.stop(), outcomes.close(), alarms.stop()]);
      // Sinks deliver what capture has written until its end.
      await Promise.all([capture.close().then(sinks.stop), traces?.close(), server.close()]);
    },
  };
}

/** Predictions that labels are still to come for stay as long as the record. */
function storePlanOf({ captures: { store }, models }: Plan): StorePlan {
  const scores = Object.fromEntries(
    models.flatMap(({ name, quality }) => (quality === null ? [] : [[name, quality.score]])),
  );
  return { ...store, retention: { ...store.retention, scores } };
}

async function openTraces(plan: Plan, { version, log }: MonitorOptions, replica: string): Promise<Traces | null> {
  const { endpoint, headers, serviceName } = plan.telemetry.traces;
  if (endpoint === null) return null;
  return createTraces({ endpoint, headers, serviceName, version, replica, problem: (what) => log.warn(what) });
}

function numbersOf(sources: {
  readonly capture: Capture;
  readonly store: Store;
  readonly outcomes: OutcomeLog;
  readonly sinks: Sinks;
  readonly alarms: Alarms;
  readonly unreadable: UnreadableCounts;
  readonly drift: DriftEngine;
  readonly driftState: DriftState;
  readonly quality: QualityDesk;
  readonly comparer: Comparer;
  readonly logLinesLost: () => number;
  readonly config: MonitorNumbers['config'];
}): MonitorNumbers {
  const { capture, store, outcomes, sinks, alarms, unreadable, drift, driftState, quality, comparer } = sources;
  const { logLinesLost, config } = sources;
  const snapshot = createAccountSnapshot(capture);
  return {
    config,
    capture: () => snapshot().totals,
    captureModels: () => snapshot().models,
    store: () => store.counts,
    outcomes: () => outcomes.counts,
    sinks: sinks.states,
    alarms: alarms.numbers,
    unreadable: unreadable.all,
    driftCounts: drift.counters,
    driftSchema: drift.schemaCounts,
    driftState: () => driftState.numbers,
    compare: comparer.counters,
    logLinesLost,
    drift: drift.indices,
    quality: quality.views,
    qualityLooks: () => quality.counts,
  };
}

/** A snapshot of drift is written once a tick of the model that ticks fastest. */
function shortestTickMs({ current }: PlanShelf): number | null {
  const { models } = current;
  return models.length === 0 ? null : Math.min(...models.map(({ model }) => model.drift.tickMs));
}

/** Rooms that throw are a fault of this program: told in full, but not as often as it may happen. */
function faultTeller(clock: Clock, log: Logger): (error: unknown) => void {
  let quietUntil = 0;
  let untold = 0;
  return (error) => {
    untold += 1;
    if (clock.now() < quietUntil) return;
    log.error({ err: error, count: untold }, 'a record was not fully observed; this is a fault of Headgate: report it');
    quietUntil = clock.now() + FAULT_TELL_MS;
    untold = 0;
  };
}

function listenProblem(host: string, port: number, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const at = `admin: ${host}:${port}`;
  if (code === 'EADDRINUSE') return `${at} is in use; stop the process that listens there, or change admin.port`;
  if (code === 'EACCES')
    return `${at} may not be bound by this user; use a port above 1023, or grant CAP_NET_BIND_SERVICE`;
  if (code === 'EADDRNOTAVAIL') return `${at}: ${host} is no address of this machine; change admin.host`;
  return `${at} cannot be bound (${error instanceof Error ? error.message : String(error)})`;
}
