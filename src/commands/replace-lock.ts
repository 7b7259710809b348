// The lock that a plan makes, written only while what it was planned from still stands: a configuration or a lock that somebody
// saves meanwhile is not written over, nor is a lock left behind that fits a configuration nobody has any more.

import type { Environment } from '../config/interpolate.ts';
import { loadPlan } from '../config/load.ts';
import type { Problem } from '../config/problem.ts';
import type { Lock } from '../split/lock.ts';
import { lockPath, writeLockFile } from '../split/lock-file.ts';

/** What a plan was made from. */
export interface PlannedFrom {
  /** The main configuration file; the lock stands beside it. */
  readonly file: string;
  readonly env: Environment;
  /** Of the configuration alone. */
  readonly generation: string;
  /** Of the lock; null where there was none. */
  readonly lockText: string | null;
}

export type Replaced =
  | { readonly kind: 'written'; readonly text: string }
  /** overtaken: nothing was written, and the next attempt may do better. */
  | { readonly kind: 'overtaken' | 'unwritable'; readonly problem: Problem };

export function replaceLock(lock: Lock, { file, env, generation, lockText }: PlannedFrom): Replaced {
  const path = lockPath(file);
  const standsStill = (): boolean => {
    const again = loadPlan(file, { env, serial: 1 });
    return again.kind === 'plan' && again.plan.generation === generation;
  };
  try {
    const text = writeLockFile(path, lock, { over: lockText, standsStill });
    if (text !== null) return { kind: 'written', text };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const remedy = REMEDIES[code] ?? 'look at its folder';
    return { kind: 'unwritable', problem: ofLock(path, `the lock cannot be written (${code})`, remedy) };
  }
  const problem = 'the configuration or the lock was changed while it was planned: nothing is written';
  return { kind: 'overtaken', problem: ofLock(path, problem, 'plan again') };
}

/** By the code of the system. */
const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: 'correct the rights on its folder',
  EPERM: 'correct the rights on its folder',
  EROFS: 'its folder is mounted read-only: plan where it can be written, and commit the lock from there',
  ENOSPC: 'make room on its disk',
  ENOENT: 'its folder is gone: restore it',
};

function ofLock(path: string, problem: string, remedy: string): Problem {
  return { file: path, line: 1, column: 1, path: '', problem, remedy };
}
