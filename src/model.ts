// The nouns. Read this first: every other file speaks these words (docs/architecture.md has the same list in prose).

/** Slots a model's units are spread over; an allocation says which version owns each. */
export const SLOTS = 10_000;

/** How a version takes part in a call. A shadow's answer reaches nobody. */
export const ROLES = ['champion', 'challenger', 'shadow'] as const;
export type Role = (typeof ROLES)[number];

/** Bytes of a unit. Longer keys are taken for absent: no business key is this long, and a record must hold it. */
export const UNIT_BYTES_MAX = 1024;

/** Why a unit was given its version (docs/assignment.md). At most sixteen: a record packs one into four bits. */
export const REASONS = [
  'split',
  'override',
  'rule',
  'fallback', // the assigned version failed before answering, the champion answered
  'no_key', // no unit: by chance or the champion, and never sticky
  'ineligible', // not enrolled, or the layer gave the unit to another model: the champion
  'holdout', // held out of every split: the champion
  'drain', // seen on a leaving version not long ago, and left there for a while
] as const;
export type Reason = (typeof REASONS)[number];

/** Why a request was mirrored nowhere, although its share of the mirror had come up. */
export const SHADOW_DROPS = [
  'body_too_large', // the body was streamed, not held
  'too_many_calls', // the version's shadow calls in flight are at their limit
  'too_many_bytes', // the bytes held for shadows are at their limit
  'no_healthy_upstream',
  'draining',
  'request_incomplete', // the client left, or was answered, before its whole body had come
] as const;
export type ShadowDrop = (typeof SHADOW_DROPS)[number];

/** Why a finished exchange never became a record. */
export const CAPTURE_DROPS = [
  'monitor_behind', // every slab is in the monitor's hands, or its queue to the disk is full
  'record_too_large', // its bodies and headers are over what the hand-over or the queue to the disk can ever take
  'disk_full',
  'write_failed',
  'draining',
] as const;
export type CaptureDrop = (typeof CAPTURE_DROPS)[number];

/** Model + unit -> slot -> version, with its reason. Versions are indices into the model's `versions`. */
export interface Assignment {
  readonly version: number;
  /** 0 to 9,999; -1 where no unit was hashed. */
  readonly slot: number;
  /** Of the allocation used, as the lock counts them; 0 where there is no lock. */
  readonly epoch: number;
  /** Probability with which a unit that came this way is given this version, 0 to 1. */
  readonly propensity: number;
  readonly reason: Reason;
  /** Index of the rule that held, or -1. */
  readonly rule: number;
}

/**
 * One finished call, primary or shadow, as the gateway hands it to the monitor. Models and versions are indices into the
 * Plan whose `serial` it carries. Header names and values are latin1, as on the wire.
 */
export interface ExchangeRecord {
  readonly serial: number;
  readonly model: number;
  readonly version: number;
  readonly assigned: number;
  readonly role: Role;
  readonly reason: Reason;
  readonly slot: number;
  readonly epoch: number;
  readonly propensity: number;
  /** Index of the rule that held, or -1. */
  readonly rule: number;
  readonly decisionId: string;
  /** The unit, decoded as UTF-8; empty where there was no key. */
  readonly unit: string;
  /** Address of the caller. */
  readonly client: string;
  readonly method: string;
  /** Request target as received. */
  readonly path: string;
  /** Status of the answer; 0 where the upstream never gave one. */
  readonly status: number;
  /** Index into FAILURES (errors.ts), or -1. */
  readonly failure: number;
  /** Unix milliseconds at which the request's head had arrived. */
  readonly at: number;
  /** From the request's head to the last byte handed to the client (a shadow: to its answer's end). */
  readonly latencyMs: number;
  /** From the last attempt's start to its answer's last byte. */
  readonly upstreamMs: number;
  readonly attempts: number;
  /** True lengths of the bodies, whether or not they were held. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** True where a held body is shorter than its true length. */
  readonly truncated: boolean;
  /** 32 hex digits, or empty. */
  readonly traceId: string;
  /**
   * The caller's span, this gate's span for the decision, and its span for the upstream call: 16 hex digits, or empty. A
   * call that the champion covered leaves the decision's span to the champion's record: its own is empty, its parent that.
   */
  readonly parentSpanId: string;
  readonly spanId: string;
  readonly callSpanId: string;
  readonly sampled: boolean;
  /** Flat name, value, ... : content-type, content-encoding, inference-header-content-length, and what `capture.headers` names. */
  readonly requestHeaders: readonly string[];
  readonly responseHeaders: readonly string[];
  /** What was held of the bodies, in pieces. */
  readonly request: readonly Uint8Array[];
  readonly response: readonly Uint8Array[];
}
