// What the gateway counts, as it happens. CONTRACT STUB: implementation to follow in this file.
import type { Reason, Role, ShadowDrop, CaptureDrop } from '../model.ts';
import type { FailureCode } from '../errors.ts';

/** One block of shared memory with the counters of one writer; the monitor adds up blocks of equal key. */
export interface MeterBlock {
  readonly kind: 'series' | 'gateway';
  readonly thread: number;
  /** Set where kind is `series`. */
  readonly model: string;
  readonly version: string;
  readonly role: Role;
  readonly memory: SharedArrayBuffer;
}

/** Counters of one (model, version, role) on one thread. Every method is a few typed-array writes: no allocation. */
export interface SeriesMeter {
  /** A call ended. `status` 0 and `failure` >= 0 where it never had an answer; `failure` is an index into FAILURES or -1. */
  finished(reason: Reason, status: number, failure: number, latencyMs: number, upstreamMs: number, requestBytes: number, responseBytes: number): void;
  retried(): void;
  fellBack(): void;
  shadowDropped(reason: ShadowDrop): void;
  /** Gauge: calls in flight. */
  inflight(delta: 1 | -1): void;
}

/** Counters of one gateway thread. */
export interface GatewayMeter {
  /** A request ended before a model was known (bad_request, no_model, overloaded, draining, ...). */
  refused(code: FailureCode): void;
  inflight(delta: 1 | -1): void;
  connections(delta: 1 | -1): void;
  /** An exchange was finished / could not be handed over. */
  received(): void;
  captureDropped(reason: CaptureDrop): void;
  /** Gauge: slabs in the monitor's hands; bytes held for shadows. */
  slabsOut(count: number): void;
  shadowBytes(bytes: number): void;
}

export interface Meters {
  readonly gateway: GatewayMeter;
  /** The same meter for the same key, for the life of the thread: counters survive a reload. */
  series(model: string, version: string, role: Role): SeriesMeter;
}
