// One URL of one version: its connections, how busy it is, and whether it may be asked at all (breaker and health checks).

import type { EndpointPlan } from '../config/plan.ts';
import type { Call, CallListener, OutgoingRequest } from '../http/call.ts';
import type { Breaker } from './breaker.ts';
import type { Transport } from './transport.ts';

export interface Endpoint {
  readonly plan: EndpointPlan;
  /** host[:port] for the Host header. */
  readonly authority: string;
  readonly transport: Transport;
  readonly breaker: Breaker;
  /** False once the health check has had enough bad answers. */
  healthy: boolean;
  inflight: number;
}

export function createEndpoint(plan: EndpointPlan, transport: Transport, breaker: Breaker): Endpoint {
  return {
    plan,
    authority: plan.origin.slice(plan.origin.indexOf('//') + 2),
    transport,
    breaker,
    healthy: true,
    inflight: 0,
  };
}

/** Path sent to an endpoint: the request's own, or the exact one its URL names. */
export function endpointPath(endpoint: Endpoint, target: string): string {
  return endpoint.plan.path ?? target;
}

/** A call that keeps its endpoint's books; `release` must be called once, whatever its end. */
export interface EndpointCall {
  readonly endpoint: Endpoint;
  readonly call: Call;
  release(outcome: 'succeeded' | 'failed' | 'abandoned'): void;
}

export function callEndpoint(endpoint: Endpoint, request: OutgoingRequest, listener: CallListener): EndpointCall {
  endpoint.inflight++;
  const trial = endpoint.breaker.taken();
  let released = false;
  return {
    endpoint,
    call: endpoint.transport.call(request, listener),
    release(outcome) {
      if (released) return;
      released = true;
      endpoint.inflight--;
      endpoint.breaker[outcome](trial);
    },
  };
}
