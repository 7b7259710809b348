// What counts against an endpoint: the one place that says so, for decisions, shadows and health checks alike. An endpoint
// that cannot be reached, breaks off or is late has failed; so has one whose answer says that the model behind it cannot
// serve. Whatever else it answers is an answer.

import type { Failure } from '../errors.ts';
import { failureKind } from '../errors.ts';

/** How a call ended, as its endpoint's breaker hears it; `abandoned` tells nothing of the endpoint. */
export type Outcome = 'succeeded' | 'failed' | 'abandoned';

/** @param status of an answer that came whole. 500 is the model's own fault with this request, not the endpoint's. */
export function answerOutcome(status: number): Outcome {
  return status === 502 || status === 503 || status === 504 ? 'failed' : 'succeeded';
}

/** A client that left, and a limit of the gate's own, are not held against it. */
export function failureOutcome(failure: Failure): 'failed' | 'abandoned' {
  return failureKind(failure.code).source === 'upstream' ? 'failed' : 'abandoned';
}

/** A redirect is not health: whoever follows it may end somewhere else. */
export function isHealthy(status: number): boolean {
  return status >= 200 && status < 300;
}
