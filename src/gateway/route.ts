// A model as the data path uses it: its Plan compiled once per generation, joined to state that outlives generations
// (upstreams, counters, mirrors), which is keyed by what it depends on.

import type { ModelPlan, Plan } from '../config/plan.ts';
import { KnownNames } from '../http/known-names.ts';
import type { Clock } from '../kernel/clock.ts';
import type { DeadlineWatch } from '../kernel/deadlines.ts';
import type { Mirror } from '../mirror/mirror.ts';
import { createMirror } from '../mirror/mirror.ts';
import { protocolOf } from '../protocols/registry.ts';
import type { RouteTable } from '../routing/route-table.ts';
import { createRouteTable } from '../routing/route-table.ts';
import type { ModelSplit } from '../split/assign.ts';
import { createDrain, createDrainMemory, type Drain, type DrainMemory } from '../split/drain.ts';
import { modelSplit } from '../split/model-split.ts';
import type { Allocations } from '../split/tables.ts';
import type { Meters, ModelMeter, SeriesMeter } from '../telemetry/meters.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { NextUpstreams } from '../upstream/upstreams.ts';
import { createUpstreams } from '../upstream/upstreams.ts';
import type { VersionUpstream } from '../upstream/version-upstream.ts';
import type { Generation } from './generations.ts';
import { createGenerations } from './generations.ts';
import { createKeptState } from './kept-state.ts';

export interface RouteVersion {
  readonly index: number;
  readonly name: string;
  readonly role: 'champion' | 'challenger';
  readonly upstream: VersionUpstream;
  readonly meter: SeriesMeter;
}

export interface RouteMirror {
  readonly version: number;
  readonly name: string;
  readonly share: number;
  readonly timeoutMs: number;
  readonly callsMax: number;
  readonly bytesMax: number;
  readonly upstream: VersionUpstream;
  readonly meter: SeriesMeter;
  readonly mirror: Mirror;
}

export interface Route {
  readonly plan: ModelPlan;
  readonly serial: number;
  /** Position in the Plan's models. */
  readonly index: number;
  readonly split: ModelSplit;
  readonly drain: Drain | null;
  readonly isDecision: (method: string, path: string) => boolean;
  readonly versions: readonly RouteVersion[];
  readonly mirrors: readonly RouteMirror[];
  /** Held by every decision under way. */
  readonly generation: Generation;
  /** Calls in flight of this model on this thread. */
  readonly load: { inflight: number };
  /** What capture is due of this model. */
  readonly account: ModelMeter;
  /** Lower-case names of request headers that go on the record. */
  readonly recordHeaders: KnownNames;
}

export interface Routes {
  table: RouteTable<Route>;
  /** Compile a Plan and put it in the place of the one before, in one step. */
  swap(plan: Plan, allocations: Allocations): void;
  /** Endpoints in force, of primaries and shadows. */
  readonly endpoints: readonly Endpoint[];
  /** Shadows in flight. */
  readonly shadows: number;
  /** Cut off what is under way, shadows first, and close every connection. */
  close(): Promise<void>;
}

/** Headers without which the monitor could not read a body. */
const READING_HEADERS = ['content-type', 'content-encoding', 'inference-header-content-length'];

export function createRoutes(
  clock: Clock,
  watch: DeadlineWatch,
  meters: Meters,
  report: (problem: unknown) => void,
): Routes {
  const upstreams = createUpstreams(clock, report);
  const mirrors = createKeptState<{ readonly mirror: Mirror; readonly meter: SeriesMeter }>({
    isIdle: ({ mirror }) => mirror.calls === 0,
    forget: ({ meter }) => meter.retire(),
  });
  const series = createKeptState<SeriesMeter>({ isIdle: () => true, forget: (meter) => meter.retire() });
  const accounts = createKeptState<ModelMeter>({ isIdle: () => true, forget: (meter) => meter.retire() });
  const loads = createKeptState<{ inflight: number }>({ isIdle: ({ inflight }) => inflight === 0 });
  let drains = new Map<string, DrainMemory>();
  const generations = createGenerations<Retired>((retired) => void retired.close().catch(report));
  const seriesOf = (model: string, version: string, role: 'champion' | 'challenger'): SeriesMeter =>
    series.of(JSON.stringify([model, version, role]), () => meters.series(model, version, role));

  function compile(
    plan: Plan,
    allocations: Allocations,
    next: NextUpstreams,
    draining: Map<string, DrainMemory>,
  ): Omit<Route, 'generation'>[] {
    const drainOf = ({ name, versions, champion, drain }: ModelPlan): Drain | null => {
      if (drain === null) return null;
      const version = versions[drain.version]?.name ?? '';
      const meter = seriesOf(name, version, drain.version === champion ? 'champion' : 'challenger');
      const key = `${name}\n${version}\n${drain.unitsMax}`;
      const memory = drains.get(key) ?? createDrainMemory(drain.unitsMax, clock.now, () => meter.drainForgot());
      draining.set(key, memory);
      return createDrain(drain, memory);
    };
    const upstreamOf = (model: ModelPlan, role: 'primary' | 'shadow', version: number): VersionUpstream => {
      const versionPlan = model.versions[version];
      if (versionPlan === undefined) throw new Error(`model ${model.name} has no version ${version}`);
      return next.of({
        model: model.name,
        role,
        version: versionPlan,
        connectTimeoutMs: model.timeout.connectMs,
        breaker: model.breaker,
        retryBudget: model.retry.budget,
        fastLane: plan.listen.fastLane,
      });
    };
    return plan.models.map((model, index): Omit<Route, 'generation'> => {
      const load = loads.of(model.name, () => ({ inflight: 0 }));
      return {
        plan: model,
        serial: plan.serial,
        index,
        split: modelSplit(model, allocations[index] ?? []),
        drain: drainOf(model),
        isDecision: protocolOf(model.protocol).isDecision,
        versions: model.versions.map((version, at) => {
          const role = at === model.champion ? 'champion' : 'challenger';
          return {
            index: at,
            name: version.name,
            role,
            upstream: upstreamOf(model, 'primary', at),
            meter: seriesOf(model.name, version.name, role),
          };
        }),
        mirrors: model.mirrors.map((mirror) => {
          const name = model.versions[mirror.version]?.name ?? '';
          return {
            ...mirror,
            name,
            upstream: upstreamOf(model, 'shadow', mirror.version),
            ...mirrors.of(JSON.stringify([model.name, name]), () => ({
              mirror: createMirror(clock, watch),
              meter: meters.series(model.name, name, 'shadow'),
            })),
          };
        }),
        load,
        account: accounts.of(model.name, () => meters.model(model.name)),
        recordHeaders: new KnownNames([...READING_HEADERS, ...model.capture.headers]),
      };
    });
  }

  const routes: Routes = {
    table: createRouteTable<Route>([]),
    swap(plan, allocations) {
      const next = upstreams.next();
      const draining = new Map<string, DrainMemory>();
      const entries = compile(plan, allocations, next, draining);
      const dropped = next.take().map(({ transport }) => transport);
      const ended = [mirrors, series, accounts, loads].map((state) => state.turn());
      const generation = generations.next([...dropped, forgetting(ended)]);
      routes.table = createRouteTable(
        entries.map((entry) => ({ match: entry.plan.match, route: { ...entry, generation } })),
      );
      drains = draining;
    },
    get endpoints() {
      return upstreams.endpoints;
    },
    get shadows() {
      return sum(mirrors.values(), ({ mirror }) => mirror.calls);
    },
    async close() {
      for (const { mirror } of mirrors.values()) mirror.close();
      const transports = upstreams.endpoints.map(({ transport }) => transport);
      const open = [...transports, ...generations.pending()];
      await Promise.all([upstreams.stopChecks(), ...open.map((one) => one.destroy())]);
    },
  };
  return routes;
}

/** What is to be done once the decisions of a Plan have ended. */
interface Retired {
  close(): Promise<void>;
  /** At the end of everything. */
  destroy(): Promise<void>;
}

function forgetting(ended: readonly (() => void)[]): Retired {
  return {
    async close() {
      for (const end of ended) end();
    },
    destroy: () => Promise.resolve(),
  };
}

function sum<Value>(values: Iterable<Value>, of: (value: Value) => number): number {
  let total = 0;
  for (const value of values) total += of(value);
  return total;
}
