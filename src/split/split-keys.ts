// Splits by key: `split` is a model's own, and a layer's only one; the key of a rule's split is what the rule asks for. So
// neither the order of versions nor that of rules means anything to an allocation.

import type { ModelPlan, RulePlan } from '../config/plan.ts';

/** Key of the model's own split, and of a layer's only one. */
export const SPLIT = 'split';

/** The split as people know it. */
export function titleOf(key: string): string {
  return key === SPLIT ? 'the split' : `the rule ${key}`;
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
