// Candidates side by side: each is held to its work, then all are measured in random order, round by round, over the same course.
// Three sections are made of this, with other candidates and other courses.

import { createSeededRandom } from '../src/kernel/random.ts';
import type { Candidate } from './candidate.ts';
import { type Cell, type Course, measureCell } from './measure.ts';
import type { Bench, Findings, Spread } from './section.ts';
import { shuffled } from './statistics.ts';
import { type Baselines, type Summary, summarize } from './summary.ts';
import { startUpstreams, type Upstreams } from './upstreams.ts';
import { validate } from './validate.ts';

export interface Compared {
  readonly candidates: readonly Candidate[];
  readonly cells: readonly Cell[];
  readonly summaries: readonly Summary[];
  readonly warnings: readonly string[];
}

export async function compare(
  candidates: readonly Candidate[],
  course: Course,
  baselines: Baselines,
  rounds: number,
  bench: Bench,
): Promise<Compared> {
  const { only, seed } = bench.options;
  const always = new Set<string>(Object.values(baselines));
  const chosen = only.length === 0 ? candidates : candidates.filter(({ id }) => only.includes(id) || always.has(id));
  const upstreams = await startUpstreams();
  try {
    const { sound, refused } = await validateAll(chosen, upstreams, bench);
    const cells = bench.options.validateOnly ? [] : await measureAll(sound, course, rounds, bench, upstreams);
    const mirrors = new Set(sound.filter(({ work }) => work.mirror).map(({ id }) => id));
    const summaries = summarize(cells, baselines, mirrors, seed);
    return { candidates: sound, cells, summaries, warnings: [...refused, ...warningsOf(summaries)] };
  } finally {
    await upstreams.stop();
  }
}

export function warningsOf(summaries: readonly Summary[]): string[] {
  return summaries.flatMap(({ candidate, warnings }) => warnings.map((warning) => `${candidate}: ${warning}`));
}

/** @returns those that do their work, and words for those that do not */
export async function validateAll(
  candidates: readonly Candidate[],
  upstreams: Upstreams,
  bench: Pick<Bench, 'say'>,
): Promise<{ sound: Candidate[]; refused: string[] }> {
  const sound: Candidate[] = [];
  const refused: string[] = [];
  for (const candidate of candidates) {
    const why =
      candidate.missing() ??
      (await validate(candidate, upstreams).then(
        () => null,
        (error: Error) => error.message,
      ));
    bench.say(`  ${candidate.id}: ${why ?? 'does its work'}`);
    if (why === null) sound.push(candidate);
    else refused.push(`${candidate.id}: not measured. ${why}`);
  }
  return { sound, refused };
}

async function measureAll(
  candidates: readonly Candidate[],
  course: Course,
  rounds: number,
  bench: Bench,
  upstreams: Upstreams,
): Promise<Cell[]> {
  const random = createSeededRandom(bench.options.seed);
  const cells: Cell[] = [];
  for (let round = 1; round <= rounds; round++) {
    bench.say(`  round ${round} of ${rounds}`);
    for (const candidate of shuffled(candidates, random)) {
      const cell = await measureCell(candidate, round, bench, upstreams, course);
      cells.push(cell);
      bench.say(`    ${candidate.id}: ${cellWords(cell)}`);
    }
  }
  return cells;
}

function cellWords({ open, saturation }: Cell): string {
  const words = open.map(({ ratePerSecond, cpuUsPerRequest, latenessP99Us }) => {
    const cpu = cpuUsPerRequest === null ? '' : ` ${cpuUsPerRequest.toFixed(0)} us,`;
    return `at ${ratePerSecond}/s${cpu} generator late by ${latenessP99Us} us at most 99 times in 100`;
  });
  if (saturation !== null)
    words.push(`saturated ${saturation.cpuUsPerRequest?.toFixed(0) ?? '-'} us, ${saturation.requestsPerSecond}/s`);
  return words.join('; ');
}

/** Figures under their names, those that there are. */
export function figuresOf(named: Readonly<Record<string, Spread | null | undefined>>): Findings['figures'] {
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, spread]) =>
      spread === null || spread === undefined ? [] : [[name, spread]],
    ),
  );
}
