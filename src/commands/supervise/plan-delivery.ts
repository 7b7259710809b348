// A new Plan on its way to the gateway threads. Whatever a thread unpacks or compiles, its requests wait for: so it is sent
// only the models that have changed, a few at a time, and then, in one message, which of all its models the new Plan is made of.

import { isDeepStrictEqual } from 'node:util';
import type { Plan } from '../../config/plan.ts';
import { type DeliveredModel, NEXT_PREPARED } from '../../gateway/messages.ts';
import type { Allocations, AllocationTable } from '../../split/tables.ts';
import type { GatewayThread } from './threads.ts';

/** A Plan, and what its models were given. */
export interface Allocated {
  readonly plan: Plan;
  readonly allocations: Allocations;
}

export interface PlanDelivery {
  readonly frame: Omit<Plan, 'models'>;
  /** Of each model its position in the Plan before, or NEXT_PREPARED. */
  readonly order: Int32Array;
  /** In the order of the Plan. */
  readonly changed: readonly DeliveredModel[];
}

/** Unpacked and compiled in one go: some 50 us each, and several times that while the code is still cold. */
const MODELS_AT_ONCE = 8;

export function planDelivery(before: Allocated, { plan, allocations }: Allocated): PlanDelivery {
  const positions = new Map(before.plan.models.map(({ name }, position) => [name, position]));
  const changed: DeliveredModel[] = [];
  const order = Int32Array.from(plan.models, (model, index) => {
    const tables = allocations[index] ?? [];
    const position = positions.get(model.name) ?? NEXT_PREPARED;
    const known = before.plan.models[position];
    if (isSameTables(before.allocations[position], tables) && isDeepStrictEqual(known, model)) return position;
    changed.push({ model, tables });
    return NEXT_PREPARED;
  });
  const { models: _, ...frame } = plan;
  return { frame, order, changed };
}

/** A table that stays is the same object from one reload to the next. */
function isSameTables(before: readonly AllocationTable[] | undefined, now: readonly AllocationTable[]): boolean {
  return before !== undefined && before.length === now.length && now.every((table, at) => table === before[at]);
}

/** Resolves once the thread decides by the new Plan; rejects where it has ended. */
export async function deliver(gateway: GatewayThread, { frame, order, changed }: PlanDelivery): Promise<void> {
  for (let at = 0; at < changed.length; at += MODELS_AT_ONCE) {
    const prepared = gateway.next(({ kind }) => kind === 'prepared');
    gateway.say({ kind: 'prepare', models: changed.slice(at, at + MODELS_AT_ONCE) });
    await prepared;
  }
  const swapped = gateway.next((message) => message.kind === 'swapped' && message.serial === frame.serial);
  gateway.say({ kind: 'swap', plan: frame, models: order });
  await swapped;
}
