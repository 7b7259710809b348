// What the supervisor and a gateway thread say to each other.

import type { Plan } from '../config/plan.ts';
import type { Allocations } from '../split/tables.ts';

export interface GatewaySetup {
  readonly thread: number;
  readonly plan: Plan;
  readonly allocations: Allocations;
}

export type ToGateway =
  | { readonly kind: 'listen'; readonly port: number }
  | { readonly kind: 'swap'; readonly plan: Plan; readonly allocations: Allocations }
  /** Stop: `graceful` answers what is under way first. */
  | { readonly kind: 'drain'; readonly graceful: boolean };

export type FromGateway =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'failed'; readonly code: string; readonly problem: string }
  | { readonly kind: 'swapped'; readonly serial: number }
  | { readonly kind: 'drained' };
