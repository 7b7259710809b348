// The `features` of a model, from JSON pointers as written to the reference tokens that protocols follow (RFC 6901).
// Once per Plan: the result is kept beside the model's plan and goes away with it.

import type { ModelPlan } from '../config/plan.ts';
import type { ReadOptions } from '../protocols/protocol.ts';

const known = new WeakMap<ModelPlan, ReadOptions>();

export function readOptionsOf(model: ModelPlan): ReadOptions {
  const found = known.get(model);
  if (found !== undefined) return found;
  const entries = Object.entries(model.features).map(([column, pointer]) => [column, tokensOf(pointer)] as const);
  const made: ReadOptions = { features: Object.fromEntries(entries) };
  known.set(model, made);
  return made;
}

function tokensOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}
