// Measures one candidate in one round: warm-up, open loop at each rate, then saturation; what each cost in CPU, and how much
// of the work it claims was really done meanwhile.

import type { Candidate, Running } from './candidate.ts';
import { settle, treeCpuUs, treeResidentMiB } from './cpu.ts';
import type { Generator } from './load/generator.ts';
import type { Saturator } from './load/saturate.ts';
import type { Options } from './options.ts';
import type { Targets, Upstreams } from './upstreams.ts';

interface Done {
  readonly completed: number;
  readonly failed: number;
  readonly problem: string | null;
}

/** What a phase cost and what came of it. */
export interface Metered {
  /** null for a candidate without processes. */
  readonly cpuUsPerRequest: number | null;
  readonly failed: number;
  readonly problem: string | null;
  /** Requests that reached champion or challenger, for each completed one: 1, but for retries and what was cut off at the end. */
  readonly calls: number;
  /** Shadow requests delivered for each completed request. */
  readonly shadows: number;
  /** Exchanges recorded for each one that took place, shadows included; null where nothing is recorded. */
  readonly captured: number | null;
}

interface OpenPhase extends Metered {
  readonly ratePerSecond: number;
  readonly latenciesUs: readonly number[];
  readonly latenessUs: readonly number[];
}

export interface Cell {
  readonly candidate: string;
  readonly round: number;
  readonly open: readonly OpenPhase[];
  readonly saturation: Metered & { readonly requestsPerSecond: number };
  readonly residentMiB: number | null;
}

export interface Bench {
  readonly upstreams: Upstreams;
  readonly generator: Generator;
  readonly saturator: Saturator;
}

export async function measureCell(candidate: Candidate, round: number, bench: Bench, options: Options): Promise<Cell> {
  const { upstreams, generator, saturator } = bench;
  const { connections } = options;
  const running = await candidate.start(upstreams.ports);
  const { port, pid } = running;
  try {
    await saturator.run(port, connections, options.warmUpSeconds);
    const open: OpenPhase[] = [];
    for (const { ratePerSecond, seconds } of options.phases) {
      const order = { port, ratePerSecond, seconds, connections };
      const { metered, result } = await meter(running, upstreams, () => generator.run(order));
      open.push({ ...metered, ratePerSecond, latenciesUs: result.latenciesUs, latenessUs: result.latenessUs });
    }
    const closed = await meter(running, upstreams, async () => ({
      ...(await saturator.run(port, connections, options.saturationSeconds)),
      problem: null,
    }));
    return {
      candidate: candidate.id,
      round,
      open,
      saturation: { ...closed.metered, requestsPerSecond: closed.result.requestsPerSecond },
      residentMiB: pid === null ? null : treeResidentMiB(pid),
    };
  } finally {
    await running.stop();
  }
}

async function meter<T extends Done>(
  running: Running,
  upstreams: Upstreams,
  load: () => Promise<T>,
): Promise<{ metered: Metered; result: T }> {
  const { pid } = running;
  if (pid !== null) await settle(pid);
  const countsBefore = await upstreams.counts();
  const capturedBefore = (await running.captured?.()) ?? 0;
  const cpuBefore = pid === null ? 0 : treeCpuUs(pid);
  const result = await load();
  const cpuAfter = pid === null ? 0 : await settle(pid);
  const counts = difference(await upstreams.counts(), countsBefore);
  const captured = ((await running.captured?.()) ?? 0) - capturedBefore;
  const exchanges = counts.champion + counts.challenger + counts.shadow;
  const completed = Math.max(1, result.completed);
  return {
    result,
    metered: {
      cpuUsPerRequest: pid === null ? null : (cpuAfter - cpuBefore) / completed,
      failed: result.failed,
      problem: result.problem,
      calls: (counts.champion + counts.challenger) / completed,
      shadows: counts.shadow / completed,
      captured: running.captured === undefined || exchanges === 0 ? null : captured / exchanges,
    },
  };
}

function difference(after: Targets, before: Targets): Targets {
  return {
    champion: after.champion - before.champion,
    challenger: after.challenger - before.challenger,
    shadow: after.shadow - before.shadow,
  };
}
