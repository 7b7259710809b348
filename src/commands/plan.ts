// `headgate plan`: who would move if the configuration as it stands came into force, and the lock that makes it so. It writes
// the lock and nothing else; a gate takes both files at its next reload.

import type { Environment } from '../config/interpolate.ts';
import { loadPlan } from '../config/load.ts';
import { formatProblem, type Problem } from '../config/problem.ts';
import { EMPTY_LOCK } from '../split/lock.ts';
import { lockPath, readLockFile, writeLockFile } from '../split/lock-file.ts';
import { planLock, type Renames } from '../split/plan-lock.ts';
import { subjectsOf } from '../split/splits-of.ts';
import { EXIT } from './exit-codes.ts';
import { unwritable } from './load-allocated.ts';
import { changesJson, changesText } from './plan-text.ts';

interface Output {
  write(text: string): unknown;
}

export interface PlanOptions {
  /** Old name -> new name, of versions and models. */
  readonly renames: Renames;
  /** Show, and leave the lock as it is. */
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly env: Environment;
  /** ISO. */
  readonly now: string;
  readonly stdout: Output;
  readonly stderr: Output;
}

/** @returns the exit code: 0, 65 for a name that cannot be renamed so, 69 where the lock cannot be written, 78 for problems */
export async function runPlan(file: string, options: PlanOptions): Promise<number> {
  const { renames, dryRun, json, env, now, stdout, stderr } = options;
  const fail = (problems: readonly Problem[], code: number): number => {
    for (const problem of problems) stderr.write(`${formatProblem(problem)}\n`);
    return code;
  };
  const loaded = loadPlan(file, { env, serial: 1 });
  if (loaded.kind === 'problems') return fail(loaded.problems, EXIT.config);
  const path = lockPath(file);
  const found = readLockFile(path);
  if (found.kind === 'problems') return fail(found.problems, EXIT.config);

  const before = found.kind === 'lock' ? found.lock : EMPTY_LOCK;
  const { lock, changes } = planLock(before, subjectsOf(loaded.plan), renames, now);
  for (const [from, to] of renames) {
    const isUsed = changes.some(({ renamed, oldName, name }) => renamed.has(from) || (oldName === from && name === to));
    if (isUsed) continue;
    stderr.write(`${from}=${to}: no version or model of the lock is called ${from} and has become ${to} in ${file}\n`);
    return EXIT.data;
  }
  const writes = !dryRun && (changes.length > 0 || found.kind === 'none');
  try {
    if (writes) writeLockFile(path, lock);
  } catch (error) {
    return fail([unwritable(path, error)], EXIT.unavailable);
  }
  stdout.write(
    json ? changesJson(changes, { path, written: writes }) : changesText(changes, { path, written: writes }),
  );
  return EXIT.ok;
}
