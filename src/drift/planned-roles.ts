// Which roles a Plan still gives a version. What it sends no calls to any more has no gap in its data: it is forgotten.

import type { ModelPlan } from '../config/plan.ts';
import type { Role } from '../model.ts';

export function isPlanned(model: ModelPlan, version: string, role: Role): boolean {
  const index = model.versions.findIndex(({ name }) => name === version);
  if (index === -1) return false;
  if (role === 'shadow') return model.mirrors.some((mirror) => mirror.version === index);
  if (role === 'champion') return model.champion === index;
  if (model.champion === index) return false;
  const splits = [model.split, ...model.rules.map(({ split }) => split)];
  return splits.some((split) => (split[index] ?? 0) > 0) || [...model.overrides.values()].includes(index);
}
