// The id on every answer: the caller's own where a fit one was sent, so that the answer can be found again by it; else a new
// one. Refusals that no decision came of have one too.

import { uuidv7 } from '../kernel/ids.ts';
import { DECISION_ID, headerOf } from './head.ts';

/** @param wallMs Unix milliseconds, for a new id */
export function decisionIdOf(rawHeaders: readonly string[], wallMs: number): string {
  const own = headerOf(rawHeaders, 'headgate-decision');
  return own !== undefined && DECISION_ID.test(own) ? own : uuidv7(wallMs);
}
