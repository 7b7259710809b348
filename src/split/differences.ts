// Why an entry of a lock does not fit the model or layer that it is of: shares, enrolment, salt, and the terms beside them.

import type { LockEntry } from './lock.ts';
import { sameShares } from './next-allocation.ts';
import { titleOf } from './split-keys.ts';
import type { Shares, Subject } from './splits-of.ts';
import { termDifferences } from './terms.ts';

/** Why an entry does not fit its subject: short sentences without an end; none where it fits. */
export function differences(entry: LockEntry, subject: Subject): string[] {
  const found: string[] = [];
  if (entry.salt !== subject.salt) found.push(`the salt is ${subject.salt}, in the lock ${entry.salt}`);
  const [then, now] = [entry.enrolment, subject.enrolment];
  for (const key of ['eligible', 'holdout', 'layer'] as const) {
    const [a, b] = [then?.[key] ?? null, now?.[key] ?? null];
    if (a !== b) found.push(`${key} is ${told(b)}, in the lock ${told(a)}`);
  }
  for (const [key, shares] of subject.splits) {
    const locked = entry.splits.get(key)?.shares;
    if (locked === undefined) found.push(`${titleOf(key)} is not in the lock`);
    else if (!sameShares(locked, shares)) {
      found.push(`${titleOf(key)} is ${sharesText(shares)}, in the lock ${sharesText(locked)}`);
    }
  }
  for (const key of entry.splits.keys()) {
    if (!subject.splits.has(key)) found.push(`${titleOf(key)} is only in the lock`);
  }
  // Format 1 does not tell: nothing is said until a plan has written it down.
  if (entry.terms !== null && subject.terms !== null) found.push(...termDifferences(entry.terms, subject.terms));
  return found;
}

function told(value: string | number | null): string {
  return typeof value === 'number' ? percent(value) : (value ?? 'none');
}

/** `logistic 90%, boosted 10%` */
export function sharesText(shares: Shares): string {
  return [...shares].map(([name, share]) => `${name === '' ? '(nobody)' : name} ${percent(share)}`).join(', ');
}

export function percent(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(6))}%`;
}
