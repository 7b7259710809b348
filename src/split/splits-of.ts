// What of a Plan is allocated: each model with its split and the splits of its rules, each layer with its parts. Everything
// here goes by name, so that the order of versions means nothing.

import type { ModelPlan, Plan } from '../config/plan.ts';
import { ruleKeys, SPLIT } from './split-keys.ts';
import type { Enrolment, Terms } from './tables.ts';
import { termsOf } from './terms.ts';

/** Name -> share, for those above zero, in the order of the names. */
export type Shares = ReadonlyMap<string, number>;

/** A model or a layer: what has an entry of its own in the lock. */
export interface Subject {
  readonly kind: 'model' | 'layer';
  readonly name: string;
  readonly salt: string;
  /** null: a layer. */
  readonly enrolment: Enrolment | null;
  /** null: a layer. */
  readonly terms: Terms | null;
  readonly splits: ReadonlyMap<string, Shares>;
}

/** Models in the order of the Plan, then layers by name. */
export function subjectsOf({ models }: Pick<Plan, 'models'>): Subject[] {
  const layers = new Map<string, Subject>();
  for (const { layer } of models) {
    if (layer === null) continue;
    const { name, members, shares } = layer;
    const splits = new Map([[SPLIT, sharesOf(members, shares)]]);
    layers.set(name, { kind: 'layer', name, salt: name, enrolment: null, terms: null, splits });
  }
  return [...models.map(modelSubject), ...[...layers.values()].sort((a, b) => (a.name < b.name ? -1 : 1))];
}

function modelSubject(model: ModelPlan): Subject {
  const { name, salt, eligible, holdout, layer, versions } = model;
  const names = versions.map((version) => version.name);
  const splits = new Map([[SPLIT, sharesOf(names, model.split)]]);
  for (const [at, key] of ruleKeys(model).entries()) splits.set(key, sharesOf(names, model.rules[at]?.split ?? []));
  const enrolment = { eligible, holdout, layer: layer?.name ?? null };
  return { kind: 'model', name, salt, enrolment, terms: termsOf(model), splits };
}

function sharesOf(names: readonly string[], shares: readonly number[]): Shares {
  const given = names.map((name, at): [string, number] => [name, shares[at] ?? 0]).filter(([, share]) => share > 0);
  return new Map(given.sort(([a], [b]) => (a < b ? -1 : 1)));
}
