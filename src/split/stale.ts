// Whether a lock fits a Plan. A lock that does not is never used in part: what it lacks would be guessed, and units would move
// that nobody had planned to move.

import { child, type Located } from '../config/located.ts';
import { createFindings, type Problem } from '../config/problem.ts';
import { differences } from './differences.ts';
import { entryOf, type Lock } from './lock.ts';
import type { Subject } from './splits-of.ts';

/**
 * @param root of the lock's text, for the places
 * @returns a problem for each model or layer that the lock tells otherwise; none where it is fresh
 */
export function staleProblems(lock: Lock, root: Located, subjects: readonly Subject[]): readonly Problem[] {
  const findings = createFindings();
  const remedy = 'run `headgate plan`, look at who moves, and commit both files';
  for (const subject of subjects) {
    const { kind, name } = subject;
    const entry = entryOf(lock, subject);
    const section = child(root, `${kind}s`) ?? root;
    const reasons = entry === undefined ? [`${kind} ${name} is not in the lock`] : differences(entry, subject);
    for (const reason of reasons) findings.atKey(section, name, `the lock is stale: ${reason}`, remedy);
  }
  for (const kind of ['model', 'layer'] as const) {
    for (const name of lock[`${kind}s`].keys()) {
      if (subjects.some((subject) => subject.kind === kind && subject.name === name)) continue;
      findings.atKey(child(root, `${kind}s`) ?? root, name, `the lock is stale: there is no ${kind} ${name}`, remedy);
    }
  }
  return findings.all();
}
