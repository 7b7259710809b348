// Measures one candidate in one round: warm-up, open loop at each rate, then saturation; what each cost in CPU, and how much
// of the work it claims was really done meanwhile.

import type { Candidate, Running } from './candidate.ts';
import { settle, treeCpuUs, treeResidentMiB } from './cpu.ts';
import type { OpenLoopResult } from './load/open-loop.ts';
import type { Bench } from './section.ts';
import { ascending, percentile } from './statistics.ts';
import type { Targets, Upstreams } from './upstreams.ts';
import { PLAIN_DIALECT, SHAPE, type Shape } from './workload.ts';

/** A generator that is later than this for one request in a hundred measures itself. */
export const LATENESS_P99_US_MAX = 500;
/** How often a phase is tried in which the generator was late. */
const TRIES = 2;

interface Done {
  readonly completed: number;
  readonly failed: number;
  readonly problem: string | null;
}

/** What a phase cost and what came of it. */
export interface Metered {
  /** null for a candidate without processes. */
  readonly cpuUsPerRequest: number | null;
  readonly completed: number;
  readonly failed: number;
  readonly problem: string | null;
  /** Requests that reached champion or challenger, for each completed one: 1, but for retries and what was cut off at the end. */
  readonly calls: number;
  /** Shadow requests delivered for each completed request. */
  readonly shadows: number;
  /** Exchanges recorded for each one that took place, shadows included; null where nothing is recorded. */
  readonly captured: number | null;
}

export interface OpenPhase extends Metered {
  readonly ratePerSecond: number;
  readonly latenciesUs: readonly number[];
  /** 99th percentile of the generator's own lateness. */
  readonly latenessP99Us: number;
  readonly generatorCpuUs: number;
}

export interface Saturation extends Metered {
  readonly requestsPerSecond: number;
}

export interface Cell {
  readonly candidate: string;
  readonly round: number;
  readonly open: readonly OpenPhase[];
  /** null where a section does not ask for it. */
  readonly saturation: Saturation | null;
  readonly residentMiB: number | null;
}

/** What a cell consists of. */
export interface Course {
  readonly connections: number;
  readonly warmUpSeconds: number;
  /** Open-loop phases in order. */
  readonly phases: readonly { readonly ratePerSecond: number; readonly seconds: number }[];
  /** Whether latencies are reported: only then a phase is worth repeating because the generator was late. */
  readonly latencies: boolean;
  /** 0: no saturation. */
  readonly saturationSeconds: number;
}

export async function measureCell(
  candidate: Candidate,
  round: number,
  bench: Bench,
  upstreams: Upstreams,
  course: Course,
  shape: Shape = SHAPE,
): Promise<Cell> {
  const running = await candidate.start(upstreams.ports, bench.placements.candidate);
  try {
    const spoken = { ...shape, ...(candidate.dialect?.(upstreams.ports) ?? PLAIN_DIALECT) };
    return { candidate: candidate.id, round, ...(await measureRunning(running, bench, upstreams, course, spoken)) };
  } finally {
    await running.stop();
  }
}

/** The same for a candidate that has been started, and goes on afterwards. */
export async function measureRunning(
  running: Running,
  bench: Bench,
  upstreams: Upstreams,
  course: Course,
  shape: Shape,
): Promise<Omit<Cell, 'candidate' | 'round'>> {
  const { generator, saturator } = bench;
  const { connections, saturationSeconds } = course;
  const { port, pid } = running;
  if (course.warmUpSeconds > 0) await saturator.run(port, connections, course.warmUpSeconds, shape);
  const open: OpenPhase[] = [];
  for (const { ratePerSecond, seconds } of course.phases) {
    const order = { port, ratePerSecond, seconds, connections, shape };
    open.push(
      await inTime(
        () => meter(running, upstreams, () => generator.run(order)),
        ratePerSecond,
        course.latencies ? TRIES : 1,
      ),
    );
  }
  if (saturationSeconds === 0)
    return { open, saturation: null, residentMiB: pid === null ? null : treeResidentMiB(pid) };
  const closed = await meter(running, upstreams, async () => ({
    ...(await saturator.run(port, connections, saturationSeconds, shape)),
    problem: null,
  }));
  return {
    open,
    saturation: { ...closed.metered, requestsPerSecond: closed.result.requestsPerSecond },
    residentMiB: pid === null ? null : treeResidentMiB(pid),
  };
}

/** A phase in which the generator kept its schedule, or the last one that was tried. */
async function inTime(
  phase: () => Promise<{ metered: Metered; result: OpenLoopResult }>,
  ratePerSecond: number,
  triesMax: number,
): Promise<OpenPhase> {
  for (let tries = 1; ; tries++) {
    const { metered, result } = await phase();
    const latenessP99Us = percentile(ascending(result.latenessUs), 0.99);
    const { latenciesUs, generatorCpuUs } = result;
    if (latenessP99Us <= LATENESS_P99_US_MAX || tries >= triesMax)
      return { ...metered, ratePerSecond, latenciesUs, latenessP99Us, generatorCpuUs };
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
      completed: result.completed,
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
