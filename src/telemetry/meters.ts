// What the gateway counts, as it happens: a few writes into typed arrays over shared memory, nothing allocated. What the
// numbers are called for Prometheus is exposition.ts; where each one lives is layout.ts.

import { FAILURES, type FailureCode, failureIndex } from '../errors.ts';
import type { CaptureDrop, Reason, Role, ShadowDrop } from '../model.ts';
import { observe } from './histogram.ts';
import { CAPTURE_DROP_AT, GATEWAY, MODEL, REASON_AT, SERIES, SHADOW_DROP_AT } from './layout.ts';

/** One block of shared memory with the counters of one writer; the monitor adds up blocks of equal key. */
export interface MeterBlock {
  readonly kind: 'series' | 'model' | 'gateway';
  readonly thread: number;
  /** Set where kind is `series` or `model`; the next two where it is `series`. */
  readonly model: string;
  readonly version: string;
  readonly role: Role;
  readonly memory: SharedArrayBuffer;
}

/** Counters of one (model, version, role) on one thread. Every method is a few typed-array writes: no allocation. */
export interface SeriesMeter {
  /**
   * A call ended. `status` 0 and `failure` >= 0 where it never had an answer; `failure` is an index into FAILURES or -1.
   * `upstreamMs` 0: no upstream was asked, nothing is observed of it.
   */
  finished(
    reason: Reason,
    status: number,
    failure: number,
    latencyMs: number,
    upstreamMs: number,
    requestBytes: number,
    responseBytes: number,
  ): void;
  retried(): void;
  fellBack(): void;
  /** A unit of this leaving version was forgotten before its time: `drain.units` are remembered already. */
  drainForgot(): void;
  shadowDropped(reason: ShadowDrop): void;
  /** Gauge: calls in flight. */
  inflight(delta: 1 | -1): void;
  /** Nothing will be counted any more: readers let go of the block, and the same key begins anew. */
  retire(): void;
}

/** What capture is due of one model, on one thread. */
export interface ModelMeter {
  /** An exchange was finished / could not be handed over. */
  received(): void;
  captureDropped(reason: CaptureDrop): void;
  retire(): void;
}

/** Counters of one gateway thread. */
export interface GatewayMeter {
  /** A request ended before a model was known (bad_request, no_model, overloaded, draining, ...). */
  refused(code: FailureCode): void;
  inflight(delta: 1 | -1): void;
  connections(delta: 1 | -1): void;
  /** Gauge: slabs in the monitor's hands. */
  slabsOut(count: number): void;
  /** Gauge: bytes held for shadows. */
  shadowBytes(delta: number): void;
  /** A connection over `listen.connections` was closed. */
  connectionRefused(): void;
  /** A log line found no room, since nobody reads them fast enough. */
  logLineLost(): void;
  /** Gauge: how late the event loop ran over the last two seconds. */
  loopDelay(p99Ms: number, maxMs: number): void;
  /** Garbage was collected for so long. */
  collected(ms: number): void;
  /** Gauge: the longest pause for it in the last two seconds. */
  longestCollection(ms: number): void;
}

export interface Meters {
  readonly gateway: GatewayMeter;
  /** The same meter for the same key until it is retired: counters survive a reload. */
  series(model: string, version: string, role: Role): SeriesMeter;
  /** Likewise. */
  model(model: string): ModelMeter;
}

/** Whether a failure, by its index, counts against the version. */
const BLAMES: readonly boolean[] = FAILURES.map((failure) => failure.source !== 'client');

/** @param publish called once for each new block, at once for the gateway's own and then for each new series */
export function createMeters(thread: number, publish: (block: MeterBlock) => void): Meters {
  const known = new Map<string, SeriesMeter>();
  const models = new Map<string, ModelMeter>();
  const allot = (kind: MeterBlock['kind'], cells: number, model: string, version: string, role: Role) => {
    const memory = new SharedArrayBuffer(cells * Float64Array.BYTES_PER_ELEMENT);
    publish({ kind, thread, model, version, role, memory });
    return new Float64Array(memory);
  };
  return {
    gateway: gatewayMeter(allot('gateway', GATEWAY.length, '', '', 'champion')),
    series(model, version, role) {
      const key = `${model}\n${version}\n${role}`;
      const found = known.get(key);
      if (found !== undefined) return found;
      const made = seriesMeter(allot('series', SERIES.length, model, version, role), () => known.delete(key));
      known.set(key, made);
      return made;
    },
    model(model) {
      const found = models.get(model);
      if (found !== undefined) return found;
      const made = modelMeter(allot('model', MODEL.length, model, '', 'champion'), () => models.delete(model));
      models.set(model, made);
      return made;
    },
  };
}

function add(cells: Float64Array, index: number, amount: number): void {
  cells[index] = (cells[index] as number) + amount;
}

function seriesMeter(cells: Float64Array, forget: () => void): SeriesMeter {
  const { at } = SERIES;
  return {
    finished(reason, status, failure, latencyMs, upstreamMs, requestBytes, responseBytes) {
      add(cells, at.reasons + REASON_AT[reason], 1);
      const statusClass = (status / 100) | 0;
      add(cells, at.statuses + (statusClass > 0 && statusClass < 6 ? statusClass : 0), 1);
      if (failure >= 0) {
        add(cells, at.failures + failure, 1);
        if (BLAMES[failure] === true) add(cells, at.errors, 1);
      } else if (statusClass === 5) add(cells, at.errors, 1);
      observe(cells, at.latency, latencyMs);
      if (upstreamMs > 0) observe(cells, at.upstream, upstreamMs);
      add(cells, at.requestBytes, requestBytes);
      add(cells, at.responseBytes, responseBytes);
    },
    retried: () => add(cells, at.retries, 1),
    fellBack: () => add(cells, at.fallbacks, 1),
    drainForgot: () => add(cells, at.drainForgotten, 1),
    shadowDropped: (reason) => add(cells, at.shadowDrops + SHADOW_DROP_AT[reason], 1),
    inflight: (delta) => add(cells, at.inflight, delta),
    retire() {
      cells[at.retired] = 1;
      forget();
    },
  };
}

function modelMeter(cells: Float64Array, forget: () => void): ModelMeter {
  const { at } = MODEL;
  return {
    received: () => add(cells, at.received, 1),
    captureDropped: (reason) => add(cells, at.captureDrops + CAPTURE_DROP_AT[reason], 1),
    retire() {
      cells[at.retired] = 1;
      forget();
    },
  };
}

function gatewayMeter(cells: Float64Array): GatewayMeter {
  const { at } = GATEWAY;
  return {
    refused: (code) => add(cells, at.refused + failureIndex(code), 1),
    inflight: (delta) => add(cells, at.inflight, delta),
    connections: (delta) => add(cells, at.connections, delta),
    slabsOut(count) {
      cells[at.slabsOut] = count;
    },
    shadowBytes: (delta) => add(cells, at.shadowBytes, delta),
    connectionRefused: () => add(cells, at.connectionsRefused, 1),
    logLineLost: () => add(cells, at.logLinesLost, 1),
    loopDelay(p99Ms, maxMs) {
      cells[at.loopDelayP99Ms] = p99Ms;
      cells[at.loopDelayMaxMs] = maxMs;
    },
    collected(ms) {
      add(cells, at.collectedMs, ms);
      add(cells, at.collections, 1);
    },
    longestCollection(ms) {
      cells[at.longestCollectionMs] = ms;
    },
  };
}
