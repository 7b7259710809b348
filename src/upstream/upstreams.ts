// What is upstream of this thread, and what of it lives on from Plan to Plan. Each thing is kept for as long as what it depends
// on: what is known of an endpoint while its version names it; its connections while they would be made in the same way; health
// checks while they would ask the same. When connections close, gateway/generations.ts says.

import type { BreakerPlan, VersionPlan } from '../config/plan.ts';
import type { Clock } from '../kernel/clock.ts';
import { createBreaker } from './breaker.ts';
import { createTransport } from './choose-transport.ts';
import type { Endpoint, EndpointState } from './endpoint.ts';
import { createEndpoint } from './endpoint.ts';
import type { HealthChecks } from './health-check.ts';
import { startHealthChecks } from './health-check.ts';
import type { RetryBudget } from './retry-budget.ts';
import { createRetryBudget } from './retry-budget.ts';
import type { VersionUpstream } from './version-upstream.ts';
import { createVersionUpstream } from './version-upstream.ts';

export interface UpstreamOptions {
  readonly model: string;
  readonly role: 'primary' | 'shadow';
  readonly version: VersionPlan;
  readonly connectTimeoutMs: number;
  readonly breaker: BreakerPlan;
  readonly retryBudget: number;
  readonly fastLane: boolean;
}

/** The upstreams of a Plan that is being compiled. */
export interface NextUpstreams {
  of(options: UpstreamOptions): VersionUpstream;
  /** These are in force from here on. @returns endpoints that only earlier Plans name: to be closed once no decision can call them */
  take(): Endpoint[];
}

export interface Upstreams {
  next(): NextUpstreams;
  /** Endpoints in force. */
  readonly endpoints: readonly Endpoint[];
  /** Health checks end; resolves once their connections are closed. */
  stopChecks(): Promise<void>;
}

interface Kept {
  readonly states: Map<string, EndpointState>;
  readonly endpoints: Map<string, Endpoint>;
  readonly budgets: Map<string, RetryBudget>;
  readonly checks: Map<string, HealthChecks>;
}

export function createUpstreams(clock: Clock, report: (problem: unknown) => void): Upstreams {
  let kept: Kept = nothing();
  return {
    next() {
      const used = nothing();
      return {
        of: (options) => compile(options, kept, used, clock),
        take() {
          const before = kept;
          kept = used;
          for (const checks of unused(before.checks, used.checks)) checks.stop().catch(report);
          return unused(before.endpoints, used.endpoints);
        },
      };
    },
    get endpoints() {
      return [...kept.endpoints.values()];
    },
    async stopChecks() {
      await Promise.all([...kept.checks.values()].map((checks) => checks.stop()));
    },
  };
}

function compile(options: UpstreamOptions, before: Kept, used: Kept, clock: Clock): VersionUpstream {
  const { version, breaker } = options;
  const name = [options.model, options.role, version.name];
  const transport = {
    connectTimeoutMs: options.connectTimeoutMs,
    connectionsMax: version.connectionsMax,
    tls: version.tls,
    fastLane: options.fastLane,
    clock,
  };
  const way = [options.connectTimeoutMs, version.connectionsMax, version.tls];
  const endpoints = version.endpoints.map((plan) => {
    const state = carried(before.states, used.states, keyOf(name, plan), () => newState(breaker, clock));
    state.breaker.configure(breaker);
    // Without checks nothing would ever take back what the last one said.
    if (version.health === null) state.healthy = true;
    return carried(before.endpoints, used.endpoints, keyOf(name, plan, way), () =>
      createEndpoint(plan, name, createTransport(plan.origin, transport), state),
    );
  });
  const { health, auth } = version;
  if (health !== null) {
    carried(before.checks, used.checks, keyOf(name, version.endpoints, way, health, auth), () =>
      startHealthChecks(endpoints, health, auth, transport),
    );
  }
  const budget = carried(before.budgets, used.budgets, keyOf(name), () => createRetryBudget(options.retryBudget));
  budget.configure(options.retryBudget);
  return createVersionUpstream(version, endpoints, budget);
}

function newState(breaker: BreakerPlan, clock: Clock): EndpointState {
  return { breaker: createBreaker(breaker, clock), healthy: true, inflight: 0 };
}

function nothing(): Kept {
  return { states: new Map(), endpoints: new Map(), budgets: new Map(), checks: new Map() };
}

function keyOf(name: readonly string[], ...parts: readonly unknown[]): string {
  return JSON.stringify([name, ...parts]);
}

/** From the Plan before, or made now; either way the next Plan has it. */
function carried<Value>(
  before: ReadonlyMap<string, Value>,
  used: Map<string, Value>,
  key: string,
  make: () => Value,
): Value {
  const value = used.get(key) ?? before.get(key) ?? make();
  used.set(key, value);
  return value;
}

function unused<Value>(before: ReadonlyMap<string, Value>, used: ReadonlyMap<string, Value>): Value[] {
  return [...before].filter(([key]) => !used.has(key)).map(([, value]) => value);
}
