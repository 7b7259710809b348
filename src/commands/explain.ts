// `headgate explain`: which version a unit is given, and why, from the configuration alone. Runs the same assignment as the
// data path; asks no running gate.

import type { ExplainView } from '../admin/view.ts';
import { loadPlan } from '../config/load.ts';
import type { ModelPlan, Plan } from '../config/plan.ts';
import { formatProblem } from '../config/problem.ts';
import { SLOTS } from '../model.ts';
import { explainUnit, noAssignment } from '../split/explain.ts';
import { EXIT } from './exit-codes.ts';
import { createAllocator } from './supervise/allocations.ts';

export interface ExplainOptions {
  readonly model: string;
  readonly unit: string;
  readonly file: string;
  /** What rules look at. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly path: string | null;
  readonly json: boolean;
}

/** @returns the exit code */
export async function runExplain(options: ExplainOptions): Promise<number> {
  const loaded = loadPlan(options.file, { env: process.env, serial: 1 });
  if (loaded.kind === 'problems') {
    for (const problem of loaded.problems) process.stderr.write(`${formatProblem(problem)}\n`);
    return EXIT.config;
  }
  const { plan } = loaded;
  const model = plan.models.find((candidate) => candidate.name === options.model);
  const obstacle = model === undefined ? unknownModel(options, plan) : noAssignment(model, options.unit);
  if (model === undefined || obstacle !== null) {
    process.stderr.write(`${obstacle}\n`);
    return EXIT.data;
  }
  const view = explain(plan, model, options);
  process.stdout.write(options.json ? `${JSON.stringify(view, null, 2)}\n` : explainText(view, model));
  return EXIT.ok;
}

function unknownModel({ model, file }: ExplainOptions, plan: Plan): string {
  return `No model is called ${model}; ${file} has ${plan.models.map(({ name }) => name).join(', ')}.`;
}

export function explain(plan: Plan, model: ModelPlan, options: Omit<ExplainOptions, 'file' | 'json'>): ExplainView {
  const tables = createAllocator().allocate({ ...plan, models: [model] })[0] ?? [];
  const path = options.path ?? (model.match.paths[0] || '/');
  return { ...explainUnit(model, tables, options.unit, { ...options, path }), generation: plan.generation };
}

export function explainText(view: ExplainView, model: ModelPlan): string {
  const rows = [
    ['model', view.model],
    ['unit', view.unit],
    ['version', view.version],
    ['why', why(view, model)],
    ['slot', `${view.slot} of ${SLOTS}`],
    ['propensity', `${view.propensity} (the share of units with the same answer)`],
    ['generation', view.generation],
  ];
  return rows.map(([name = '', value = '']) => `${name.padEnd(12)}${value}\n`).join('');
}

function why(view: ExplainView, model: ModelPlan): string {
  const shares = (split: readonly number[]): string =>
    model.versions.map(({ name }, at) => `${name} ${Number(((split[at] ?? 0) * 100).toFixed(2))}%`).join(', ');
  if (view.reason === 'override') return 'overrides names this unit';
  if (view.rule !== null)
    return `rules[${view.rule}] matches the request: ${shares(model.rules[view.rule]?.split ?? [])}`;
  return `the split: ${shares(model.split)}`;
}
