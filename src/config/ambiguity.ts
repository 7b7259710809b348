// Two models for one request: the longest path prefix wins, then the model whose conditions are the other's and more. Where
// neither is clear, the order of a file would decide, and that is refused.

import type { Located } from './located.ts';
import type { MatchPlan, ModelPlan } from './plan.ts';
import type { Findings } from './problem.ts';

export interface PlacedModel {
  readonly plan: ModelPlan;
  readonly at: Located;
}

export function reportAmbiguity(models: readonly PlacedModel[], findings: Findings): void {
  const byPath = new Map<string, PlacedModel[]>();
  for (const model of models) {
    for (const path of new Set(model.plan.match.paths)) {
      const sharing = byPath.get(path) ?? [];
      const rival = sharing.find((other) => isAmbiguous(model.plan.match, other.plan.match));
      if (rival !== undefined) {
        const problem = `requests below ${path === '' ? '/' : path} match ${rival.plan.name} as well`;
        findings.atKey(model.at, 'match', problem, 'give one of the two another path, method, host or header');
      }
      sharing.push(model);
      byPath.set(path, sharing);
    }
  }
}

/** Whether some request fits both, and neither is the more specific. */
function isAmbiguous(a: MatchPlan, b: MatchPlan): boolean {
  return overlaps(a, b) && !refines(a, b) && !refines(b, a);
}

function overlaps(a: MatchPlan, b: MatchPlan): boolean {
  if (a.host !== null && b.host !== null && a.host !== b.host) return false;
  if (a.methods !== null && b.methods !== null && !a.methods.some((method) => b.methods?.includes(method)))
    return false;
  return Object.entries(a.headers).every(
    ([name, value]) => !Object.hasOwn(b.headers, name) || b.headers[name] === value,
  );
}

/** Whether every request of `narrow` fits `wide` too, and `narrow` has more conditions. */
function refines(narrow: MatchPlan, wide: MatchPlan): boolean {
  if (conditions(narrow) <= conditions(wide)) return false;
  if (wide.host !== null && wide.host !== narrow.host) return false;
  if (wide.methods !== null && !(narrow.methods?.every((method) => wide.methods?.includes(method)) ?? false))
    return false;
  return Object.entries(wide.headers).every(([name, value]) => narrow.headers[name] === value);
}

function conditions({ methods, host, headers }: MatchPlan): number {
  return (methods === null ? 0 : 1) + (host === null ? 0 : 1) + Object.keys(headers).length;
}
