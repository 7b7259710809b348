// What the length of a body costs, from a third of a kilobyte to half a megabyte: CPU and latency.

import { createSeededRandom } from '../../src/kernel/random.ts';
import type { Candidate } from '../candidate.ts';
import { headgate } from '../candidates/headgate.ts';
import { nginxPlain } from '../candidates/nginx-plain.ts';
import { nginxSplitMirror } from '../candidates/nginx-split-mirror.ts';
import { figuresOf, validateAll, warningsOf } from '../compare.ts';
import { EVERYTHING, PASS } from '../gate.ts';
import { type Cell, type Course, measureRunning } from '../measure.ts';
import type { Bench, Findings, Section, Spread } from '../section.ts';
import { shuffled } from '../statistics.ts';
import { summarize } from '../summary.ts';
import { startReaders, type Upstreams } from '../upstreams.ts';
import { inMs, spreadText } from '../words.ts';
import { SHAPE } from '../workload.ts';

const ROUNDS = 2;

/** Paced at about a fifth of what the slowest can take. */
const LENGTHS = [
  { name: '0.3 KB', bodyBytes: 0, ratePerSecond: 500 },
  { name: '4 KB', bodyBytes: 4 * 1024, ratePerSecond: 500 },
  { name: '64 KB', bodyBytes: 64 * 1024, ratePerSecond: 200 },
  { name: '512 KB', bodyBytes: 512 * 1024, ratePerSecond: 50 },
] as const;

const SECONDS = 1.5;
const SATURATION_SECONDS = 1;
const CANDIDATES: readonly Candidate[] = [
  nginxPlain,
  nginxSplitMirror,
  headgate('headgate-pass-long', 'Headgate, one version', { ...PASS, longBodies: true }),
  headgate('headgate-drift-long', 'Headgate, everything on', { ...EVERYTHING, longBodies: true }),
];
const BASELINES = { plain: nginxPlain.id, splitMirror: nginxSplitMirror.id, floor: 'direct' };

export const bodies: Section = {
  id: 'bodies',
  title: 'Bodies from 0.3 to 512 KB',
  seconds: ({ rounds }) =>
    CANDIDATES.length * (2 + (rounds ?? ROUNDS) * (2 + LENGTHS.length * (SECONDS + SATURATION_SECONDS + 1.8))),
  run: lengths,
};

function course(ratePerSecond: number): Course {
  return {
    connections: 16,
    latencies: true,
    warmUpSeconds: 1,
    phases: [{ ratePerSecond, seconds: SECONDS }],
    saturationSeconds: SATURATION_SECONDS,
  };
}

async function lengths(bench: Bench): Promise<Findings> {
  const rounds = bench.options.rounds ?? ROUNDS;
  const upstreams = await startReaders();
  try {
    const { sound, refused } = await validateAll(CANDIDATES, upstreams, bench);
    const cells = bench.options.validateOnly
      ? LENGTHS.map(() => [])
      : await measureAll(sound, rounds, bench, upstreams);
    return findings(sound, cells, refused, bench);
  } finally {
    await upstreams.stop();
  }
}

/** @returns the cells of each length; a candidate is started once a round and meets all lengths, the shortest first */
async function measureAll(
  candidates: readonly Candidate[],
  rounds: number,
  bench: Bench,
  upstreams: Upstreams,
): Promise<Cell[][]> {
  const random = createSeededRandom(bench.options.seed);
  const cells: Cell[][] = LENGTHS.map(() => []);
  for (let round = 1; round <= rounds; round++) {
    bench.say(`  round ${round} of ${rounds}`);
    for (const candidate of shuffled(candidates, random)) {
      const running = await candidate.start(upstreams.ports, bench.placements.candidate);
      try {
        for (const [index, { name, bodyBytes, ratePerSecond }] of LENGTHS.entries()) {
          const shape = { ...SHAPE, bodyBytes };
          const measured = await measureRunning(running, bench, upstreams, course(ratePerSecond), shape);
          cells[index]?.push({ candidate: candidate.id, round, ...measured });
          bench.say(`    ${candidate.id}, ${name}: ${measured.saturation?.cpuUsPerRequest?.toFixed(0) ?? '-'} us`);
        }
      } finally {
        await running.stop();
      }
    }
  }
  return cells;
}

function findings(
  candidates: readonly Candidate[],
  cells: readonly Cell[][],
  refused: readonly string[],
  bench: Bench,
): Findings {
  const mirrors = new Set(candidates.filter(({ work }) => work.mirror).map(({ id }) => id));
  const figures: Record<string, Spread | null | undefined> = {};
  const warnings = [...refused];
  const rows = LENGTHS.flatMap(({ name, ratePerSecond }, index) => {
    const summaries = summarize(cells[index] ?? [], BASELINES, mirrors, bench.options.seed);
    warnings.push(...warningsOf(summaries).map((warning) => `${name}: ${warning}`));
    return candidates.flatMap(({ id, title }) => {
      const summary = summaries.find(({ candidate }) => candidate === id);
      if (summary === undefined) return [];
      const { ratios, saturation, open } = summary;
      const at = open[0]?.latency;
      figures[`bodies/${id}/${name}/us-saturated`] = saturation?.cpuUsPerRequest;
      figures[`bodies/${id}/${name}/x-nginx`] = ratios.plain?.saturated;
      figures[`bodies/${id}/${name}/x-nginx-split-mirror`] = ratios.splitMirror?.saturated;
      const ms = (figure: 'p50' | 'p99'): string =>
        at === undefined
          ? '-'
          : spreadText(inMs({ median: at[figure].us, low: at[figure].low, high: at[figure].high }), 2);
      return [
        [
          name,
          title,
          spreadText(saturation?.cpuUsPerRequest, 0),
          spreadText(ratios.plain?.saturated, 2),
          spreadText(ratios.splitMirror?.saturated, 2),
          `${ms('p50')} / ${ms('p99')} at ${ratePerSecond}/s`,
        ],
      ];
    });
  });
  return {
    tables: [
      {
        title: 'CPU per request, saturated, and latency, open loop',
        head: ['body', 'candidate', 'us', 'x nginx', 'x nginx split + mirror', 'p50 / p99, ms'],
        rows,
      },
    ],
    figures: figuresOf(figures),
    notes: [
      'The upstreams read every body to its end before they answer. The filling of a body is one long text, as an encoded picture is; numbers in thousands would cost drift more.',
      'Headgate runs with listen.body.buffer at 1 MiB and the mirror allowed 256 MiB, so that it mirrors and captures bodies of 512 KB whole; by default it streams what is over 256 KiB, and mirrors no such body.',
      'Captured bodies are written to a temporary folder of this machine, of which 512 MiB are kept.',
    ],
    warnings,
  };
}
