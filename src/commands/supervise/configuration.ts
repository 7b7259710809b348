// The configuration in force: the last good Plan with its allocation tables, and what became of the latest attempt to
// replace it. Loading changes it whole or not at all.

import type { ConfigStatus } from '../../admin/view.ts';
import { filesToWatch, type LoadResult, loadPlan } from '../../config/load.ts';
import type { Plan } from '../../config/plan.ts';
import { formatProblem } from '../../config/problem.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Allocations, Histories } from '../../split/tables.ts';
import { EXIT } from '../exit-codes.ts';
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
    get histories() {
      return plan.models.map(() => ({ since: null, past: [] }));
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
  };
}

function format({ problems }: Extract<LoadResult, { readonly kind: 'problems' }>): string[] {
  return problems.map((problem) => formatProblem(problem));
}
