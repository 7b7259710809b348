// A configuration with its lock: the Plan and who owns each slot, or every problem of either file. A lock that is there must
// fit; whoever may plan by itself (`serve --plan`) brings it up to date first.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Environment } from '../config/interpolate.ts';
import { filesToWatch, type LoadResult, loadPlan } from '../config/load.ts';
import type { Plan } from '../config/plan.ts';
import type { Problem } from '../config/problem.ts';
import { parseBaseline } from '../drift/baseline/baseline.ts';
import { futureProblems } from '../split/future.ts';
import { EMPTY_LOCK, type Lock } from '../split/lock.ts';
import { lockPath, readLockFile } from '../split/lock-file.ts';
import { planLock } from '../split/plan-lock.ts';
import { subjectsOf } from '../split/splits-of.ts';
import { staleProblems } from '../split/stale.ts';
import { replaceLock } from './replace-lock.ts';
import { type Allocated, type Allocator, createAllocator } from './supervise/allocations.ts';

export interface LoadedPlan extends Allocated {
  readonly kind: 'plan';
  readonly plan: Plan;
  /** Whether a lock says who owns the slots; otherwise they are given out afresh from the shares. */
  readonly locked: boolean;
  readonly files: readonly string[];
}

export type LoadedOrNot =
  | LoadedPlan
  | { readonly kind: 'problems'; readonly problems: readonly Problem[]; readonly files: readonly string[] };

/**
 * For commands that look once.
 * @param checkedAt ISO: a lock that begins later is a problem; null: nobody asks for the time
 */
export function loadAllocated(file: string, env: Environment, checkedAt: string | null = null): LoadedOrNot {
  const read = loadPlan(file, { env, serial: 1 });
  if (read.kind === 'problems') return { kind: 'problems', problems: read.problems, files: read.files };
  return allocateBy(read, { file, allocator: createAllocator(), checkedAt, planning: null });
}

export interface AllocateOptions {
  /** The main configuration file; the lock stands beside it. */
  readonly file: string;
  readonly allocator: Allocator;
  /** ISO time against which the lock's epochs are held; null: nobody asks. */
  readonly checkedAt: string | null;
  /** The time of new epochs, where a stale or missing lock may be planned and written here; null: it may not. */
  readonly planning: { readonly at: string; readonly env: Environment } | null;
}

export function allocateBy(
  { plan, files }: Extract<LoadResult, { readonly kind: 'plan' }>,
  { file, allocator, checkedAt, planning }: AllocateOptions,
): LoadedOrNot {
  const unread = baselineProblems(plan);
  if (unread.length > 0) return { kind: 'problems', problems: unread, files };
  const path = lockPath(file);
  const found = readLockFile(path, allocator.known);
  if (found.kind === 'problems') return { kind: 'problems', problems: found.problems, files };
  const done = (lock: Lock, text: string): LoadedPlan => {
    const named = { ...plan, generation: generationWith(plan.generation, text) };
    return { kind: 'plan', plan: named, locked: true, files: [...files, path], ...allocator.allocate(named, lock) };
  };
  const subjects = subjectsOf(plan);
  const now = planning?.at ?? checkedAt;
  const early = found.kind === 'lock' && now !== null ? futureProblems(found.lock, found.root, now) : [];
  if (early.length > 0) return { kind: 'problems', problems: early, files };
  if (planning !== null) {
    const before = found.kind === 'lock' ? found.lock : EMPTY_LOCK;
    const { lock, changes, upgraded } = planLock(before, subjects, new Map(), planning.at);
    if (found.kind === 'lock' && changes.length === 0 && !upgraded) return done(lock, found.text);
    const lockText = found.kind === 'lock' ? found.text : null;
    const replaced = replaceLock(lock, { file, env: planning.env, generation: plan.generation, lockText });
    if (replaced.kind === 'written') return done(lock, replaced.text);
    return { kind: 'problems', problems: [replaced.problem], files };
  }
  if (found.kind === 'none') return { kind: 'plan', plan, locked: false, files, ...allocator.allocate(plan, null) };
  const problems = staleProblems(found.lock, found.root, subjects);
  return problems.length > 0 ? { kind: 'problems', problems, files } : done(found.lock, found.text);
}

/** Baselines that are named and cannot be used. */
function baselineProblems({ models }: Plan): Problem[] {
  return models.flatMap(({ name, drift: { baseline: file } }) => {
    if (file === null) return [];
    const reading = parseBaseline(readFileSync(file, 'utf8'));
    if (reading.ok) return [];
    const remedy = 'mend the file, or leave drift.baseline out: then the first rows are the baseline';
    return reading.problems.slice(0, PROBLEMS_SHOWN).map((problem) => ({
      file,
      line: 1,
      column: 1,
      path: `models.${name}.drift.baseline`,
      problem: problem.replace(/\s+/g, ' '),
      remedy,
    }));
  });
}

/** Of one baseline: a file of another kind would fill the screen. */
const PROBLEMS_SHOWN = 5;

/** The files whose change may change the allocation, the lock among them where there is none yet. */
export function filesWithLock(file: string, result: LoadResult): readonly string[] {
  return [...filesToWatch(result), lockPath(file)];
}

/** A generation names all that decides about requests, so the lock is part of it. 16 hex digits. */
function generationWith(generation: string, text: string): string {
  return createHash('sha256').update(`${generation}\n${text}`).digest('hex').slice(0, 16);
}
