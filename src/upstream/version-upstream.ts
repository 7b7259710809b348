// One version as the gate calls it under one Plan: its endpoints, the choice between them, its credentials and its retry
// budget. What it stands on outlives it (upstreams.ts).

import type { VersionPlan } from '../config/plan.ts';
import type { CallListener, OutgoingRequest } from '../http/call.ts';
import { linesOf, pairsOf } from '../http/field-lines.ts';
import { signHeaders } from './auth/auths.ts';
import { pickEndpoint } from './balance.ts';
import type { Endpoint, EndpointCall } from './endpoint.ts';
import { callEndpoint, endpointPath } from './endpoint.ts';
import type { RetryBudget } from './retry-budget.ts';

export interface VersionUpstream {
  readonly endpoints: readonly Endpoint[];
  readonly budget: RetryBudget;
  /**
   * @param request its `path` is the caller's target and its `host` is ignored: the endpoint decides both
   * @returns undefined where no endpoint may be asked
   */
  call(request: OutgoingRequest, listener: CallListener, avoid: Endpoint | null): EndpointCall | undefined;
}

export function createVersionUpstream(
  { balance, auth }: VersionPlan,
  endpoints: readonly Endpoint[],
  budget: RetryBudget,
): VersionUpstream {
  let turn = 0;
  return {
    endpoints,
    budget,
    call(request, listener, avoid) {
      // A retry takes no turn of its own: it would keep the turns in step with the failures.
      const endpoint = pickEndpoint(endpoints, balance, avoid === null ? turn++ : turn, avoid);
      if (endpoint === undefined) return undefined;
      const path = endpointPath(endpoint, request.path);
      // Written out: a spread costs as much as the choice of the endpoint.
      const outgoing: OutgoingRequest = {
        method: request.method,
        path,
        headers: auth === null ? request.headers : linesOf(signHeaders(auth, pairsOf(request.headers))),
        takesTrailers: request.takesTrailers,
        announced: request.announced,
        host: endpoint.authority,
        body: request.body,
        trailers: request.trailers,
      };
      return callEndpoint(endpoint, outgoing, listener);
    },
  };
}
