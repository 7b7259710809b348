// The allocation tables of a Plan, in shared memory, made on the supervisor's thread so that no request waits for them. A
// table is made once for each set of names and shares: a reload that leaves a split alone keeps its table.

import type { ModelPlan, Plan } from '../../config/plan.ts';
import { allocate } from '../../split/allocate.ts';
import type { Allocations, AllocationTable } from '../../split/tables.ts';

export interface Allocator {
  /** Tables that the Plan does not use are forgotten. */
  allocate(plan: Plan): Allocations;
}

export function createAllocator(): Allocator {
  let tables = new Map<string, AllocationTable>();
  return {
    allocate({ models }) {
      const used = new Map<string, AllocationTable>();
      const table = ({ versions }: ModelPlan, shares: readonly number[]): AllocationTable => {
        const names = versions.map((version) => version.name);
        const key = JSON.stringify([names, shares]);
        const found = used.get(key) ?? tables.get(key) ?? { owners: allocate(names, shares), epoch: 0 };
        used.set(key, found);
        return found;
      };
      const allocations = models.map((model) =>
        [model.split, ...model.rules.map((rule) => rule.split)].map((shares) => table(model, shares)),
      );
      tables = used;
      return allocations;
    },
  };
}
