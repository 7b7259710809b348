// What every decision on one gateway thread shares. One object, handed down; there is no global state.

import type { Settled } from '../capture/handover/settling.ts';
import type { ListenPlan } from '../config/plan.ts';
import type { Failure } from '../errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Clock } from '../kernel/clock.ts';
import type { DeadlineWatch } from '../kernel/deadlines.ts';
import type { Random } from '../kernel/random.ts';
import type { ExchangeRecord } from '../model.ts';
import type { Meters, ModelMeter } from '../telemetry/meters.ts';
import type { Route } from './route.ts';
import type { Routes } from './routes.ts';

export interface Gate {
  readonly clock: Clock;
  readonly random: Random;
  readonly watch: DeadlineWatch;
  readonly meters: Meters;
  readonly routes: Routes;
  /** Limits of the Plan in force. */
  listen: ListenPlan;
  /** Fraction of decisions traced where the caller did not decide. */
  traceSample: number;
  /** How long an answer waits for its record, where it does (`durability: acked`). */
  recordMs: number;
  draining: boolean;
  /** Decisions in flight on this thread. */
  inflight: number;
  /**
   * Give a finished call to the monitor, or count that it could not be.
   * @param account of its model
   * @param settled told once whether the record is on disk; null: nobody waits
   */
  handOver(record: ExchangeRecord, account: ModelMeter, settled: Settled | null): void;
  /** Report an exception that a request has met: a fault of the gate's own. */
  fault(problem: unknown): void;
}

/** Whether a request may come in: refused early, before its body is read, and cheaply. */
export function admit(gate: Gate, route: Route, exchange: Exchange): Failure | null {
  if (gate.inflight >= gate.listen.inflightMax) {
    return { code: 'overloaded', detail: `${gate.inflight} calls are in flight (listen.inflight).` };
  }
  if (route.load.inflight >= route.plan.inflightMax) {
    return {
      code: 'overloaded',
      detail: `${route.load.inflight} calls of model ${route.plan.name} are in flight (models.${route.plan.name}.inflight).`,
    };
  }
  if (exchange.body.length > gate.listen.bodyBytesMax) return tooLarge(gate);
  return null;
}

export function tooLarge(gate: Gate): Failure {
  return { code: 'body_too_large', detail: `The limit is ${gate.listen.bodyBytesMax} bytes (listen.body.max).` };
}
