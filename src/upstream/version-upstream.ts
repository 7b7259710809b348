// One version as the gate calls it: its endpoints, the choice between them, its credentials and its retry budget. Keyed by
// what it consists of, so that it lives on through reloads that do not change it.

import type { BreakerPlan, VersionPlan } from '../config/plan.ts';
import type { CallListener, OutgoingRequest } from '../http/call.ts';
import type { Clock } from '../kernel/clock.ts';
import { signHeaders } from './auth/auths.ts';
import { pickEndpoint } from './balance.ts';
import { createBreaker } from './breaker.ts';
import { createTransport } from './choose-transport.ts';
import type { Endpoint, EndpointCall } from './endpoint.ts';
import { callEndpoint, createEndpoint, endpointPath } from './endpoint.ts';
import { startHealthChecks } from './health-check.ts';
import type { RetryBudget } from './retry-budget.ts';
import { createRetryBudget } from './retry-budget.ts';

export interface VersionUpstream {
  readonly endpoints: readonly Endpoint[];
  readonly budget: RetryBudget;
  /**
   * @param request its `path` is the caller's target and its `host` is ignored: the endpoint decides both
   * @returns undefined where no endpoint may be asked
   */
  call(request: OutgoingRequest, listener: CallListener, avoid: Endpoint | null): EndpointCall | undefined;
  /** No Plan names it any more: health checks stop, decisions that began before may still call it. */
  retire(): Promise<void>;
  /** Connections close once what is under way has ended; no call may follow. */
  close(): Promise<void>;
  /** The same at once: what is under way fails. */
  destroy(): Promise<void>;
}

export interface VersionUpstreamOptions {
  readonly version: VersionPlan;
  readonly connectTimeoutMs: number;
  readonly breaker: BreakerPlan;
  readonly retryBudget: number;
  readonly fastLane: boolean;
  readonly clock: Clock;
}

export function createVersionUpstream(options: VersionUpstreamOptions): VersionUpstream {
  const { version, clock } = options;
  const transportOptions = {
    connectTimeoutMs: options.connectTimeoutMs,
    connectionsMax: version.connectionsMax,
    tls: version.tls,
    fastLane: options.fastLane,
    clock,
  };
  const endpoints = version.endpoints.map((plan) =>
    createEndpoint(plan, createTransport(plan.origin, transportOptions), createBreaker(options.breaker, clock)),
  );
  let checks = version.health === null ? null : startHealthChecks(endpoints, version.health, transportOptions);
  const budget = createRetryBudget(options.retryBudget);
  let turn = 0;

  async function retire(): Promise<void> {
    const stopping = checks;
    checks = null;
    await stopping?.stop();
  }

  return {
    endpoints,
    budget,
    call(request, listener, avoid) {
      // A retry takes no turn of its own: it would keep the turns in step with the failures.
      const endpoint = pickEndpoint(endpoints, version.balance, avoid === null ? turn++ : turn, avoid);
      if (endpoint === undefined) return undefined;
      const path = endpointPath(endpoint, request.path);
      const headers = signHeaders(version.auth, request.headers);
      return callEndpoint(endpoint, { ...request, path, host: endpoint.authority, headers }, listener);
    },
    retire,
    async close() {
      await Promise.all([retire(), ...endpoints.map(({ transport }) => transport.close())]);
    },
    async destroy() {
      await Promise.all([retire(), ...endpoints.map(({ transport }) => transport.destroy())]);
    },
  };
}

/** Two versions with the same key are called in the same way: state is kept over a reload. */
export function upstreamKey(
  model: string,
  role: 'primary' | 'shadow',
  options: Omit<VersionUpstreamOptions, 'clock'>,
): string {
  const { version } = options;
  const { name, endpoints, balance, health, auth, tls, connectionsMax } = version;
  return JSON.stringify([
    model,
    role,
    name,
    endpoints,
    balance,
    health,
    auth,
    tls,
    connectionsMax,
    options.connectTimeoutMs,
    options.breaker,
    options.retryBudget,
  ]);
}
