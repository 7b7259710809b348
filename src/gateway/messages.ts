// What the supervisor and a gateway thread say to each other.

import type { Plan } from '../config/plan.ts';

/** Per model: who owns each slot, for the split and for each rule's split, in order (Uint8Array of SLOTS over each). */
export type Allocations = readonly (readonly SharedArrayBuffer[])[];

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
