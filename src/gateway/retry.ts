// Whether a failed attempt may be made again, and whether the champion may step in. A request is never sent twice unless
// nothing of it had been sent, its method is idempotent, or the model says that it may; and never once an answer has begun.

import type { RetryPlan } from '../config/plan.ts';
import type { Failure } from '../errors.ts';
import { failureKind } from '../errors.ts';
import type { Recorded } from './record.ts';
import type { Limits } from './waiting.ts';
import { totalDueAt } from './waiting.ts';

/** What an attempt came to. `status`: an answer that `retry.on` may name. */
export type AttemptEnd =
  | { readonly kind: 'failure'; readonly failure: Failure; readonly sent: boolean }
  | { readonly kind: 'status'; readonly status: number };

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Whether trying again is safe, apart from attempts, budget and time. */
function isRetriable(end: AttemptEnd, method: string, retry: RetryPlan): boolean {
  if (end.kind === 'status') return retry.on.some((on) => on === end.status);
  const { failure, sent } = end;
  if (failureKind(failure.code).retry === 'never' || failure.code === 'no_healthy_upstream') return false;
  if (failure.answering === true) return false;
  if (!sent) return retry.on.includes('connect');
  if (failure.code === 'upstream_timeout') return retry.on.includes('timeout');
  return retry.on.includes('reset') || IDEMPOTENT.has(method);
}

/** A decision as its next attempt sees it. */
export interface Attempted extends Recorded {
  readonly completeAt: number;
}

export function mayRetry(decision: Attempted, end: AttemptEnd, limits: Limits): boolean {
  const { calls, route, exchange } = decision;
  const { retry } = route.plan;
  return (
    calls.attempts < retry.attempts &&
    isRetriable(end, exchange.method, retry) &&
    mayAskAgain(decision, limits) &&
    calls.called.upstream.budget.take()
  );
}

/** Whether the champion may answer for a challenger that failed. */
export function mayFallBack(decision: Attempted, failure: Failure, limits: Limits): boolean {
  const { fallback, champion } = decision.route.plan;
  return (
    fallback &&
    decision.isDecision &&
    decision.calls.version !== champion &&
    failureKind(failure.code).source === 'upstream' &&
    mayAskAgain(decision, limits)
  );
}

function mayAskAgain({ body, gate, completeAt }: Attempted, limits: Limits): boolean {
  return body.resendable && gate.clock.now() < totalDueAt(completeAt, limits);
}
