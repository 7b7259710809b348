// What a request costs in CPU: Headgate rung by rung beside nginx and haproxy, and beside the proxies and gateways that run on Node.

import type { Candidate } from '../candidate.ts';
import { headgateEverything, headgatePass } from '../candidates/headgate.ts';
import { BASELINES, LADDER, NODE_RIVALS } from '../candidates/index.ts';
import { compare, figuresOf } from '../compare.ts';
import type { Course } from '../measure.ts';
import type { Bench, Findings, Section } from '../section.ts';
import type { Baselines, Summary } from '../summary.ts';
import { spreadText } from '../words.ts';

const ROUNDS = 2;
const RATE = 2_000;
const COURSE: Course = {
  connections: 32,
  latencies: false,
  warmUpSeconds: 2,
  phases: [{ ratePerSecond: RATE, seconds: 2 }],
  saturationSeconds: 2,
};
/** Start, warm-up, both phases, and the waits for silence between them. */
const CELL_SECONDS = 8;
const VALIDATION_SECONDS = 1.5;

interface Question {
  readonly id: string;
  readonly title: string;
  readonly candidates: readonly Candidate[];
  /** What every candidate is divided by, round by round. */
  readonly baselines: Baselines;
}

export const ladder: Section = costSection({
  id: 'ladder',
  title: 'What each capability costs in CPU',
  candidates: LADDER,
  baselines: BASELINES,
});

export const rivals: Section = costSection({
  id: 'rivals',
  title: 'Proxies and gateways on Node',
  candidates: NODE_RIVALS,
  baselines: { plain: headgatePass.id, splitMirror: headgateEverything.id, floor: BASELINES.floor },
});

function costSection(question: Question): Section {
  const { id, title, candidates } = question;
  return {
    id,
    title,
    seconds: ({ rounds }) => candidates.length * (VALIDATION_SECONDS + (rounds ?? ROUNDS) * CELL_SECONDS),
    run: (bench) => costs(question, bench),
  };
}

async function costs({ id: section, candidates: listed, baselines }: Question, bench: Bench): Promise<Findings> {
  const rounds = bench.options.rounds ?? ROUNDS;
  const { candidates, summaries, warnings } = await compare(listed, COURSE, baselines, rounds, bench);
  const of = (id: string): Summary | undefined => summaries.find(({ candidate }) => candidate === id);
  const rows = candidates.flatMap(({ id, title, work }) => {
    const summary = of(id);
    if (summary === undefined) return [];
    const done = Object.entries(work).flatMap(([word, does]) => (does ? [word] : []));
    return [
      [
        title,
        done.length === 0 ? 'proxy' : done.join(', '),
        spreadText(summary.saturation?.cpuUsPerRequest, 0),
        spreadText(summary.open[0]?.cpuUsPerRequest, 0),
        spreadText(summary.ratios.plain?.saturated, 2),
        spreadText(summary.ratios.splitMirror?.saturated, 2),
        spreadText(summary.ratios.splitMirror?.paced, 2),
        spreadText(summary.saturation?.requestsPerSecond, 0),
        summary.residentMiB?.toFixed(0) ?? '-',
      ],
    ];
  });
  return {
    tables: [
      {
        title: 'CPU time of the candidate, all its threads and processes, per completed request',
        head: [
          'candidate',
          'work',
          'us, saturated',
          `us, ${RATE}/s`,
          `x ${baselines.plain}`,
          `x ${baselines.splitMirror}`,
          `the same, ${RATE}/s`,
          'requests/s',
          'MiB',
        ],
        rows,
      },
    ],
    figures: figuresOf(
      Object.fromEntries(
        summaries.flatMap((summary) => {
          const name = `${section}/${summary.candidate}`;
          return [
            [`${name}/us-saturated`, summary.saturation?.cpuUsPerRequest],
            [`${name}/us-paced`, summary.open[0]?.cpuUsPerRequest],
            [`${name}/x-${baselines.plain}`, summary.ratios.plain?.saturated],
            [`${name}/x-${baselines.plain}-paced`, summary.ratios.plain?.paced],
            [`${name}/x-${baselines.splitMirror}`, summary.ratios.splitMirror?.saturated],
            [`${name}/x-${baselines.splitMirror}-paced`, summary.ratios.splitMirror?.paced],
          ];
        }),
      ),
    ),
    notes: [
      `Saturated: closed loop with wrk, ${COURSE.connections} connections; requests per second are those of one core, which the load and the upstreams do not share. ${RATE}/s: open loop.`,
      'Ratios are taken round by round: median of the rounds (lowest..highest).',
      'nginx and haproxy record nothing and compare nothing: no rival does the work of the last rungs.',
    ],
    warnings,
  };
}
