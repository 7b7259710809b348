// The configuration in force: the last good Plan with its allocation tables, and what became of the latest attempt to
// replace it. Loading changes it whole or not at all. A lock that is stale is a problem like any other.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ConfigStatus } from '../../admin/view.ts';
import { type LoadResult, loadPlan } from '../../config/load.ts';
import type { Plan } from '../../config/plan.ts';
import { formatProblem, type Problem } from '../../config/problem.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Allocations, Histories } from '../../split/tables.ts';
import { EXIT } from '../exit-codes.ts';
import { allocateBy, filesWithLock, type LoadedOrNot, type LoadedPlan } from '../load-allocated.ts';
import { StartError } from '../start-error.ts';
import { createAllocator } from './allocations.ts';
import { restartProblems } from './restart-keys.ts';

export interface Configuration {
  readonly plan: Plan;
  readonly allocations: Allocations;
  readonly histories: Histories;
  readonly status: ConfigStatus;
  /** Every file whose change may change the Plan. */
  files(): readonly string[];
  /** Read the files again. @returns the problems; empty where `plan` is a new one */
  reload(): readonly string[];
  /**
   * Whether the files hold, byte for byte, what the latest `reload` read: then another one would come to the same. False as well
   * where that cannot be told: after the start, and after a reload to which other files belong than to the one before.
   */
  isAsRead(): boolean;
  /** Whether the files say something else than the Plan in force. Reads them, and changes nothing. */
  isStale(): boolean;
}

export interface ConfigurationOptions {
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Whether a stale or missing lock is planned and written here. For one replica only: others would plan for themselves. */
  readonly plansItself?: boolean;
}

/** @throws StartError with every problem, where there is no first Plan */
export function readConfiguration({ file, env, clock, plansItself = false }: ConfigurationOptions): Configuration {
  const allocator = createAllocator();
  const now = (): string => new Date(clock.wall()).toISOString();
  const allocated = (read: Extract<LoadResult, { readonly kind: 'plan' }>): LoadedOrNot =>
    allocateBy(read, { file, allocator, checkedAt: null, planning: plansItself ? { at: now(), env } : null });

  let latest: LoadResult = loadPlan(file, { env, serial: 1 });
  const first = latest.kind === 'problems' ? latest : allocated(latest);
  if (first.kind === 'problems') throw new StartError(EXIT.config, format(first.problems).join('\n'));
  let current: LoadedPlan = first;
  let lastReload: ConfigStatus['lastReload'] = { at: now(), ok: true, problems: [] };
  const reloads = { succeeded: 0, failed: 0 };

  /** Of the files as they were just before the latest attempt: what changes while they are read is not missed. */
  let read: string | null = null;

  /** @returns the problems; empty where `current` is a new one */
  function attempt(): readonly string[] {
    read = digestOf(filesWithLock(file, latest));
    latest = loadPlan(file, { env, serial: current.plan.serial + 1 });
    if (latest.kind === 'problems') return format(latest.problems);
    const restart = restartProblems(current.plan, latest.plan);
    if (restart.length > 0) return restart;
    const next = allocated(latest);
    if (next.kind === 'problems') return format(next.problems);
    if (current.locked && !next.locked) return [LOCK_GONE];
    current = next;
    return [];
  }

  return {
    get plan() {
      return current.plan;
    },
    get allocations() {
      return current.allocations;
    },
    get histories() {
      return current.histories;
    },
    get status() {
      const { generation, serial } = current.plan;
      return { generation, serial, files: filesOf(latest, current), lastReload, reloads: { ...reloads } };
    },
    files: () => filesWithLock(file, latest),
    reload() {
      const problems = attempt();
      lastReload = { at: now(), ok: problems.length === 0, problems };
      if (problems.length === 0) reloads.succeeded++;
      else reloads.failed++;
      return problems;
    },
    isAsRead: () => read !== null && read === digestOf(filesWithLock(file, latest)),
    isStale() {
      const found = loadPlan(file, { env, serial: current.plan.serial });
      const now =
        found.kind === 'problems' ? found : allocateBy(found, { file, allocator, checkedAt: null, planning: null });
      return now.kind === 'problems' || now.plan.generation !== current.plan.generation;
    },
  };
}

function digestOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(JSON.stringify(file));
    try {
      hash.update(createHash('sha256').update(readFileSync(file)).digest());
    } catch (error) {
      hash.update(String((error as NodeJS.ErrnoException).code));
    }
  }
  return hash.digest('hex');
}

const LOCK_GONE =
  'allocations.lock.json is gone, and slots given out afresh would move units; restore it, or restart to go without';

/** What was read last, and the lock where one is in force. */
function filesOf(latest: LoadResult, { locked, files }: LoadedPlan): readonly string[] {
  return locked ? [...latest.files, ...files.slice(-1)] : latest.files;
}

function format(problems: readonly Problem[]): string[] {
  return problems.map((problem) => formatProblem(problem));
}
