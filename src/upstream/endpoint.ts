// One URL of one version: its connections, how busy it is, and whether it may be asked at all (breaker and health checks).

import type { EndpointPlan } from '../config/plan.ts';
import type { Call, CallListener, OutgoingRequest } from '../http/call.ts';
import type { Outcome } from '../http/outcome.ts';
import type { Breaker } from './breaker.ts';
import type { Transport } from './transport.ts';

/** What is known of an endpoint: it outlives its connections, which a reload may replace. */
export interface EndpointState {
  readonly breaker: Breaker;
  /** False once the health check has had enough bad answers. */
  healthy: boolean;
  inflight: number;
}

export interface Endpoint {
  readonly plan: EndpointPlan;
  /** Model, role and version: whose endpoint it is. */
  readonly of: readonly string[];
  /** For the Host header: the port of the scheme is left out, as any client leaves it out. */
  readonly authority: string;
  readonly transport: Transport;
  readonly state: EndpointState;
}

export function createEndpoint(
  plan: EndpointPlan,
  of: readonly string[],
  transport: Transport,
  state: EndpointState,
): Endpoint {
  return { plan, of, authority: new URL(plan.origin).host, transport, state };
}

/** Path sent to an endpoint: the request's own, or the exact one its URL names. */
export function endpointPath(endpoint: Endpoint, target: string): string {
  return endpoint.plan.path ?? target;
}

/** A call that keeps its endpoint's books; `release` must be called once, whatever its end. */
export interface EndpointCall {
  readonly endpoint: Endpoint;
  readonly call: Call;
  release(outcome: Outcome): void;
}

export function callEndpoint(endpoint: Endpoint, request: OutgoingRequest, listener: CallListener): EndpointCall {
  const { state, transport } = endpoint;
  // First: a call that throws has not been made, and nobody would release it.
  const call = transport.call(request, listener);
  state.inflight++;
  return new BookedCall(endpoint, call, state.breaker.taken());
}

class BookedCall implements EndpointCall {
  readonly endpoint: Endpoint;
  readonly call: Call;
  readonly #trial: boolean;
  #released = false;

  constructor(endpoint: Endpoint, call: Call, trial: boolean) {
    this.endpoint = endpoint;
    this.call = call;
    this.#trial = trial;
  }

  release(outcome: Outcome): void {
    if (this.#released) return;
    this.#released = true;
    const { state } = this.endpoint;
    state.inflight--;
    state.breaker[outcome](this.#trial);
  }
}
