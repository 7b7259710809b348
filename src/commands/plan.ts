// `headgate plan`: who would move if the configuration as it stands came into force, and the lock that makes it so. It writes
// the lock and nothing else; a gate takes both files at its next reload.

import type { Environment } from '../config/interpolate.ts';
import { loadPlan } from '../config/load.ts';
import { formatProblem, type Problem } from '../config/problem.ts';
import type { Renames } from '../split/entry-change.ts';
import { futureProblems } from '../split/future.ts';
import { EMPTY_LOCK } from '../split/lock.ts';
import { lockPath, readLockFile } from '../split/lock-file.ts';
import { planLock } from '../split/plan-lock.ts';
import { subjectsOf } from '../split/splits-of.ts';
import { EXIT } from './exit-codes.ts';
import { changesJson, changesText } from './plan-text.ts';
import { replaceLock } from './replace-lock.ts';

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

/** @returns the exit code: 0, 65 for a name that cannot be renamed so, 69 where the lock cannot be written, 75 where a file was changed meanwhile, 78 for problems */
export async function runPlan(file: string, options: PlanOptions): Promise<number> {
  const { renames, dryRun, json, env, now, stdout, stderr } = options;
  const fail = (problems: readonly Problem[], code: number): number => {
    for (const problem of problems) stderr.write(`${formatProblem(problem)}\n`);
    stderr.write(`${problems.length === 1 ? '1 problem' : `${problems.length} problems`}: the lock is left as it is\n`);
    return code;
  };
  const loaded = loadPlan(file, { env, serial: 1 });
  if (loaded.kind === 'problems') return fail(loaded.problems, EXIT.config);
  const path = lockPath(file);
  const found = readLockFile(path);
  if (found.kind === 'problems') return fail(found.problems, EXIT.config);
  const early = found.kind === 'lock' ? futureProblems(found.lock, found.root, now) : [];
  if (early.length > 0) return fail(early, EXIT.config);

  const before = found.kind === 'lock' ? found.lock : EMPTY_LOCK;
  const { lock, changes, upgraded } = planLock(before, subjectsOf(loaded.plan), renames, now);
  for (const [from, to] of renames) {
    const isUsed = changes.some(({ renamed, oldName, name }) => renamed.has(from) || (oldName === from && name === to));
    if (isUsed) continue;
    stderr.write(`${from}=${to}: no version or model of the lock is called ${from} and has become ${to} in ${file}\n`);
    return EXIT.data;
  }
  const writes = !dryRun && (changes.length > 0 || upgraded || found.kind === 'none');
  if (writes) {
    const lockText = found.kind === 'lock' ? found.text : null;
    const replaced = replaceLock(lock, { file, env, generation: loaded.plan.generation, lockText });
    if (replaced.kind === 'overtaken') return fail([replaced.problem], EXIT.retry);
    if (replaced.kind === 'unwritable') return fail([replaced.problem], EXIT.unavailable);
  }
  const told = { path, written: writes, upgraded };
  stdout.write(json ? changesJson(changes, told) : changesText(changes, told));
  return EXIT.ok;
}
