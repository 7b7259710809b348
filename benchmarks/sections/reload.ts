// A reload under load, with 400 models: how long it takes, and how long the slowest request waits meanwhile. Windows with a reload in
// the middle alternate with windows without one, so that what is slow by itself is not blamed on the reload.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { figuresOf } from '../compare.ts';
import { EVERYTHING, type RunningGate, startGate } from '../gate.ts';
import type { Bench, Findings, Section, Spread } from '../section.ts';
import { ascending, percentile } from '../statistics.ts';
import { spread } from '../summary.ts';
import { startUpstreams } from '../upstreams.ts';
import { inMs, spreadText } from '../words.ts';
import { SHAPE } from '../workload.ts';

const MODELS = 400;
const PAIRS = 10;
const WINDOW_SECONDS = 3;
const RATE = 500;
const CONNECTIONS = 32;
const WARM_UP_SECONDS = 6;
const INTO_WINDOW_MS = 1_000;

export const reload: Section = {
  id: 'reload',
  title: 'A reload under load, 400 models',
  seconds: () => 8 + WARM_UP_SECONDS + 2 * PAIRS * (WINDOW_SECONDS + 0.3),
  run: reloadUnderLoad,
};

interface Window {
  readonly longestUs: number;
  readonly p99Us: number;
  readonly over1Ms: number;
  readonly failed: number;
}

async function reloadUnderLoad(bench: Bench): Promise<Findings> {
  const upstreams = await startUpstreams();
  const gate = await startGate({ ...EVERYTHING, models: MODELS }, upstreams.ports, bench.placements.everywhere);
  const shape = { ...SHAPE, models: MODELS };
  try {
    await bench.saturator.run(gate.port, CONNECTIONS, WARM_UP_SECONDS, shape);
    const window = async (): Promise<Window> => {
      const order = { port: gate.port, ratePerSecond: RATE, seconds: WINDOW_SECONDS, connections: CONNECTIONS, shape };
      const { latenciesUs, failed } = await bench.generator.run(order);
      const sorted = ascending(latenciesUs);
      return {
        longestUs: sorted.at(-1) ?? 0,
        p99Us: percentile(sorted, 0.99),
        over1Ms: latenciesUs.filter((latency) => latency > 1000).length,
        failed,
      };
    };
    const calm: Window[] = [];
    const reloading: Window[] = [];
    const tookMs: number[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      calm.push(await window());
      const during = window();
      await pause(INTO_WINDOW_MS);
      tookMs.push(await reloadOnce(gate, pair));
      reloading.push(await during);
      bench.say(
        `    reload ${pair + 1}: ${tookMs.at(-1)?.toFixed(0)} ms; longest request ${((reloading.at(-1)?.longestUs ?? 0) / 1000).toFixed(1)} ms, without a reload ${((calm.at(-1)?.longestUs ?? 0) / 1000).toFixed(1)} ms`,
      );
    }
    return findings(calm, reloading, spread(tookMs));
  } finally {
    await gate.stop();
    await upstreams.stop();
  }
}

/** Change one model's share, and ask for the reload: the answer comes once the new configuration is in force. */
async function reloadOnce({ file, admin }: RunningGate, turn: number): Promise<number> {
  const [from, to] = turn % 2 === 0 ? ['tick: 2s', 'tick: 3s'] : ['tick: 3s', 'tick: 2s'];
  const before = await generationOf(admin);
  writeFileSync(`${file}.new`, readFileSync(file, 'utf8').replace(from, to));
  renameSync(`${file}.new`, file);
  const start = performance.now();
  const answer = await fetch(`http://127.0.0.1:${admin}/api/v1/reload`, { method: 'POST' });
  const took = performance.now() - start;
  if (!answer.ok) throw new Error(`the reload failed: ${answer.status} ${await answer.text()}`);
  const { generation } = (await answer.json()) as { generation: string };
  if (generation === before) throw new Error('the reload took up nothing new: there is nothing to measure');
  return took;
}

async function generationOf(admin: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${admin}/api/v1/config`);
  return ((await answer.json()) as { generation: string }).generation;
}

function findings(calm: readonly Window[], reloading: readonly Window[], tookMs: Spread): Findings {
  const of = (windows: readonly Window[], figure: keyof Window): Spread =>
    spread(windows.map((window) => window[figure]));
  const beyond = spread(reloading.map((window, pair) => window.longestUs - (calm[pair]?.longestUs ?? 0)));
  const row = (title: string, windows: readonly Window[]): string[] => [
    title,
    spreadText(inMs(of(windows, 'p99Us')), 2),
    spreadText(inMs(of(windows, 'longestUs')), 2),
    spreadText(of(windows, 'over1Ms'), 0),
  ];
  const failed = [...calm, ...reloading].reduce((sum, window) => sum + window.failed, 0);
  return {
    tables: [
      {
        title: `A reload takes ${spreadText(tookMs, 0)} ms. Latency at ${RATE}/s, everything on, ms`,
        head: [`windows of ${WINDOW_SECONDS} s`, 'p99', 'longest request', 'requests over 1 ms'],
        rows: [row('without a reload', calm), row('with a reload', reloading)],
      },
    ],
    figures: figuresOf({
      'reload/ms': tookMs,
      'reload/longest-beyond-ms': inMs(beyond),
      'reload/longest-ms': inMs(of(reloading, 'longestUs')),
    }),
    everywhere: true,
    notes: [
      `${PAIRS} pairs of windows; the reload is asked for ${INTO_WINDOW_MS} ms into its window, after one model of ${MODELS} has changed, and takes until the admin API answers that it is in force.`,
      'The gate is not bound to one core here: on one, its threads could only take turns, and the reading of 400 models would delay requests whatever the gate does. So it may use the core of the load, too, and then the generator is late: that is in both kinds of windows.',
    ],
    warnings: failed > 0 ? [`${failed} requests failed`] : [],
  };
}
