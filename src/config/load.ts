// From a file to a Plan, or to every problem that stands in its way. Read, include, merge defaults, check each model, check
// the models against each other; nothing is repaired, and nothing is used while one problem is left.

import { dirname, resolve } from 'node:path';
import { reportAmbiguity } from './ambiguity.ts';
import { withDefaults } from './defaults.ts';
import { generationOf, shareable } from './generation.ts';
import { matching, readIncludes } from './include.ts';
import type { Environment } from './interpolate.ts';
import { type WithLayerName, withLayers } from './layers.ts';
import { child, entriesOf, type Located } from './located.ts';
import { createNamedFiles, type NamedFiles } from './named-files.ts';
import type { ModelPlan, Plan } from './plan.ts';
import { createFindings, type Findings, type Problem } from './problem.ts';
import { resolveAlarms } from './resolve-alarms.ts';
import { resolveGate } from './resolve-gate.ts';
import { resolveModel } from './resolve-model.ts';
import { resolveSinks } from './resolve-sinks.ts';
import { gateSchema, MODELS_MAX, modelSchema } from './schema.ts';
import { readYaml } from './source.ts';
import { validate } from './validate.ts';

interface Read {
  /** Every file that was read or looked for, absolute: YAML, PEM and baselines. */
  readonly files: readonly string[];
  /** Absolute globs of `include`. */
  readonly patterns: readonly string[];
}

export type LoadResult =
  | ({ readonly kind: 'plan'; readonly plan: Plan } & Read)
  | ({ readonly kind: 'problems'; readonly problems: readonly Problem[] } & Read);

export interface LoadOptions {
  readonly env: Environment;
  /** Position of this Plan among the Plans of the process, from 1. */
  readonly serial: number;
}

/** Reads synchronously: some milliseconds for a file, some hundred for 400 models. Never throws for what a file holds. */
export function loadPlan(file: string, { env, serial }: LoadOptions): LoadResult {
  const path = resolve(file);
  const findings = createFindings();
  const files = createNamedFiles(dirname(path), findings);
  files.add(path);
  const { root } = readYaml(path, env, findings, null);
  const raw = root === undefined ? undefined : validate(gateSchema, root, findings);
  if (root === undefined || raw === undefined) {
    return { kind: 'problems', problems: findings.all(), files: files.all, patterns: [] };
  }
  const includes = readIncludes(raw, root, files, env, findings);
  const gate = resolveGate(raw, root, files, env, findings);
  const models = readModels(root, includes.models, files, findings);
  const named = new Set(models.plans.map(({ name }) => name));
  const sinks = resolveSinks(raw.captures.sinks, child(root, 'captures', 'sinks') ?? root, named, files, findings);
  const alarms = resolveAlarms(raw.alarms, child(root, 'alarms') ?? root, named, files, findings);
  const read = { files: files.all, patterns: includes.patterns };
  if (findings.count > 0) return { kind: 'problems', problems: findings.all(), ...read };
  const { models: _models, defaults: _defaults, include: _include, ...own } = raw;
  const generation = generationOf({ gate: shareable(own, root), models: models.content, files: files.digests });
  return { kind: 'plan', plan: planOf({ ...gate, sinks, alarms }, models.plans, generation, serial), ...read };
}

/** What to watch: the files of a result, and those that its patterns match now. */
export function filesToWatch(result: LoadResult): readonly string[] {
  return [...new Set([...result.files, ...result.patterns.flatMap(matching)])];
}

function planOf(
  gate: Omit<Plan, 'generation' | 'serial' | 'models'>,
  models: readonly ModelPlan[],
  generation: string,
  serial: number,
): Plan {
  return { generation, serial, ...gate, models };
}

function readModels(root: Located, included: readonly Located[], files: NamedFiles, findings: Findings) {
  const defaults = child(root, 'defaults');
  if (defaults !== undefined) validate(modelSchema, defaults, findings);
  const named = collect(root, included, findings);
  const placed: WithLayerName[] = [];
  const content: Record<string, unknown> = {};
  for (const [name, own] of named) {
    const at = withDefaults(own, defaults);
    const raw = validate(modelSchema, at, findings);
    if (raw === undefined) continue;
    placed.push({ plan: resolveModel(name, raw, at, files, findings), at, layer: raw.layer ?? null });
    content[name] = shareable(raw, at);
  }
  reportAmbiguity(placed, findings);
  return { plans: withLayers(placed, findings), content };
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** The models of all files by name, each once. */
function collect(root: Located, included: readonly Located[], findings: Findings): ReadonlyMap<string, Located> {
  const named = new Map<string, Located>();
  const own = child(root, 'models');
  for (const models of own === undefined ? included : [own, ...included]) {
    if (models.kind !== 'map') {
      findings.at(models, '`models` is not a map', 'write a name and its keys below it');
      continue;
    }
    for (const [name, model] of entriesOf(models)) {
      const first = named.get(name);
      if (!NAME.test(name)) {
        const remedy = 'use up to 128 letters, digits, dots, dashes and underscores, a letter or digit first';
        findings.atKey(models, name, 'this is no name for a model', remedy);
      } else if (first !== undefined) {
        const { line } = first.source.position(first.keyOffset);
        findings.atKey(
          models,
          name,
          `model ${name} stands in ${first.source.path}:${line} as well`,
          'rename one of the two',
        );
      } else named.set(name, model);
    }
  }
  const empty = [own, ...included].every(
    (models) => models === undefined || (models.kind === 'map' && models.entries.size === 0),
  );
  if (empty) findings.atKey(root, 'models', 'there is no model', 'write at least one below `models`');
  if (named.size > MODELS_MAX) {
    findings.atKey(
      root,
      'models',
      `${named.size} models are more than ${MODELS_MAX}`,
      'spread them over several gates',
    );
  }
  return named;
}
