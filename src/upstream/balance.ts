// Which endpoint of a version takes the next call: the least busy one that may be asked, ties in turn; or simply in turn.

import type { Endpoint } from './endpoint.ts';

export type Balance = 'leastBusy' | 'roundRobin';

/**
 * @param turn counts the calls, to break ties fairly
 * @param avoid the endpoint that has just failed: taken only where there is no other
 */
export function pickEndpoint(
  endpoints: readonly Endpoint[],
  balance: Balance,
  turn: number,
  avoid: Endpoint | null,
): Endpoint | undefined {
  let best: Endpoint | undefined;
  for (let i = 0; i < endpoints.length; i++) {
    const candidate = endpoints[(turn + i) % endpoints.length] as Endpoint;
    if (candidate === avoid || !mayBeAsked(candidate)) continue;
    if (balance === 'roundRobin') return candidate;
    if (best === undefined || candidate.state.inflight < best.state.inflight) best = candidate;
  }
  if (best !== undefined || avoid === null) return best;
  return mayBeAsked(avoid) ? avoid : undefined;
}

function mayBeAsked({ state }: Endpoint): boolean {
  return state.healthy && state.breaker.admits();
}
