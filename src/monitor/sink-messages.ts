// What the monitor and the thread of a sink say to each other.

import type { SinkState } from '../capture/sinks/sink-state.ts';
import type { SinkPlan, TelemetryPlan } from '../config/plan.ts';

export interface SinksSetup {
  /** Absolute path of the data folder. */
  readonly data: string;
  /** This process, as its segments are called. */
  readonly replica: string;
  readonly logLevel: TelemetryPlan['logLevel'];
}

export interface SinkThreadSetup extends SinksSetup {
  readonly plan: SinkPlan;
}

/** Deliver what is left within this time, then say `stopped`. */
export interface ToSink {
  readonly kind: 'stop';
  readonly deadlineMs: number;
}

export interface FromSink {
  readonly kind: 'state' | 'stopped';
  readonly state: SinkState;
}
