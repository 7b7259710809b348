// The sinks as the monitor sees them: those of the Plan, each on a thread of its own (sink-desk.ts), begun, changed and ended as
// reloads say.

import type { SinkState } from '../capture/sinks/sink-state.ts';
import type { SinkPlan } from '../config/plan.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import type { Logger } from '../telemetry/logs.ts';
import { createSinkDesk, type SinkDesk } from './sink-desk.ts';
import type { SinksSetup } from './sink-messages.ts';

export interface Sinks {
  /** Run exactly these from now on. */
  apply(sinks: readonly SinkPlan[]): void;
  /** In the order of the Plan. */
  states(): readonly SinkState[];
  /** Once capture is closed: deliver what is left, within a bound, and end. */
  stop(): Promise<void>;
}

const STOP_MS = 5000;
/** For a sink that a reload takes away. */
const LEAVE_MS = 2000;

export function createSinks(setup: SinksSetup, log: Logger, clock: Clock, random: Random): Sinks {
  const desks = new Map<string, SinkDesk>();
  /** Sinks that a reload took away: one that comes back under the same name begins when they have ended. */
  const leaving = new Map<string, Promise<void>>();
  let order: readonly string[] = [];
  let isStopping = false;

  function leave(name: string, desk: SinkDesk): void {
    desks.delete(name);
    const left = desk.stop(LEAVE_MS).finally(() => {
      if (leaving.get(name) === left) leaving.delete(name);
    });
    leaving.set(name, left);
  }

  return {
    apply(plans) {
      if (isStopping) return;
      order = plans.map(({ name }) => name);
      for (const [name, desk] of [...desks]) if (!order.includes(name)) leave(name, desk);
      for (const plan of plans) {
        const known = desks.get(plan.name);
        if (known !== undefined) known.change(plan, LEAVE_MS);
        else desks.set(plan.name, createSinkDesk({ setup, plan, log, clock, random, after: leaving.get(plan.name) }));
      }
    },
    states: () => order.flatMap((name) => desks.get(name)?.state() ?? []),
    async stop() {
      isStopping = true;
      await Promise.all([...[...desks.values()].map((desk) => desk.stop(STOP_MS)), ...leaving.values()]);
    },
  };
}
