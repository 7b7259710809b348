// The models of the Plan in force, and how the next Plan takes their place in one step. What a Plan leaves as it was is not
// compiled again, and what it changes can be compiled before, a few models at a time: no request waits for a reload.

import type { ModelPlan, Plan } from '../config/plan.ts';
import type { Clock } from '../kernel/clock.ts';
import type { DeadlineWatch } from '../kernel/deadlines.ts';
import { createRouteTable, type RouteTable } from '../routing/route-table.ts';
import type { Allocations, AllocationTable } from '../split/tables.ts';
import type { Meters } from '../telemetry/meters.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import { createUpstreams } from '../upstream/upstreams.ts';
import { type CompiledModel, createModelCompiler } from './compile-model.ts';
import { createGenerations } from './generations.ts';
import type { Route } from './route.ts';

export interface Routes {
  readonly table: RouteTable<Route>;
  /** Compile a model of a Plan that is to come. */
  prepare(model: ModelPlan, tables: readonly AllocationTable[]): void;
  /**
   * Put a Plan in the place of the one before, in one step. A model that is the same object as before, or as was prepared,
   * with the same tables, is taken as it is; the others are compiled now.
   */
  swap(plan: Plan, allocations: Allocations): void;
  /** Models compiled so far. */
  readonly compiled: number;
  /** Endpoints in force, of primaries and shadows. */
  readonly endpoints: readonly Endpoint[];
  /** Shadows in flight. */
  readonly shadows: number;
  /** Cut off what is under way, shadows first, and close every connection. */
  close(): Promise<void>;
}

export interface RoutesOptions {
  readonly clock: Clock;
  readonly watch: DeadlineWatch;
  readonly meters: Meters;
  readonly fastLane: boolean;
  readonly report: (problem: unknown) => void;
}

export function createRoutes({ report, ...options }: RoutesOptions): Routes {
  const upstreams = createUpstreams(options.clock, report);
  const compiler = createModelCompiler({ ...options, upstreams });
  const generations = createGenerations<Retired>((retired) => void retired.close().catch(report));
  let table = createRouteTable<Route>([]);
  let inForce = new Map<ModelPlan, CompiledModel>();
  const prepared = new Map<ModelPlan, CompiledModel>();
  let compiled = 0;

  function compile(model: ModelPlan, tables: readonly AllocationTable[]): CompiledModel {
    compiled++;
    return compiler.compile(model, tables);
  }

  function modelOf(model: ModelPlan, tables: readonly AllocationTable[]): CompiledModel {
    const known = prepared.get(model) ?? inForce.get(model);
    return known !== undefined && isSame(known.tables, tables) ? known : compile(model, tables);
  }

  return {
    get table() {
      return table;
    },
    prepare(model, tables) {
      prepared.set(model, compile(model, tables));
    },
    swap(plan, allocations) {
      const next = new Map<ModelPlan, CompiledModel>();
      for (const [index, model] of plan.models.entries()) next.set(model, modelOf(model, allocations[index] ?? []));
      const left = [...inForce.values(), ...prepared.values()].filter((one) => next.get(one.route.plan) !== one);
      const dropped = left.flatMap((one) => one.release()).map(({ transport }) => transport);
      const generation = generations.next([...dropped, forgetting(compiler.turn(left))]);
      const { serial } = plan;
      table = createRouteTable(
        Array.from(next.values(), ({ route }, index) => ({
          match: route.plan.match,
          route: { ...route, serial, index, generation },
        })),
      );
      inForce = next;
      prepared.clear();
    },
    get compiled() {
      return compiled;
    },
    get endpoints() {
      return upstreams.endpoints;
    },
    get shadows() {
      let calls = 0;
      for (const mirror of compiler.mirrors) calls += mirror.calls;
      return calls;
    },
    async close() {
      for (const mirror of compiler.mirrors) mirror.close();
      const transports = upstreams.endpoints.map(({ transport }) => transport);
      const open = [...transports, ...generations.pending()];
      await Promise.all([upstreams.stopChecks(), ...open.map((one) => one.destroy())]);
    },
  };
}

function isSame(some: readonly AllocationTable[], others: readonly AllocationTable[]): boolean {
  return some === others || (some.length === others.length && some.every((table, at) => table === others[at]));
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
