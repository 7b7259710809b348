// What the monitor and the thread of the sinks say to each other.

import type { SinkState } from '../capture/sinks/sink-state.ts';
import type { SinkPlan, TelemetryPlan } from '../config/plan.ts';

export interface SinksSetup {
  /** Absolute path of the data folder. */
  readonly data: string;
  /** This process, as its segments are called. */
  readonly replica: string;
  readonly logLevel: TelemetryPlan['logLevel'];
}

export type ToSinks =
  /** Run exactly these: one that is the same as before goes on undisturbed. */
  | { readonly kind: 'run'; readonly sinks: readonly SinkPlan[] }
  /** Capture is closed: deliver what is left within this time, then say `stopped`. */
  | { readonly kind: 'stop'; readonly deadlineMs: number };

export type FromSinks =
  | { readonly kind: 'states'; readonly states: readonly SinkState[] }
  | { readonly kind: 'stopped'; readonly states: readonly SinkState[] };
