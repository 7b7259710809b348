// Whether a shadow that hangs is felt by those who wait for the champion. Two gates run side by side, one with a shadow that
// answers and one with a shadow that never does; short windows of load go to either in turn, so that both see the same weather.

import { createServer, type Socket } from 'node:net';
import { figuresOf } from '../compare.ts';
import { EVERYTHING, type RunningGate, readMetrics, startGate, sumOf } from '../gate.ts';
import { freePort } from '../processes.ts';
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

export const shadow: Section = {
  id: 'shadow',
  title: 'A shadow that hangs',
  seconds: () => 12 + 2 * WARM_UP_SECONDS + 2 * WINDOWS * (WINDOW_SECONDS + 0.1),
  run: hangingShadow,
};

interface Window {
  readonly p50: number;
  readonly p99: number;
}

async function hangingShadow(bench: Bench): Promise<Findings> {
  const upstreams = await startUpstreams();
  const deaf = await startDeaf();
  const { candidate } = bench.placements;
  const gates: RunningGate[] = [];
  try {
    const well = await startGate(EVERYTHING, upstreams.ports, candidate);
    gates.push(well);
    const hung = await startGate(EVERYTHING, { ...upstreams.ports, shadow: deaf.port }, candidate);
    gates.push(hung);
    for (const { port } of gates) await bench.saturator.run(port, CONNECTIONS, WARM_UP_SECONDS);
    const windows: (readonly [Window, Window])[] = [];
    const failures: string[] = [];
    const measure = async ({ port }: RunningGate): Promise<Window> => {
      const order = { port, ratePerSecond: RATE, seconds: WINDOW_SECONDS, connections: CONNECTIONS, shape: SHAPE };
      const { latenciesUs, failed, problem } = await bench.generator.run(order);
      if (failed > 0) failures.push(`${failed} requests failed (${problem ?? 'unknown'})`);
      const sorted = ascending(latenciesUs);
      return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
    };
    for (let window = 0; window < WINDOWS; window++) {
      // Each goes first in every other pair.
      const hungFirst = window % 2 === 0 ? null : await measure(hung);
      const answering = await measure(well);
      windows.push([answering, hungFirst ?? (await measure(hung))]);
    }
    const unsent = sumOf(await readMetrics(hung.admin), 'headgate_shadows_dropped_total');
    return findings(windows, failures, unsent);
  } finally {
    for (const gate of gates) await gate.stop();
    deaf.stop();
    await upstreams.stop();
  }
}

function findings(
  windows: readonly (readonly [Window, Window])[],
  failures: readonly string[],
  unsent: number,
): Findings {
  const of = (side: 0 | 1, figure: keyof Window): Spread => spread(windows.map((pair) => pair[side][figure]));
  const shift = (figure: keyof Window): Spread =>
    spread(windows.map(([well, hung]) => (hung[figure] / well[figure] - 1) * 100));
  const rows = (['p50', 'p99'] as const).map((figure) => [
    figure,
    spreadText(inMs(of(0, figure)), 2),
    spreadText(inMs(of(1, figure)), 2),
    `${spreadText(shift(figure), 1)} %`,
  ]);
  return {
    tables: [
      {
        title: `Champion's latency at ${RATE}/s, everything on, ms`,
        head: ['', 'shadow answers', 'shadow hangs', 'shift'],
        rows,
      },
    ],
    figures: figuresOf({
      'shadow/p50-shift-percent': shift('p50'),
      'shadow/p99-shift-percent': shift('p99'),
    }),
    notes: [
      `${WINDOWS} pairs of windows of ${WINDOW_SECONDS} s, both gates warm, in turn; shift: pair by pair, median (lowest..highest).`,
      `The deaf shadow takes connections and bytes and never answers. ${unsent} shadow calls were given up or never sent, and counted.`,
    ],
    warnings: failures,
  };
}

/** Takes connections and bytes, and never says anything. */
async function startDeaf(): Promise<{ readonly port: number; stop(): void }> {
  const port = await freePort();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.resume();
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
