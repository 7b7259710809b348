// Says when an endpoint goes out of service or comes back. Nobody is told on the request path: a look about once a second
// compares what is with what was told last.

import type { Endpoint, EndpointState } from './endpoint.ts';

export interface EndpointNews {
  readonly url: string;
  /** Model, role (primary or shadow) and version. */
  readonly of: readonly string[];
  /** `unhealthy`: its health checks fail. `ejected`: calls failed in a row, its breaker is open or on trial. */
  readonly state: 'in service' | 'unhealthy' | 'ejected';
}

export interface EndpointWatch {
  /** @returns what has changed since the look before */
  look(): readonly EndpointNews[];
}

export function createEndpointWatch(endpoints: () => readonly Endpoint[]): EndpointWatch {
  const told = new WeakMap<EndpointState, EndpointNews['state']>();
  return {
    look() {
      const news: EndpointNews[] = [];
      for (const { plan, of, state } of endpoints()) {
        const now = stateOf(state);
        if (now === (told.get(state) ?? 'in service')) continue;
        told.set(state, now);
        news.push({ url: plan.origin, of, state: now });
      }
      return news;
    },
  };
}

function stateOf({ healthy, breaker }: EndpointState): EndpointNews['state'] {
  if (!healthy) return 'unhealthy';
  return breaker.state === 'closed' ? 'in service' : 'ejected';
}
