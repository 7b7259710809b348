// What the supervisor and a gateway thread say to each other.

import type { ModelPlan, Plan } from '../config/plan.ts';
import type { Allocations, AllocationTable } from '../split/tables.ts';

export interface GatewaySetup {
  readonly thread: number;
  readonly plan: Plan;
  readonly allocations: Allocations;
}

export type ToGateway =
  | { readonly kind: 'listen'; readonly port: number }
  /** Models of the next Plan that are not as they were; more of them follow once these are prepared. */
  | { readonly kind: 'prepare'; readonly models: readonly DeliveredModel[] }
  /** That Plan: its models, in order, by their position in the Plan before, or NEXT_PREPARED. */
  | { readonly kind: 'swap'; readonly plan: Omit<Plan, 'models'>; readonly models: Int32Array }
  /** Stop: `graceful` answers what is under way first. */
  | { readonly kind: 'drain'; readonly graceful: boolean };

export interface DeliveredModel {
  readonly model: ModelPlan;
  readonly tables: readonly AllocationTable[];
}

/** The first of those prepared that has no position yet. */
export const NEXT_PREPARED = -1;

export type FromGateway =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'failed'; readonly code: string; readonly problem: string }
  | { readonly kind: 'prepared' }
  | { readonly kind: 'swapped'; readonly serial: number }
  | { readonly kind: 'drained' };
