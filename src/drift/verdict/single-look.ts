// Whether one table of rows differs from another, looked at once: large in PSI, and sure. For files at hand; a gate that looks every
// minute needs verdict.ts, since this test would reject in the end whatever comes.

import { type Psi, psiTail } from '../../statistics/psi.ts';

/** Below this PSI nobody acts (credit scoring's rule of thumb), however sure the test is. */
const PSI_MIN = 0.1;
/** Chance of a false alarm without drift, as far as the approximation holds. */
const LEVEL = 1e-6;
/** Fewer rows on either side say nothing. */
export const ROWS_MIN = 100;

/**
 * @param tolerance relative change of every bin's share that is still fine, 0 to 1: such a change makes a PSI of about its square
 */
export function judgeOnce(found: Psi, tolerance: number): 'drifting' | 'steady' | 'unknown' {
  if (found.baselineRows < ROWS_MIN || found.currentRows < ROWS_MIN) return 'unknown';
  return found.psi > PSI_MIN && psiTail(found, tolerance * tolerance) < LEVEL ? 'drifting' : 'steady';
}
