// Active health checks: a GET to each endpoint of a version, on connections of their own so that a busy pool is not taken
// for a sick one. Consecutive answers change an endpoint's mind, one lost packet does not.

import type { AuthPlan, HealthPlan } from '../config/plan.ts';
import { linesOf } from '../http/field-lines.ts';
import { isHealthy } from '../http/outcome.ts';
import { signHeaders } from './auth/auths.ts';
import type { Endpoint } from './endpoint.ts';
import type { Transport, TransportOptions } from './transport.ts';
import { createUndiciTransport } from './undici-transport.ts';

export interface HealthChecks {
  /** Resolves once the checks' own connections are closed. */
  stop(): Promise<void>;
}

export function startHealthChecks(
  endpoints: readonly Endpoint[],
  plan: HealthPlan,
  auth: AuthPlan | null,
  options: TransportOptions,
): HealthChecks {
  const headers = linesOf(signHeaders(auth, ['user-agent', 'headgate-health']));
  const checks = endpoints.map((endpoint) => {
    const transport = createUndiciTransport(endpoint.plan.origin, { ...options, connectionsMax: 1 });
    return new Check(endpoint, plan, headers, transport);
  });
  for (const check of checks) check.run();
  return {
    async stop() {
      await Promise.all(checks.map((check) => check.stop()));
    },
  };
}

class Check {
  readonly #endpoint: Endpoint;
  readonly #plan: HealthPlan;
  readonly #headers: string;
  readonly #transport: Transport;
  #streak = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(endpoint: Endpoint, plan: HealthPlan, headers: string, transport: Transport) {
    this.#endpoint = endpoint;
    this.#plan = plan;
    this.#headers = headers;
    this.#transport = transport;
  }

  run(): void {
    let over = false;
    const finish = (good: boolean): void => {
      if (over || this.#stopped) return;
      over = true;
      clearTimeout(timeout);
      this.#judge(good);
      this.#timer = setTimeout(() => this.run(), this.#plan.intervalMs).unref();
    };
    let status = 0;
    const call = this.#transport.call(
      {
        method: 'GET',
        path: this.#plan.path,
        headers: this.#headers,
        takesTrailers: false,
        announced: -1,
        host: this.#endpoint.authority,
        body: null,
        trailers: null,
      },
      {
        callSent() {},
        callInformed() {},
        callStarted(answer) {
          status = answer;
        },
        callData() {},
        callEnded: () => finish(isHealthy(status)),
        callFailed: () => finish(false),
      },
    );
    const timeout = setTimeout(() => {
      call.abort();
      finish(false);
    }, this.#plan.timeoutMs).unref();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    return this.#transport.destroy();
  }

  #judge(good: boolean): void {
    if (good === this.#endpoint.state.healthy) {
      this.#streak = 0;
      return;
    }
    this.#streak++;
    if (this.#streak < (good ? this.#plan.healthyAfter : this.#plan.unhealthyAfter)) return;
    this.#endpoint.state.healthy = good;
    this.#streak = 0;
  }
}
