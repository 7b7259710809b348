// From one model's Plan and its allocation to its route. What it stands on - upstreams, counters, mirrors - is keyed by what
// that depends on, and held for as long as the model is in a Plan: a model that has changed finds what has not.

import type { ModelPlan } from '../config/plan.ts';
import { KnownNames } from '../http/known-names.ts';
import type { Clock } from '../kernel/clock.ts';
import type { DeadlineWatch } from '../kernel/deadlines.ts';
import { Shared } from '../kernel/shared.ts';
import { createMirror, type Mirror } from '../mirror/mirror.ts';
import { protocolOf } from '../protocols/registry.ts';
import { createDrain, createDrainMemory, type Drain, type DrainMemory } from '../split/drain.ts';
import { modelSplit } from '../split/model-split.ts';
import type { AllocationTable } from '../split/tables.ts';
import type { Meters, ModelMeter, SeriesMeter } from '../telemetry/meters.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { HeldUpstream, Upstreams } from '../upstream/upstreams.ts';
import type { VersionUpstream } from '../upstream/version-upstream.ts';
import { createKeptState, type KeptState } from './kept-state.ts';
import type { ModelRoute } from './route.ts';

export interface CompiledModel {
  readonly route: ModelRoute;
  readonly tables: readonly AllocationTable[];
  /** Names that it holds in the states of its compiler, by state. */
  readonly names: Readonly<Record<StateName, readonly string[]>>;
  /** It is in no Plan any more: once. @returns endpoints that nobody holds now */
  release(): readonly Endpoint[];
}

type StateName = 'mirrors' | 'series' | 'accounts' | 'loads';

export interface ModelCompiler {
  compile(model: ModelPlan, tables: readonly AllocationTable[]): CompiledModel;
  /** @returns for each state, what is to be done once the decisions of the Plan before have ended */
  turn(left: readonly CompiledModel[]): readonly (() => void)[];
  readonly mirrors: Iterable<Mirror>;
}

export interface CompilerOptions {
  readonly clock: Clock;
  readonly watch: DeadlineWatch;
  readonly meters: Meters;
  readonly upstreams: Upstreams;
  readonly fastLane: boolean;
}

/** Headers without which the monitor could not read a body. */
const READING_HEADERS = ['content-type', 'content-encoding', 'inference-header-content-length'];

export function createModelCompiler({ clock, watch, meters, upstreams, fastLane }: CompilerOptions): ModelCompiler {
  const states = {
    mirrors: createKeptState<{ readonly mirror: Mirror; readonly meter: SeriesMeter }>({
      isIdle: ({ mirror }) => mirror.calls === 0,
      forget: ({ meter }) => meter.retire(),
    }),
    series: createKeptState<SeriesMeter>({ isIdle: () => true, forget: (meter) => meter.retire() }),
    accounts: createKeptState<ModelMeter>({ isIdle: () => true, forget: (meter) => meter.retire() }),
    loads: createKeptState<{ inflight: number }>({ isIdle: ({ inflight }) => inflight === 0 }),
  };
  const drains = new Shared<DrainMemory>();
  const recordHeaders = createHeaderNames();

  function compile(model: ModelPlan, tables: readonly AllocationTable[]): CompiledModel {
    const names = { mirrors: [] as string[], series: [] as string[], accounts: [] as string[], loads: [] as string[] };
    const releases: (() => readonly Endpoint[])[] = [];
    const kept = <Value>(state: KeptState<Value>, of: string[], key: string, make: () => Value): Value => {
      of.push(key);
      return state.of(key, make);
    };
    const seriesOf = (version: number): SeriesMeter => {
      const role = version === model.champion ? 'champion' : 'challenger';
      const name = model.versions[version]?.name ?? '';
      return kept(states.series, names.series, JSON.stringify([model.name, name, role]), () =>
        meters.series(model.name, name, role),
      );
    };
    const upstreamOf = (role: 'primary' | 'shadow', version: number): VersionUpstream => {
      const held = holdUpstream(upstreams, model, role, version, fastLane);
      releases.push(held.release);
      return held.upstream;
    };
    const drainOf = (): Drain | null => {
      const { drain } = model;
      if (drain === null) return null;
      const meter = seriesOf(drain.version);
      const key = `${model.name}\n${model.versions[drain.version]?.name ?? ''}\n${drain.unitsMax}`;
      releases.push(() => {
        drains.leave(key);
        return [];
      });
      const make = (): DrainMemory => createDrainMemory(drain.unitsMax, clock.now, () => meter.drainForgot());
      return createDrain(drain, drains.hold(key, make));
    };

    const route: ModelRoute = {
      plan: model,
      split: modelSplit(model, tables),
      drain: drainOf(),
      isDecision: protocolOf(model.protocol).isDecision,
      versions: model.versions.map((version, at) => ({
        index: at,
        name: version.name,
        role: at === model.champion ? 'champion' : 'challenger',
        upstream: upstreamOf('primary', at),
        meter: seriesOf(at),
      })),
      mirrors: model.mirrors.map((mirror) => {
        const name = model.versions[mirror.version]?.name ?? '';
        return {
          ...mirror,
          name,
          upstream: upstreamOf('shadow', mirror.version),
          ...kept(states.mirrors, names.mirrors, JSON.stringify([model.name, name]), () => ({
            mirror: createMirror(clock, watch),
            meter: meters.series(model.name, name, 'shadow'),
          })),
        };
      }),
      load: kept(states.loads, names.loads, model.name, () => ({ inflight: 0 })),
      account: kept(states.accounts, names.accounts, model.name, () => meters.model(model.name)),
      recordsBodies: recordsBodies(model),
      recordHeaders: recordHeaders(model.capture.headers),
    };
    return { route, tables, names, release: () => releases.flatMap((release) => release()) };
  }

  return {
    compile,
    turn(left) {
      const of = (state: StateName): string[] => left.flatMap(({ names }) => names[state]);
      return [
        states.mirrors.turn(of('mirrors')),
        states.series.turn(of('series')),
        states.accounts.turn(of('accounts')),
        states.loads.turn(of('loads')),
      ];
    },
    get mirrors() {
      return Array.from(states.mirrors.values(), ({ mirror }) => mirror);
    },
  };
}

function holdUpstream(
  upstreams: Upstreams,
  model: ModelPlan,
  role: 'primary' | 'shadow',
  version: number,
  fastLane: boolean,
): HeldUpstream {
  const versionPlan = model.versions[version];
  if (versionPlan === undefined) throw new Error(`model ${model.name} has no version ${version}`);
  return upstreams.hold({
    model: model.name,
    role,
    version: versionPlan,
    connectTimeoutMs: model.timeout.connectMs,
    breaker: model.breaker,
    retryBudget: model.retry.budget,
    fastLane,
  });
}

/** They are read by the protocol, or kept as they are. */
function recordsBodies({ protocol, capture }: ModelPlan): boolean {
  return protocol !== 'raw' || (capture.bodies === 'full' && capture.sample > 0);
}

const SETS_MAX = 64;

/** Models that record the same headers share what finds them: what hundreds of them look at should fit into a cache. */
function createHeaderNames(): (headers: readonly string[]) => KnownNames {
  const sets = new Map<string, KnownNames>();
  return (headers) => {
    const key = headers.join();
    const found = sets.get(key);
    if (found !== undefined) return found;
    const made = new KnownNames([...READING_HEADERS, ...headers]);
    if (sets.size >= SETS_MAX) sets.clear();
    sets.set(key, made);
    return made;
  };
}
