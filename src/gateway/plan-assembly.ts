// The next Plan as a gateway thread puts it together: of models that it has, as the very objects that it has, and of those
// that were sent to it because they are not as they were.

import type { ModelPlan, Plan } from '../config/plan.ts';
import type { Allocations, AllocationTable } from '../split/tables.ts';
import { type DeliveredModel, NEXT_PREPARED } from './messages.ts';

export interface PlanAssembly {
  add(models: readonly DeliveredModel[]): void;
  /** @throws where the order names a model that is not there: it is the order of another Plan */
  plan(frame: Omit<Plan, 'models'>, order: Int32Array): { readonly plan: Plan; readonly allocations: Allocations };
}

export function createPlanAssembly(first: Plan, allocations: Allocations): PlanAssembly {
  let models: readonly ModelPlan[] = first.models;
  let tables: Allocations = allocations;
  let added: DeliveredModel[] = [];
  return {
    add: (more) => void added.push(...more),
    plan(frame, order) {
      const next: ModelPlan[] = [];
      const nextTables: (readonly AllocationTable[])[] = [];
      let taken = 0;
      for (const position of order) {
        const sent = position === NEXT_PREPARED ? added[taken++] : undefined;
        const model = sent?.model ?? models[position];
        const own = sent?.tables ?? tables[position];
        if (model === undefined || own === undefined) throw new RangeError(`the Plan before has no model ${position}`);
        next.push(model);
        nextTables.push(own);
      }
      models = next;
      tables = nextTables;
      added = [];
      return { plan: { ...frame, models }, allocations: tables };
    },
  };
}
