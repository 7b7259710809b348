// Whom a decision waits for, for how long, and whose failure it is once that has passed. One wait at a time, each with a
// deadline: an upstream is never blamed for a slow client, nor a client for a slow upstream.

import type { ListenPlan, TimeoutPlan } from '../config/plan.ts';
import type { Failure } from '../errors.ts';

export type Wait =
  | 'patience' // the client, while its body may still be held
  | 'request' // the client, to send the rest
  | 'upload' // the upstream, to take what has been sent
  | 'head' // the upstream, to begin its answer
  | 'rest' // the upstream, to finish its answer
  | 'record' // the monitor, to have the record on disk (`durability: acked`)
  | 'reader'; // the client, to take the answer

/** How long a body may take before it is streamed rather than held: a client that waits for an answer to its first half gets one. */
const PATIENCE_MS = 20;

export interface Limits {
  readonly listen: ListenPlan['timeout'];
  readonly model: TimeoutPlan;
  readonly recordMs: number;
}

/** Monotonic milliseconds; `completeAt` is Infinity until the whole request has come. `total` counts from there. */
export interface Passed {
  readonly startedAt: number;
  readonly completeAt: number;
}

export function dueAt(wait: Wait, nowMs: number, { startedAt, completeAt }: Passed, limits: Limits): number {
  const requestDue = startedAt + limits.listen.requestMs;
  const totalDue = totalDueAt(completeAt, limits);
  switch (wait) {
    case 'patience':
      return Math.min(startedAt + PATIENCE_MS, requestDue);
    case 'request':
      return requestDue;
    case 'upload':
      return Math.min(nowMs + limits.model.firstByteMs, requestDue);
    case 'head':
      return Math.min(nowMs + limits.model.firstByteMs, totalDue);
    case 'rest':
      return completeAt === Number.POSITIVE_INFINITY ? requestDue : totalDue;
    case 'record':
      return nowMs + limits.recordMs;
    case 'reader':
      return Math.min(nowMs + limits.listen.stallMs, totalDue);
  }
}

/** When `total` is over; Infinity where it has not begun or has no limit (0). */
export function totalDueAt(completeAt: number, { model }: Limits): number {
  return model.totalMs === 0 ? Number.POSITIVE_INFINITY : completeAt + model.totalMs;
}

/** What went wrong, once the deadline of a wait has passed. @param version the version being called */
export function lateFailure(
  wait: Wait,
  nowMs: number,
  { completeAt }: Passed,
  limits: Limits,
  version: string,
): Failure {
  const { listen, model } = limits;
  switch (wait) {
    case 'record':
      return { code: 'capture_unavailable', detail: `The record was not on disk within ${limits.recordMs} ms.` };
    case 'reader':
      return { code: 'client_timeout', detail: `The answer was not taken within ${listen.stallMs} ms.` };
    case 'upload':
      return { code: 'upstream_timeout', detail: `Version ${version} does not take the request.` };
    case 'head':
      return {
        code: 'upstream_timeout',
        detail: `No answer from version ${version} (timeout.${nowMs >= totalDueAt(completeAt, limits) ? `total ${model.totalMs}` : `firstByte ${model.firstByteMs}`} ms).`,
      };
    case 'rest':
      if (completeAt < Number.POSITIVE_INFINITY) {
        return {
          code: 'upstream_timeout',
          detail: `No whole answer from version ${version} (timeout.total ${model.totalMs} ms).`,
        };
      }
      return clientLate(listen.requestMs);
    default:
      return clientLate(listen.requestMs);
  }
}

function clientLate(requestMs: number): Failure {
  return { code: 'client_timeout', detail: `The whole request did not arrive within ${requestMs} ms.` };
}
