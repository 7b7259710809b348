// Where each counter lives in a block of shared memory: the one agreement between the gateway, which writes a block, and
// the monitor, which reads it. A block has one writer; a Float64 cell is written whole, so that readers need no lock.

import { FAILURES } from '../errors.ts';
import { CAPTURE_DROPS, type CaptureDrop, REASONS, type Reason, SHADOW_DROPS, type ShadowDrop } from '../model.ts';
import { HISTOGRAM_CELLS } from './histogram.ts';

/** Classes of an answer's status; `none` where there was no answer. Index = Math.floor(status / 100), 0 for none. */
export const STATUS_CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/** Cells of a block of kind `series`. */
export const SERIES = cells({
  reasons: REASONS.length,
  statuses: STATUS_CLASSES.length,
  failures: FAILURES.length,
  /** Calls that count against the version: 5xx answers, and failures that were not the client's. */
  errors: 1,
  retries: 1,
  fallbacks: 1,
  drainForgotten: 1,
  shadowDrops: SHADOW_DROPS.length,
  requestBytes: 1,
  responseBytes: 1,
  inflight: 1,
  /** 1 once the gateway has forgotten the series: nothing is written any more. */
  retired: 1,
  latency: HISTOGRAM_CELLS,
  upstream: HISTOGRAM_CELLS,
});

/** Cells of a block of kind `gateway`. */
export const GATEWAY = cells({
  refused: FAILURES.length,
  inflight: 1,
  connections: 1,
  slabsOut: 1,
  shadowBytes: 1,
  connectionsRefused: 1,
  logLinesLost: 1,
  loopDelayP99Ms: 1,
  loopDelayMaxMs: 1,
  collectedMs: 1,
  collections: 1,
  longestCollectionMs: 1,
});

/** Cells of a block of kind `model`: the gateway's part of the accounts of capture. Drops come first: read in this order, none is
 * seen whose record has not been received. */
export const MODEL = cells({
  captureDrops: CAPTURE_DROPS.length,
  received: 1,
  /** 1 once the gateway has forgotten the model. */
  retired: 1,
});

export const REASON_AT = positions<Reason>(REASONS);
export const SHADOW_DROP_AT = positions<ShadowDrop>(SHADOW_DROPS);
export const CAPTURE_DROP_AT = positions<CaptureDrop>(CAPTURE_DROPS);

type Cells<Field extends string> = { readonly at: Readonly<Record<Field, number>>; readonly length: number };

function cells<Field extends string>(widths: Readonly<Record<Field, number>>): Cells<Field> {
  let length = 0;
  const at: Partial<Record<Field, number>> = {};
  for (const field of Object.keys(widths) as Field[]) {
    at[field] = length;
    length += widths[field];
  }
  return { at: at as Record<Field, number>, length };
}

function positions<Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, index) => [name, index])) as Record<Name, number>;
}
