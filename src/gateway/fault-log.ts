// Faults of the gate's own go to the log with their stacks: each one while they are few; of a flood the first ones, and then
// how many were not told. What met them is counted elsewhere.

import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../telemetry/logs.ts';

const PERIOD_MS = 10_000;
const PER_PERIOD = 10;

export function createFaultLog(clock: Clock, log: Pick<Logger, 'error'>): (problem: unknown) => void {
  let periodEnd = Number.NEGATIVE_INFINITY;
  let told = 0;
  let untold = 0;
  return (problem) => {
    const now = clock.now();
    if (now >= periodEnd) {
      periodEnd = now + PERIOD_MS;
      told = 0;
    }
    if (told >= PER_PERIOD) {
      untold++;
      return;
    }
    told++;
    log.error({ err: problem, ...(untold === 0 ? {} : { untold }) }, 'a fault of Headgate: report it with this stack');
    untold = 0;
  };
}
