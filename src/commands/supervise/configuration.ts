// The configuration in force: the last good Plan with its allocation tables, and what became of the latest attempt to
// replace it. Loading changes it whole or not at all.

import type { ConfigStatus } from '../../admin/view.ts';
import { filesToWatch, type LoadResult, loadPlan } from '../../config/load.ts';
import type { Plan } from '../../config/plan.ts';
import { formatProblem } from '../../config/problem.ts';
import type { Clock } from '../../kernel/clock.ts';
import { EXIT } from '../exit-codes.ts';
import { StartError } from '../start-error.ts';
import { type Allocations, createAllocator } from './allocations.ts';
import { restartProblems } from './restart-keys.ts';

export interface Configuration {
  readonly plan: Plan;
  readonly allocations: Allocations;
  readonly status: ConfigStatus;
  /** Every file whose change may change the Plan. */
  files(): readonly string[];
  /** Read the files again. @returns the problems; empty where `plan` is a new one */
  reload(): readonly string[];
  /** Whether the files say something else than the Plan in force. Reads them, and changes nothing. */
  isStale(): boolean;
}

export interface ConfigurationOptions {
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

/** @throws StartError with every problem, where there is no first Plan */
export function readConfiguration({ file, env, clock }: ConfigurationOptions): Configuration {
  const first = loadPlan(file, { env, serial: 1 });
  if (first.kind === 'problems') throw new StartError(EXIT.config, format(first).join('\n'));
  const allocator = createAllocator();
  const now = (): string => new Date(clock.wall()).toISOString();
  let latest: LoadResult = first;
  let plan = first.plan;
  let allocations = allocator.allocate(plan);
  let lastReload: ConfigStatus['lastReload'] = { at: now(), ok: true, problems: [] };
  const reloads = { succeeded: 0, failed: 0 };

  return {
    get plan() {
      return plan;
    },
    get allocations() {
      return allocations;
    },
    get status() {
      const { generation, serial } = plan;
      return { generation, serial, files: latest.files, lastReload, reloads: { ...reloads } };
    },
    files: () => filesToWatch(latest),
    reload() {
      latest = loadPlan(file, { env, serial: plan.serial + 1 });
      const problems = latest.kind === 'problems' ? format(latest) : restartProblems(plan, latest.plan);
      lastReload = { at: now(), ok: problems.length === 0, problems };
      if (latest.kind === 'problems' || problems.length > 0) {
        reloads.failed++;
        return problems;
      }
      reloads.succeeded++;
      plan = latest.plan;
      allocations = allocator.allocate(plan);
      return [];
    },
    isStale() {
      const now = loadPlan(file, { env, serial: plan.serial });
      return now.kind === 'problems' || now.plan.generation !== plan.generation;
    },
  };
}

function format({ problems }: Extract<LoadResult, { readonly kind: 'problems' }>): string[] {
  return problems.map((problem) => formatProblem(problem));
}
