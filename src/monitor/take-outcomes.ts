// Outcomes that come over the admin API: all of a request are taken, or none where one of them is not an outcome.

import type { OutcomesTaken } from '../admin/view.ts';
import { Busy } from '../kernel/busy.ts';
import { type Outcome, readOutcome } from '../outcomes/outcome.ts';
import { type OutcomeLog, OutcomesFull } from '../outcomes/outcome-log.ts';

const PROBLEMS_MAX = 20;

/** @throws the error of the file system */
export async function takeOutcomes(log: OutcomeLog, raw: readonly unknown[], nowMs: number): Promise<OutcomesTaken> {
  const outcomes: Outcome[] = [];
  const problems: string[] = [];
  for (const [i, one] of raw.entries()) {
    const reading = readOutcome(one, nowMs);
    if (reading.ok) outcomes.push(reading.outcome);
    else if (problems.length < PROBLEMS_MAX) problems.push(`outcomes[${i}]: ${reading.problem}`);
  }
  if (problems.length > 0) return { ok: false, why: 'invalid', problems };
  try {
    return { ok: true, ...(await log.append(outcomes)) };
  } catch (error) {
    if (error instanceof OutcomesFull) return { ok: false, why: 'full', problems: [error.message] };
    if (error instanceof Busy) return { ok: false, why: 'busy', problems: [error.message] };
    throw error;
  }
}
