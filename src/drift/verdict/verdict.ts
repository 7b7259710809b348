// Whether one window of one column has drifted, and when the status follows. Honest limits: this is a test per window. It
// weighs sample sizes, a tolerated effect and two windows in a row, at a level of one in a million per window, so that a false
// alarm is rare; but it has no guarantee over a lifetime of watching, and rows that depend on each other alarm more often.

import { type Psi, psiTail } from '../../statistics/psi.ts';

export type DriftStatus = 'warming' | 'steady' | 'drifting' | 'unknown';

/** Below this PSI nobody acts (credit scoring's rule of thumb), however sure the test is. */
export const PSI_MIN = 0.1;
/** Chance of a false alarm per window without drift, as far as the approximation holds. */
export const LEVEL = 1e-6;
/** Fewer rows on either side say nothing. */
export const ROWS_MIN = 100;
/** Windows in a row that change a mind. */
const PERSISTENCE = 2;

/** What one window says: `gap` where calls stopped, `thin` where there are too few. */
export type Reading = 'over' | 'under' | 'thin' | 'gap';

/**
 * @param tolerance relative change of every bin's share that is still fine, 0 to 1: such a change makes a PSI of about its square
 */
export function judge(found: Psi, tolerance: number): 'over' | 'under' | 'thin' {
  if (found.baselineRows < ROWS_MIN || found.currentRows < ROWS_MIN) return 'thin';
  return found.psi > PSI_MIN && psiTail(found, tolerance * tolerance) < LEVEL ? 'over' : 'under';
}

export interface Verdict {
  readonly status: DriftStatus;
  /** Windows in a row on the other side. */
  readonly against: number;
}

export const WARMING: Verdict = { status: 'warming', against: 0 };

/** The status after one more window. Missing data is never `steady`: what was known becomes unknown. */
export function follow({ status, against }: Verdict, reading: Reading): Verdict {
  if (reading === 'thin' || reading === 'gap') {
    return status === 'warming' ? WARMING : { status: 'unknown', against: 0 };
  }
  const says = reading === 'over' ? 'drifting' : 'steady';
  if (status === says) return { status, against: 0 };
  const isFirst = status === 'warming' || status === 'unknown';
  if ((isFirst && says === 'steady') || against + 1 >= PERSISTENCE) return { status: says, against: 0 };
  return { status, against: against + 1 };
}

/**
 * Whether calls stopped coming: the last tick is empty although the ticks before it make that next to impossible. Calls, not rows:
 * a batch a minute is no gap in the seconds between.
 * @param earlier calls in the window's other ticks
 */
export function isGap(lastCalls: number, earlier: readonly number[]): boolean {
  if (lastCalls > 0 || earlier.length === 0) return false;
  const mean = earlier.reduce((sum, calls) => sum + calls, 0) / earlier.length;
  // A Poisson tick of mean 20 is empty once in 5e8.
  return mean >= 20;
}
