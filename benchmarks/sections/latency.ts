// The delay that a candidate adds: open loop at two rates, beside no proxy at all in the same round.

import { headgateEverything } from '../candidates/headgate.ts';
import { BASELINES, LATENCY } from '../candidates/index.ts';
import { compare, figuresOf } from '../compare.ts';
import type { Cell, Course } from '../measure.ts';
import type { Bench, Findings, Section, Spread } from '../section.ts';
import { ascending, percentile } from '../statistics.ts';
import { type Percentile, type Summary, spreadOf } from '../summary.ts';
import { inMs, spreadText } from '../words.ts';

const ROUNDS = 3;
const RATES = [500, 2_000];
const COURSE: Course = {
  connections: 32,
  latencies: true,
  warmUpSeconds: 3,
  phases: RATES.map((ratePerSecond) => ({ ratePerSecond, seconds: 2 })),
  saturationSeconds: 0,
};
const CELL_SECONDS = 9.5;
const VALIDATION_SECONDS = 1.5;

export const latency: Section = {
  id: 'latency',
  title: 'Added latency',
  seconds: ({ rounds }) => LATENCY.length * (VALIDATION_SECONDS + (rounds ?? ROUNDS) * CELL_SECONDS),
  run: latencies,
};

async function latencies(bench: Bench): Promise<Findings> {
  const rounds = bench.options.rounds ?? ROUNDS;
  const { candidates, cells, summaries, warnings } = await compare(LATENCY, COURSE, BASELINES, rounds, bench);
  const tables = RATES.map((rate, phase) => ({
    title: `${rate}/s, open loop, ms`,
    head: ['candidate', 'p50', 'p99', 'p99.9', 'added p50', 'added p99', 'generator late, p99'],
    rows: candidates.flatMap(({ id, title }) => {
      const open = summaries.find(({ candidate }) => candidate === id)?.open[phase];
      if (open === undefined) return [];
      const { latency: at, addedUs, latenessP99Us } = open;
      return [
        [
          title,
          percentileText(at.p50),
          percentileText(at.p99),
          percentileText(at.p999),
          spreadText(inMs(addedUs?.p50 ?? null), 2),
          spreadText(inMs(addedUs?.p99 ?? null), 2),
          (latenessP99Us / 1000).toFixed(2),
        ],
      ];
    }),
  }));
  return {
    tables,
    figures: figuresOf(
      Object.fromEntries([
        ...summaries.flatMap((summary) => figures(summary)),
        ...RATES.flatMap((_, i) => excess(cells, i)),
      ]),
    ),
    notes: [
      'Latency runs from the intended start, so that a candidate that stalls is charged for all that was due meanwhile.',
      'Percentiles of all rounds together (95 % interval by resampling rounds); added: the difference to no proxy, round by round, median (lowest..highest).',
      `${headgateEverything.id} does split, mirror, capture, drift and telemetry meanwhile; nginx splits and mirrors, or neither.`,
      'The last column is the time by which the load generator itself was late, worst round: what is smaller is not told apart.',
    ],
    warnings,
  };
}

function figures({ candidate, open }: Summary): [string, Spread | undefined][] {
  return open.flatMap(({ ratePerSecond, addedUs }): [string, Spread | undefined][] => [
    [`latency/${candidate}/${ratePerSecond}/added-p50-us`, addedUs?.p50],
    [`latency/${candidate}/${ratePerSecond}/added-p99-us`, addedUs?.p99],
  ]);
}

/** By how much Headgate with everything on is later than nginx that splits and mirrors, in the same round. */
function excess(cells: readonly Cell[], phase: number): [string, Spread | null][] {
  const at = (candidate: string, q: number): Map<number, number> =>
    new Map(
      cells
        .filter((cell) => cell.candidate === candidate)
        .map((cell) => [cell.round, percentile(ascending(cell.open[phase]?.latenciesUs ?? []), q) / 1000]),
    );
  return (
    [
      ['p50', 0.5],
      ['p99', 0.99],
    ] as const
  ).map(([name, q]) => {
    const theirs = at(BASELINES.splitMirror, q);
    const more = [...at(headgateEverything.id, q)].map(([round, ms]) => ms - (theirs.get(round) ?? Number.NaN));
    return [`latency/excess/${RATES[phase]}/${name}-ms`, spreadOf(more.filter((ms) => !Number.isNaN(ms)))];
  });
}

function percentileText({ us, low, high }: Percentile): string {
  return spreadText(inMs({ median: us, low, high }), 2);
}
