// What the supervisor and the monitor thread say to each other.

import type { MessagePort } from 'node:worker_threads';
import type { ConfigStatus, Phase, ReloadOutcome } from '../admin/view.ts';
import type { Plan } from '../config/plan.ts';
import type { Allocations, Histories } from '../split/tables.ts';

export interface MonitorSetup {
  readonly plan: Plan;
  readonly allocations: Allocations;
  readonly histories: Histories;
  readonly config: ConfigStatus;
}

export type ToMonitor =
  | { readonly kind: 'gateway'; readonly thread: number; readonly port: MessagePort }
  | {
      readonly kind: 'swap';
      readonly plan: Plan;
      readonly allocations: Allocations;
      readonly histories: Histories;
      readonly config: ConfigStatus;
    }
  /** A reload failed, or another fact of the configuration changed. */
  | { readonly kind: 'config'; readonly config: ConfigStatus }
  | { readonly kind: 'phase'; readonly phase: Phase }
  | { readonly kind: 'reloaded'; readonly request: number; readonly outcome: ReloadOutcome }
  /** Gateways are done: write out what is left, then say `stopped`. */
  | { readonly kind: 'stop' };

export type FromMonitor =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'failed'; readonly problem: string }
  | { readonly kind: 'reload'; readonly request: number }
  | { readonly kind: 'stopped' };
