// `headgate explain`: which version a unit is given, and why, from the configuration and its lock alone. Runs the same assignment
// as the data path; asks no running gate. Files of units are explain-units.ts, past decisions explain-decision.ts.

import type { ExplainView } from '../admin/view.ts';
import type { ModelPlan, Plan } from '../config/plan.ts';
import { formatProblem } from '../config/problem.ts';
import { SLOTS } from '../model.ts';
import { percent } from '../split/differences.ts';
import { asOnTheWire, createExplainer, type Explainer, noAssignment } from '../split/explain.ts';
import type { AllocationTable, ModelHistory } from '../split/tables.ts';
import { EXIT } from './exit-codes.ts';
import { loadAllocated } from './load-allocated.ts';

/** What rules look at, as a person gives it. */
export interface Asked {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly path: string | null;
  readonly body: Uint8Array | null;
}

export interface ExplainOptions extends Asked {
  readonly model: string;
  readonly unit: string;
  readonly file: string;
  readonly json: boolean;
}

/** A model of the configuration, ready to be asked. */
export interface ExplainedModel {
  readonly plan: Plan;
  readonly model: ModelPlan;
  readonly explainer: Explainer;
}

/** A configuration as `explain` reads it. */
export interface Explained {
  readonly plan: Plan;
  named(name: string): ExplainedModel | undefined;
}

/** @returns the exit code */
export async function runExplain(options: ExplainOptions): Promise<number> {
  const found = findModel(options.file, options.model);
  if (typeof found === 'number') return found;
  const obstacle = noAssignment(found.model, Buffer.from(options.unit, 'utf8'));
  if (obstacle !== null) {
    process.stderr.write(`${obstacle}\n`);
    return EXIT.data;
  }
  const view = explain(found, options.unit, options);
  process.stdout.write(options.json ? `${JSON.stringify(view, null, 2)}\n` : explainText(view, found.model));
  return EXIT.ok;
}

/** @returns the exit code where the configuration has problems, which have been told */
export function loadExplained(file: string): Explained | number {
  const loaded = loadAllocated(file, process.env);
  if (loaded.kind === 'problems') {
    for (const problem of loaded.problems) process.stderr.write(`${formatProblem(problem)}\n`);
    return EXIT.config;
  }
  const { plan, allocations, histories } = loaded;
  return {
    plan,
    named(name) {
      const at = plan.models.findIndex((candidate) => candidate.name === name);
      const model = plan.models[at];
      return model === undefined ? undefined : explained(plan, model, allocations[at] ?? [], histories[at]);
    },
  };
}

/** @returns the exit code where there is none, which has been told */
export function findModel(file: string, name: string): ExplainedModel | number {
  const loaded = loadExplained(file);
  if (typeof loaded === 'number') return loaded;
  const found = loaded.named(name);
  if (found !== undefined) return found;
  const names = loaded.plan.models.map((candidate) => candidate.name).join(', ');
  process.stderr.write(`No model is called ${name}; ${file} has ${names}.\n`);
  return EXIT.data;
}

export function explained(
  plan: Plan,
  model: ModelPlan,
  tables: readonly AllocationTable[],
  history?: ModelHistory,
): ExplainedModel {
  return { plan, model, explainer: createExplainer(model, tables, history) };
}

export function explain({ plan, model, explainer }: ExplainedModel, unit: string, asked: Asked): ExplainView {
  const attributes = asOnTheWire(explainer, { ...asked, path: pathOr(asked.path, model) });
  const bytes = Buffer.from(unit, 'utf8');
  return { ...explainer.explain({ bytes, text: unit }, attributes), generation: plan.generation };
}

/** A path that the model is found under, where none was named. */
export function pathOr(path: string | null, { match }: ModelPlan): string {
  return path ?? (match.paths[0] || '/');
}

export function explainText(view: ExplainView, model: ModelPlan): string {
  const epoch = view.epoch === 0 ? 'none: there is no lock' : `${view.epoch}, since ${view.since ?? 'unknown'}`;
  const rows = [
    ['model', view.model],
    ['unit', view.unit],
    ['version', view.version],
    ['why', why(view, model)],
    ['slot', `${view.slot} of ${SLOTS}`],
    ['epoch', epoch],
    ['propensity', `${view.propensity} (of the units that come this way, the share that gets this version)`],
    ...(view.drain === null ? [] : [['drain', drainText(view.drain)]]),
    ...view.earlier.map((answer) => [`epoch ${answer.epoch}`, earlierText(answer)]),
    ['generation', view.generation],
  ];
  return rows.map(([name = '', value = '']) => `${name.padEnd(12)}${value}\n`).join('');
}

function earlierText({ version, reason, from }: ExplainView['earlier'][number]): string {
  if (reason === 'unknown') return `unknown (the lock no longer has the layer of then), since ${from}`;
  if (reason === 'other_key') return `unknown (units were taken from another sticky key), since ${from}`;
  return `${version ?? 'the champion'} (${reason}), since ${from}`;
}

function drainText({ version, forMs }: NonNullable<ExplainView['drain']>): string {
  return `a gate that has seen the unit on ${version} in the last ${durationText(forMs)} leaves it there`;
}

/** In the largest unit that leaves a whole number, as it is written in a configuration. */
function durationText(ms: number): string {
  const units: readonly [name: string, ms: number][] = [
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ];
  const [name, one] = units.find(([, each]) => ms % each === 0) ?? ['ms', 1];
  return `${ms / one} ${name}`;
}

/** The reason in words, with the shares of the split that was used. */
export function why({ reason, rule }: Pick<ExplainView, 'reason' | 'rule'>, model: ModelPlan): string {
  const shares = (split: readonly number[]): string =>
    model.versions.map(({ name }, at) => `${name} ${percent(split[at] ?? 0)}`).join(', ');
  const champion = `the champion`;
  if (reason === 'override') return 'overrides names this unit';
  if (reason === 'holdout') return `held out (holdout ${percent(model.holdout)}): ${champion}`;
  if (reason === 'ineligible') {
    const { layer } = model;
    if (layer !== null)
      return `not in this model's part of layer ${layer.name} (${percent(model.eligible)}): ${champion}`;
    return `not enrolled (eligible ${percent(model.eligible)}): ${champion}`;
  }
  if (rule !== null) return `rules[${rule}] matches the request: ${shares(model.rules[rule]?.split ?? [])}`;
  return `the split: ${shares(model.split)}`;
}
