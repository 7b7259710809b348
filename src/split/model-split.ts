// From a model's Plan and its allocation tables to all that decides its versions. Whoever assigns - the data path, the admin
// API, the command line - compiles the split here, so that all of them give the same answer.

import type { ModelPlan } from '../config/plan.ts';
import { type ModelSplit, saltBytes } from './assign.ts';
import type { AllocationTable } from './tables.ts';

/**
 * @param tables owners of the slots, for the split and then for each rule's split, in order
 * @throws where a table is missing: the tables belong to another Plan
 */
export function modelSplit(model: ModelPlan, tables: readonly AllocationTable[]): ModelSplit {
  const owners = (at: number): Uint8Array => {
    const table = tables[at];
    if (table === undefined) throw new Error(`model ${model.name} has no allocation ${at}`);
    return new Uint8Array(table.owners);
  };
  return {
    salt: saltBytes(model.salt),
    champion: model.champion,
    shares: model.split,
    owners: owners(0),
    overrides: model.overrides,
    rules: model.rules.map((rule, at) => ({ when: rule.when, shares: rule.split, owners: owners(at + 1) })),
    missing: model.sticky?.missing ?? 'random',
  };
}
