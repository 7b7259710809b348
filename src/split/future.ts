// A lock whose epochs begin later than now: the clock of the machine that wrote it is ahead, or this one's is behind. Whoever
// writes an epoch, or checks a lock before it is committed, refuses it. Whoever only assigns does not look: time moves nobody.

import { child, type Located } from '../config/located.ts';
import { createFindings, type Problem } from '../config/problem.ts';
import type { Lock } from './lock.ts';

/** Clocks that are kept by NTP differ by less. */
export const CLOCK_SKEW_MS = 5 * 60_000;

/**
 * @param root of the lock's text, for the places
 * @param now ISO
 */
export function futureProblems(lock: Lock, root: Located, now: string): readonly Problem[] {
  const findings = createFindings();
  const latest = Date.parse(now) + CLOCK_SKEW_MS;
  const remedy = 'set the clock right; where it is right, restore the file from version control';
  for (const key of ['models', 'layers'] as const) {
    for (const [name, { epoch, at }] of lock[key]) {
      if (Date.parse(at) <= latest) continue;
      const problem = `this lock is from the future: epoch ${epoch} begins at ${at}, and the clock here says ${now}`;
      findings.at(child(root, key, name, 'at') ?? root, problem, remedy);
    }
  }
  return findings.all();
}
