// A model as the data path uses it: its Plan compiled once per generation, joined to state that outlives generations
// (upstreams, counters, mirrors), which is keyed by what it depends on.

import type { ModelPlan, Plan } from '../config/plan.ts';
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
import type { Meters, SeriesMeter } from '../telemetry/meters.ts';
import type { VersionUpstream } from '../upstream/version-upstream.ts';
import { createVersionUpstream, upstreamKey } from '../upstream/version-upstream.ts';
import type { Generation } from './generations.ts';
import { createGenerations } from './generations.ts';

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
  /** Lower-case names of request headers that go on the record. */
  readonly recordHeaders: ReadonlySet<string>;
}

export interface Routes {
  table: RouteTable<Route>;
  /** Compile a Plan and put it in the place of the one before, in one step. */
  swap(plan: Plan, allocations: Allocations): void;
  /** Shadows in flight. */
  readonly shadows: number;
  /** Bytes of requests held by them. */
  readonly shadowBytes: number;
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
  let upstreams = new Map<string, VersionUpstream>();
  const mirrors = new Map<string, Mirror>();
  const loads = new Map<string, { inflight: number }>();
  let drains = new Map<string, DrainMemory>();
  const generations = createGenerations<VersionUpstream>((upstream) => void upstream.close().catch(report));

  function compile(
    plan: Plan,
    allocations: Allocations,
  ): { entries: Omit<Route, 'generation'>[]; used: Map<string, VersionUpstream>; draining: Map<string, DrainMemory> } {
    const used = new Map<string, VersionUpstream>();
    const draining = new Map<string, DrainMemory>();
    const drainOf = ({ name, versions, champion, drain }: ModelPlan): Drain | null => {
      if (drain === null) return null;
      const version = versions[drain.version]?.name ?? '';
      const meter = meters.series(name, version, drain.version === champion ? 'champion' : 'challenger');
      const key = `${name}\n${version}\n${drain.unitsMax}`;
      const memory = drains.get(key) ?? createDrainMemory(drain.unitsMax, clock.now, () => meter.drainForgot());
      draining.set(key, memory);
      return createDrain(drain, memory);
    };
    const upstreamOf = (model: ModelPlan, role: 'primary' | 'shadow', version: number): VersionUpstream => {
      const versionPlan = model.versions[version];
      if (versionPlan === undefined) throw new Error(`model ${model.name} has no version ${version}`);
      const options = {
        version: versionPlan,
        connectTimeoutMs: model.timeout.connectMs,
        breaker: model.breaker,
        retryBudget: model.retry.budget,
        fastLane: plan.listen.fastLane,
      };
      const key = upstreamKey(model.name, role, options);
      const kept = used.get(key) ?? upstreams.get(key) ?? createVersionUpstream({ ...options, clock });
      used.set(key, kept);
      return kept;
    };
    const entries = plan.models.map((model, index): Omit<Route, 'generation'> => {
      const load = kept(loads, model.name, () => ({ inflight: 0 }));
      return {
        plan: model,
        serial: plan.serial,
        index,
        split: modelSplit(model, allocations[index] ?? []),
        drain: drainOf(model),
        isDecision: protocolOf(model.protocol).isDecision,
        versions: model.versions.map((version, at) => ({
          index: at,
          name: version.name,
          role: at === model.champion ? 'champion' : 'challenger',
          upstream: upstreamOf(model, 'primary', at),
          meter: meters.series(model.name, version.name, at === model.champion ? 'champion' : 'challenger'),
        })),
        mirrors: model.mirrors.map((mirror) => {
          const name = model.versions[mirror.version]?.name ?? '';
          return {
            ...mirror,
            name,
            upstream: upstreamOf(model, 'shadow', mirror.version),
            meter: meters.series(model.name, name, 'shadow'),
            mirror: kept(mirrors, `${model.name}\n${name}`, () => createMirror(clock, watch)),
          };
        }),
        load,
        recordHeaders: new Set([...READING_HEADERS, ...model.capture.headers]),
      };
    });
    return { entries, used, draining };
  }

  const routes: Routes = {
    table: createRouteTable<Route>([]),
    swap(plan, allocations) {
      const { entries, used, draining } = compile(plan, allocations);
      const dropped = [...upstreams].filter(([key]) => !used.has(key)).map(([, upstream]) => upstream);
      for (const upstream of dropped) upstream.retire().catch(report);
      const generation = generations.next(dropped);
      routes.table = createRouteTable(
        entries.map((entry) => ({ match: entry.plan.match, route: { ...entry, generation } })),
      );
      upstreams = used;
      drains = draining;
    },
    get shadows() {
      return sum(mirrors, (mirror) => mirror.calls);
    },
    get shadowBytes() {
      return sum(mirrors, (mirror) => mirror.bytes);
    },
    async close() {
      for (const mirror of mirrors.values()) mirror.close();
      await Promise.all([...upstreams.values(), ...generations.pending()].map((upstream) => upstream.destroy()));
    },
  };
  return routes;
}

function kept<Value>(store: Map<string, Value>, key: string, make: () => Value): Value {
  const found = store.get(key);
  if (found !== undefined) return found;
  const made = make();
  store.set(key, made);
  return made;
}

function sum<Value>(store: ReadonlyMap<string, Value>, of: (value: Value) => number): number {
  let total = 0;
  for (const value of store.values()) total += of(value);
  return total;
}
