// `headgate explain`: which version a unit is given, and why, from the configuration alone. Runs the same assignment as the
// data path; asks no running gate.

import type { ExplainView } from '../admin/view.ts';
import { loadPlan } from '../config/load.ts';
import type { ModelPlan, Plan } from '../config/plan.ts';
import { formatProblem } from '../config/problem.ts';
import { SLOTS } from '../model.ts';
import { type Attributes, assign, matchingRule } from '../split/assign.ts';
import { modelSplit } from '../split/model-split.ts';
import { UNIT_BYTES_MAX } from '../split/unit.ts';
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

/** Why the data path would not assign by this unit, or null where it would. */
function noAssignment(model: ModelPlan, unit: string): string | null {
  const bytes = Buffer.byteLength(unit, 'utf8');
  if (model.sticky === null) return `Model ${model.name} has no sticky key: each of its decisions is split by chance.`;
  if (bytes === 0 || bytes > UNIT_BYTES_MAX) {
    return `A unit has 1 to ${UNIT_BYTES_MAX} bytes, this one ${bytes}: the gate takes it for absent (sticky.missing: ${model.sticky.missing}).`;
  }
  return null;
}

export function explain(plan: Plan, model: ModelPlan, options: Omit<ExplainOptions, 'file' | 'json'>): ExplainView {
  const split = modelSplit(model, createAllocator().allocate({ ...plan, models: [model] })[0] ?? []);
  const attributes = attributesOf(model, options);
  const unit = { bytes: Buffer.from(options.unit, 'utf8'), text: options.unit };
  const assignment = assign(split, unit, attributes, () => 0);
  if (assignment === null) throw new Error(`a unit was given, and model ${model.name} refused it`);
  return {
    model: model.name,
    unit: options.unit,
    version: model.versions[assignment.version]?.name ?? '',
    slot: assignment.slot,
    propensity: assignment.propensity,
    reason: assignment.reason,
    rule: assignment.reason === 'rule' ? matchingRule(split.rules, attributes) : null,
    generation: plan.generation,
  };
}

function attributesOf(
  model: ModelPlan,
  { headers, query, path }: Pick<ExplainOptions, 'headers' | 'query' | 'path'>,
): Attributes {
  const search = new URLSearchParams(query).toString();
  return {
    rawHeaders: Object.entries(headers).flatMap(([name, value]) => [
      name,
      Buffer.from(value, 'utf8').toString('latin1'),
    ]),
    target: `${path ?? (model.match.paths[0] || '/')}${search === '' ? '' : `?${search}`}`,
  };
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
