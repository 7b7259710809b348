// What of a Plan is allocated: each model with its split and the splits of its rules, each layer with its parts. Everything
// here goes by name, so that neither the order of versions nor that of rules means anything.

import type { ModelPlan, Plan, RulePlan } from '../config/plan.ts';
import type { Enrolment } from './tables.ts';

/** Name -> share, for those above zero, in the order of the names. */
export type Shares = ReadonlyMap<string, number>;

/** A model or a layer: what has an entry of its own in the lock. */
export interface Subject {
  readonly kind: 'model' | 'layer';
  readonly name: string;
  readonly salt: string;
  /** null: a layer. */
  readonly enrolment: Enrolment | null;
  readonly splits: ReadonlyMap<string, Shares>;
}

/** Key of the model's own split, and of a layer's only one. */
export const SPLIT = 'split';

/** Models in the order of the Plan, then layers by name. */
export function subjectsOf({ models }: Pick<Plan, 'models'>): Subject[] {
  const layers = new Map<string, Subject>();
  for (const { layer } of models) {
    if (layer === null) continue;
    const { name, members, shares } = layer;
    const splits = new Map([[SPLIT, sharesOf(members, shares)]]);
    layers.set(name, { kind: 'layer', name, salt: name, enrolment: null, splits });
  }
  return [...models.map(modelSubject), ...[...layers.values()].sort((a, b) => (a.name < b.name ? -1 : 1))];
}

function modelSubject(model: ModelPlan): Subject {
  const { name, salt, eligible, holdout, layer, versions } = model;
  const names = versions.map((version) => version.name);
  const splits = new Map([[SPLIT, sharesOf(names, model.split)]]);
  for (const [at, key] of ruleKeys(model).entries()) splits.set(key, sharesOf(names, model.rules[at]?.split ?? []));
  return { kind: 'model', name, salt, enrolment: { eligible, holdout, layer: layer?.name ?? null }, splits };
}

/** One key per rule, in order: what the rule asks for. A rule that asks the same as one before it gets a number. */
export function ruleKeys({ rules }: ModelPlan): string[] {
  const seen = new Map<string, number>();
  return rules.map(({ when }) => {
    const key = ruleKey(when);
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    return times === 1 ? key : `${key} #${times}`;
  });
}

/** The condition as JSON in one order, without its empty parts: `{"header":{"region":"EU"}}`. */
function ruleKey({ headers, query, path, body }: RulePlan['when']): string {
  const fields = body.map(({ tokens, value }): [string, string] => [JSON.stringify(tokens), value]);
  return JSON.stringify({
    ...some('header', Object.entries(headers)),
    ...some('query', Object.entries(query)),
    ...(path === null ? {} : { path }),
    ...some('body', fields),
  });
}

function some(key: string, entries: readonly [string, string][]): Record<string, unknown> {
  if (entries.length === 0) return {};
  return { [key]: Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function sharesOf(names: readonly string[], shares: readonly number[]): Shares {
  const given = names.map((name, at): [string, number] => [name, shares[at] ?? 0]).filter(([, share]) => share > 0);
  return new Map(given.sort(([a], [b]) => (a < b ? -1 : 1)));
}
