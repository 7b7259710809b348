// The calls of one decision to its versions, one at a time: counted, timed, and taken off the books however they end. When
// to call, and whom, is the story's.

import type { CallListener, OutgoingRequest } from '../http/call.ts';
import type { Outcome } from '../http/outcome.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Endpoint, EndpointCall } from '../upstream/endpoint.ts';
import type { Route, RouteVersion } from './route.ts';

export class Calls {
  /** The version being called, or called last; -1 before there is one. */
  version = -1;
  /** Attempts at this version. */
  attempts = 0;
  /** Whether bytes of the attempt under way may have reached the upstream. */
  sent = false;
  /** From the last attempt's start to its end; 0 before. */
  upstreamMs = 0;
  readonly #route: Route;
  readonly #clock: Clock;
  #current: EndpointCall | null = null;
  #avoid: Endpoint | null = null;
  #startedAt = 0;

  constructor(route: Route, clock: Clock) {
    this.#route = route;
    this.#clock = clock;
  }

  get underWay(): boolean {
    return this.#current !== null;
  }

  get name(): string {
    return this.#route.versions[this.version]?.name ?? '';
  }

  get called(): RouteVersion {
    const version = this.#route.versions[this.version];
    if (version === undefined) throw new Error(`model ${this.#route.plan.name} has no version ${this.version}`);
    return version;
  }

  /** @returns false where no endpoint of the version may be asked */
  begin(index: number, request: OutgoingRequest, listener: CallListener): boolean {
    if (index !== this.version) {
      this.version = index;
      this.attempts = 0;
      this.#avoid = null;
    }
    const { upstream, meter } = this.called;
    this.attempts++;
    this.sent = false;
    this.upstreamMs = 0;
    this.#startedAt = this.#clock.now();
    if (this.attempts === 1) upstream.budget.called();
    const outgoing = upstream.call(request, listener, this.#avoid);
    if (outgoing === undefined) return false;
    this.#current = outgoing;
    meter.inflight(1);
    return true;
  }

  pause(): void {
    this.#current?.call.pause();
  }

  resume(): void {
    this.#current?.call.resume();
  }

  /** Break off the call under way, if there is one. */
  stop(outcome: 'failed' | 'abandoned'): void {
    this.#current?.call.abort();
    this.ended(outcome);
  }

  /** The call under way is over. */
  ended(outcome: Outcome): void {
    if (this.#current === null) return;
    this.upstreamMs = this.#clock.now() - this.#startedAt;
    this.called.meter.inflight(-1);
    this.#avoid = this.#current.endpoint;
    this.#current.release(outcome);
    this.#current = null;
  }
}
