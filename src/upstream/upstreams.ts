// What is upstream of this thread, and what of it lives on from Plan to Plan. Each thing is kept for as long as what it depends
// on: what is known of an endpoint while its version names it; its connections while they would be made in the same way; health
// checks while they would ask the same. When connections close, gateway/generations.ts says.

import type { BreakerPlan, VersionPlan } from '../config/plan.ts';
import type { Clock } from '../kernel/clock.ts';
import { Shared } from '../kernel/shared.ts';
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

/** One version of a model that is being compiled, and all that it stands on: held until it is released. */
export interface HeldUpstream {
  readonly upstream: VersionUpstream;
  /** Once. @returns endpoints that nobody holds any more: to be closed when no decision can call them */
  release(): readonly Endpoint[];
}

export interface Upstreams {
  hold(options: UpstreamOptions): HeldUpstream;
  /** Endpoints held, of primaries and shadows. */
  readonly endpoints: readonly Endpoint[];
  /** Health checks end; resolves once their connections are closed. */
  stopChecks(): Promise<void>;
}

export function createUpstreams(clock: Clock, report: (problem: unknown) => void): Upstreams {
  const states = new Shared<EndpointState>();
  const endpoints = new Shared<Endpoint>();
  const budgets = new Shared<RetryBudget>();
  const checks = new Shared<HealthChecks>();

  function hold(options: UpstreamOptions): HeldUpstream {
    const { version, breaker } = options;
    const { health, auth } = version;
    const name = [options.model, options.role, version.name];
    const transport = {
      connectTimeoutMs: options.connectTimeoutMs,
      connectionsMax: version.connectionsMax,
      tls: version.tls,
      fastLane: options.fastLane,
      clock,
    };
    const way = [options.connectTimeoutMs, version.connectionsMax, version.tls];
    const stateKeys = version.endpoints.map((plan) => keyOf(name, plan));
    const endpointKeys = version.endpoints.map((plan) => keyOf(name, plan, way));
    const checkKey = keyOf(name, version.endpoints, way, health, auth);
    const budgetKey = keyOf(name);

    const own = version.endpoints.map((plan, at) => {
      const state = states.hold(stateKeys[at] as string, () => newState(breaker, clock));
      state.breaker.configure(breaker);
      // Without checks nothing would ever take back what the last one said.
      if (health === null) state.healthy = true;
      return endpoints.hold(endpointKeys[at] as string, () =>
        createEndpoint(plan, name, createTransport(plan.origin, transport), state),
      );
    });
    if (health !== null) checks.hold(checkKey, () => startHealthChecks(own, health, auth, transport));
    const budget = budgets.hold(budgetKey, () => createRetryBudget(options.retryBudget));
    budget.configure(options.retryBudget);
    return {
      upstream: createVersionUpstream(version, own, budget),
      release() {
        for (const key of stateKeys) states.leave(key);
        budgets.leave(budgetKey);
        if (health !== null) checks.leave(checkKey)?.stop().catch(report);
        return endpointKeys.flatMap((key) => endpoints.leave(key) ?? []);
      },
    };
  }

  return {
    hold,
    get endpoints() {
      return endpoints.values;
    },
    async stopChecks() {
      await Promise.all(checks.values.map((one) => one.stop()));
    },
  };
}

function newState(breaker: BreakerPlan, clock: Clock): EndpointState {
  return { breaker: createBreaker(breaker, clock), healthy: true, inflight: 0 };
}

function keyOf(name: readonly string[], ...parts: readonly unknown[]): string {
  return JSON.stringify([name, ...parts]);
}
