// Whether a failed attempt may be made again, and whether the champion may step in. A request is never sent twice unless
// nothing of it had been sent, its method is idempotent, or the model says that it may.

import type { RetryPlan } from '../config/plan.ts';
import type { Failure } from '../errors.ts';
import { failureKind } from '../errors.ts';

/** What an attempt came to. `status`: an answer that `retry.on` may name. */
export type AttemptEnd =
  | { readonly kind: 'failure'; readonly failure: Failure; readonly sent: boolean }
  | { readonly kind: 'status'; readonly status: number };

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Whether trying again is safe, apart from attempts, budget and time. */
export function isRetriable(end: AttemptEnd, method: string, retry: RetryPlan): boolean {
  if (end.kind === 'status') return retry.on.some((on) => on === end.status);
  const { failure, sent } = end;
  if (failureKind(failure.code).retry === 'never' || failure.code === 'no_healthy_upstream') return false;
  if (!sent) return retry.on.includes('connect');
  if (failure.code === 'upstream_timeout') return retry.on.includes('timeout');
  return retry.on.includes('reset') || IDEMPOTENT.has(method);
}
