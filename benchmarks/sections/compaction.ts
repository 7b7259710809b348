// Whether the compactor is felt by those who wait for answers. It works beside a gate, as a gate starts it and on the same core; windows of
// load with it and without it take turns, for which it is stopped and goes on (SIGSTOP, SIGCONT), so that both see the same weather.

import type { ChildProcess } from 'node:child_process';
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { capturesFolder } from '../../src/capture/segments/folder.ts';
import type { CompactJob, FromStoreProcess } from '../../src/capture/store/messages.ts';
import { startStoreProcess } from '../../src/capture/store/start-process.ts';
import { figuresOf } from '../compare.ts';
import { treeCpuUs } from '../cpu.ts';
import { EVERYTHING, startGate } from '../gate.ts';
import { createMadeSegments, segmentNameOf } from '../made-segments.ts';
import type { Placement } from '../placement.ts';
import { removeFolder, temporaryFolder } from '../processes.ts';
import type { Bench, Findings, Section, Spread } from '../section.ts';
import { ascending, percentile } from '../statistics.ts';
import { spread } from '../summary.ts';
import { startUpstreams } from '../upstreams.ts';
import { inMs, spreadText } from '../words.ts';
import { SHAPE } from '../workload.ts';

const WINDOWS = 12;
const WINDOW_SECONDS = 3;
const RATE = 500;
const WARM_UP_SECONDS = 3;
const CONNECTIONS = 32;
/** Segments that are written once, and given to the compactor under new names again and again. */
const SEGMENTS = 3;
const BODY_BYTES = 1024;
const MEMORY_BYTES = 512 * 1024 ** 2;

export const compaction: Section = {
  id: 'compaction',
  title: 'The compactor beside decisions',
  seconds: () => 20 + WARM_UP_SECONDS + 2 * WINDOWS * (WINDOW_SECONDS + 0.2),
  run: besideDecisions,
};

interface Window {
  readonly p50: number;
  readonly p99: number;
}

async function besideDecisions(bench: Bench): Promise<Findings> {
  const upstreams = await startUpstreams();
  const gate = await startGate(EVERYTHING, upstreams.ports, bench.placements.candidate);
  const compactor = startCompactor(bench.placements.candidate);
  try {
    await bench.saturator.run(gate.port, CONNECTIONS, WARM_UP_SECONDS);
    const windows: (readonly [Window, Window])[] = [];
    const failures: string[] = [];
    const measure = async (isAtWork: boolean): Promise<Window> => {
      if (isAtWork) compactor.goOn();
      const order = { port: gate.port, ratePerSecond: RATE, seconds: WINDOW_SECONDS, connections: CONNECTIONS };
      const { latenciesUs, failed, problem } = await bench.generator.run({ ...order, shape: SHAPE });
      if (isAtWork) compactor.pause();
      if (failed > 0) failures.push(`${failed} requests failed (${problem ?? 'unknown'})`);
      const sorted = ascending(latenciesUs);
      return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
    };
    for (let window = 0; window < WINDOWS; window++) {
      // Each goes first in every other pair.
      const workFirst = window % 2 === 0 ? null : await measure(true);
      const alone = await measure(false);
      windows.push([alone, workFirst ?? (await measure(true))]);
    }
    return findings(windows, [...failures, ...compactor.problems()], compactor.cpuUs());
  } finally {
    compactor.stop();
    await gate.stop();
    await upstreams.stop();
  }
}

function findings(
  windows: readonly (readonly [Window, Window])[],
  failures: readonly string[],
  cpuUs: number,
): Findings {
  const of = (side: 0 | 1, figure: keyof Window): Spread => spread(windows.map((pair) => pair[side][figure]));
  const more = (figure: keyof Window): Spread =>
    spread(windows.map(([alone, beside]) => beside[figure] - alone[figure]));
  const rows = (['p50', 'p99'] as const).map((figure) => [
    figure,
    spreadText(inMs(of(0, figure)), 2),
    spreadText(inMs(of(1, figure)), 2),
    spreadText(inMs(more(figure)), 2),
  ]);
  const share = cpuUs / 1e6 / (WINDOWS * WINDOW_SECONDS);
  return {
    tables: [
      {
        title: `Latency at ${RATE}/s, open loop, everything on, ms`,
        head: ['', 'no compactor', 'compactor at work', 'more'],
        rows,
      },
    ],
    figures: figuresOf({ 'compaction/p50-more-us': more('p50'), 'compaction/p99-more-us': more('p99') }),
    notes: [
      `${WINDOWS} pairs of windows of ${WINDOW_SECONDS} s in turn; more: pair by pair, median (lowest..highest).`,
      `The compactor has priority 10 and the core of the gate, the worst place: it took ${(share * 100).toFixed(0)} % of it, for bodies of ${BODY_BYTES} bytes.`,
    ],
    warnings: share < 0.1 ? [...failures, 'the compactor hardly worked'] : failures,
  };
}

interface Compactor {
  goOn(): void;
  pause(): void;
  /** Of all its processes. */
  cpuUs(): number;
  problems(): readonly string[];
  stop(): void;
}

/** Paused until it is told to go on; whenever it has done all there was it is given the same again. */
function startCompactor(placement: Placement): Compactor {
  const data = temporaryFolder('compaction');
  const made = join(data, 'made');
  const captures = capturesFolder(data);
  mkdirSync(made);
  mkdirSync(captures);
  createMadeSegments(10_000_000, BODY_BYTES).write(made, 0, SEGMENTS);
  const masters = readdirSync(made);
  const problems: string[] = [];
  let serial = 0;
  let child: ChildProcess | null = null;
  let isPaused = true;
  let endedUs = 0;
  let seenUs = 0;

  function begin(): void {
    for (const master of masters) linkSync(join(made, master), join(captures, segmentNameOf(++serial)));
    const started = startStoreProcess(process.env);
    child = started;
    if (placement[0] === 'taskset' && placement[2] !== undefined)
      spawnSync('taskset', ['-a', '-c', '-p', placement[2], String(started.pid)]);
    started.on('message', (message: FromStoreProcess) => {
      if (message.kind === 'failed') problems.push(`the compactor failed: ${message.problem}`);
    });
    const watch = setInterval(() => {
      seenUs = Math.max(seenUs, treeCpuUs(started.pid ?? 0));
    }, 50);
    started.on('exit', () => {
      clearInterval(watch);
      endedUs += seenUs;
      seenUs = 0;
      child = null;
      if (!isPaused) begin();
    });
    const retention = { bodiesMs: 1e15, recordsMs: 1e15, bytesMax: 1e15 };
    const job: CompactJob = { kind: 'compact', data, memoryBytes: MEMORY_BYTES, retention, operationBytes: null };
    started.send(job);
  }

  return {
    goOn() {
      isPaused = false;
      if (child === null) begin();
      else child.kill('SIGCONT');
    },
    pause() {
      isPaused = true;
      child?.kill('SIGSTOP');
    },
    cpuUs: () => endedUs + seenUs,
    problems: () => problems,
    stop() {
      isPaused = true;
      child?.kill('SIGKILL');
      removeFolder(data);
    },
  };
}
