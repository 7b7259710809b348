// Whether memory grows: an hour's worth of requests at 500/s, sent as fast as they are taken, everything on. The process's resident
// memory is watched throughout; the heap of every thread is read after a collection, once warm and once at the end.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { figuresOf } from '../compare.ts';
import { settle, treeResidentMiB } from '../cpu.ts';
import { EVERYTHING, type RunningGate, readMetrics, startGate, sumOf } from '../gate.ts';
import { removeFolder, temporaryFolder, waitUntil } from '../processes.ts';
import type { Bench, Findings, Section } from '../section.ts';
import { spread } from '../summary.ts';
import { startUpstreams } from '../upstreams.ts';

const HOUR_REQUESTS = 1_800_000;
const REPORTER = fileURLToPath(new URL('../servers/heap-reporter.ts', import.meta.url));
const CONNECTIONS = 32;
/** Of all requests, before which memory is still expected to grow: code is compiled, sketches and pools fill. */
const WARM_SHARE = 0.1;
const STRETCH_SECONDS = 5;
/** The verdict: growth from warm to end beyond both of these is a leak until it is explained. */
const TOLERANCE = { share: 0.1, MiB: 16 };
/** Main thread, one gateway, one monitor. */
const THREADS = 3;
const MEGA = 2 ** 20;

export const memory: Section = {
  id: 'memory',
  title: "Memory after an hour's worth of requests",
  seconds: ({ memorySeconds }) => memorySeconds + 10,
  run: hourOfRequests,
};

interface Heap {
  readonly usedMiB: number;
  readonly externalMiB: number;
}

interface Sample {
  readonly requests: number;
  readonly residentMiB: number;
}

async function hourOfRequests(bench: Bench): Promise<Findings> {
  const folder = temporaryFolder('heap');
  const upstreams = await startUpstreams();
  const gate = await startGate(
    {
      ...EVERYTHING,
      nodeArguments: ['--expose-gc', '--import', REPORTER],
      environment: { HEADGATE_BENCH_HEAP: folder },
    },
    upstreams.ports,
    bench.placements.candidate,
  );
  try {
    await settle(gate.pid);
    const atStart = treeResidentMiB(gate.pid);
    const samples: Sample[] = [];
    const heaps: Heap[] = [];
    let requests = 0;
    let failed = 0;
    const until = performance.now() + bench.options.memorySeconds * 1000;
    while (requests < HOUR_REQUESTS && performance.now() < until) {
      const stretch = await bench.saturator.run(gate.port, CONNECTIONS, STRETCH_SECONDS);
      requests += stretch.completed;
      failed += stretch.failed;
      samples.push({ requests, residentMiB: treeResidentMiB(gate.pid) });
      bench.say(`    ${requests} requests, ${samples.at(-1)?.residentMiB.toFixed(0)} MiB`);
      if (heaps.length === 0 && requests > HOUR_REQUESTS * WARM_SHARE)
        heaps.push(await heapAfterCollection(gate, folder, 1));
    }
    await settle(gate.pid);
    heaps.push(await heapAfterCollection(gate, folder, 2));
    const warm = samples.find((sample) => sample.requests > HOUR_REQUESTS * WARM_SHARE) ?? samples.at(-1);
    const last = { requests, residentMiB: treeResidentMiB(gate.pid) };
    const metrics = await readMetrics(gate.admin);
    const lost = sumOf(metrics, 'headgate_capture_dropped_total');
    return findings({ atStart, warm: warm ?? last, last, heaps, failed, lost, samples });
  } finally {
    await gate.stop();
    await upstreams.stop();
    removeFolder(folder);
  }
}

/** Sum over all threads. */
async function heapAfterCollection(gate: RunningGate, folder: string, number: number): Promise<Heap> {
  await settle(gate.pid);
  writeFileSync(join(folder, 'ask'), String(number));
  const answers = (): number[][] =>
    readdirSync(folder)
      .filter((name) => name.startsWith('thread-'))
      .map((name) => readFileSync(join(folder, name), 'utf8').split(' ').map(Number))
      .filter(([answered]) => answered === number);
  await waitUntil('every thread tells its heap', async () => answers().length >= THREADS);
  const sum = (field: number): number => answers().reduce((total, answer) => total + (answer[field] ?? 0), 0) / MEGA;
  return { usedMiB: sum(1), externalMiB: sum(2) };
}

interface Watched {
  readonly atStart: number;
  readonly warm: Sample;
  readonly last: Sample;
  readonly heaps: readonly Heap[];
  readonly failed: number;
  readonly lost: number;
  readonly samples: readonly Sample[];
}

function findings({ atStart, warm, last, heaps, failed, lost, samples }: Watched): Findings {
  const [first, final] = [heaps[0], heaps.at(-1)];
  const growth = (from: number, to: number): string => `${to >= from ? '+' : ''}${(to - from).toFixed(1)} MiB`;
  const heapGrowth = (final?.usedMiB ?? 0) - (first?.usedMiB ?? 0);
  const residentGrowth = last.residentMiB - warm.residentMiB;
  const grows = (by: number, from: number): boolean => by > Math.max(TOLERANCE.MiB, from * TOLERANCE.share);
  const leaks = grows(heapGrowth, first?.usedMiB ?? 0) || grows(residentGrowth, warm.residentMiB);
  // Growth from warm to end says something only where there is a way between them.
  const judged = last.requests >= 2 * HOUR_REQUESTS * WARM_SHARE;
  const verdict = !judged ? 'is not judged after so few' : leaks ? 'grows beyond the tolerance' : 'does not grow';
  const point = (value: number) => spread([value]);
  return {
    tables: [
      {
        title: `Memory ${verdict}: ${last.requests} requests, everything on`,
        head: ['MiB', 'at the start', `after ${warm.requests} requests`, `after ${last.requests}`, 'growth since'],
        rows: [
          [
            'resident, the process',
            atStart.toFixed(0),
            warm.residentMiB.toFixed(0),
            last.residentMiB.toFixed(0),
            growth(warm.residentMiB, last.residentMiB),
          ],
          ...(['usedMiB', 'externalMiB'] as const).map((figure) => [
            figure === 'usedMiB' ? 'heap after a collection, all threads' : 'outside the heap (buffers)',
            '-',
            (first?.[figure] ?? 0).toFixed(1),
            (final?.[figure] ?? 0).toFixed(1),
            growth(first?.[figure] ?? 0, final?.[figure] ?? 0),
          ]),
        ],
      },
    ],
    figures: figuresOf({
      'memory/requests': point(last.requests),
      'memory/resident-end-MiB': point(last.residentMiB),
      'memory/resident-growth-percent': point((residentGrowth / warm.residentMiB) * 100),
      'memory/heap-growth-MiB': point(heapGrowth),
      'memory/grows': judged ? point(leaks ? 1 : 0) : null,
      'memory/resident-peak-MiB': point(Math.max(...samples.map(({ residentMiB }) => residentMiB))),
    }),
    notes: [
      `An hour at 500/s is ${HOUR_REQUESTS} requests; ${last.requests} were sent${last.requests < HOUR_REQUESTS ? ' before the time for this section was over (--memory-seconds)' : ''}. Every one is mirrored, so that twice as many exchanges are captured.`,
      `Tolerance: ${TOLERANCE.share * 100} % or ${TOLERANCE.MiB} MiB, whichever is more, of resident memory and of the heap, from warm to end. Time itself - sketches that turn over, segments that age - passes as fast as on any other day: an hour of it is not simulated.`,
      `Records lost for want of room: ${lost} of ${last.requests * 2}.`,
    ],
    warnings: failed > 0 ? [`${failed} requests failed`] : [],
  };
}
