// npm run bench: what Headgate costs, rung by rung, beside what others cost for the same work on the same machine.
// This file tells the order of things; each step has a file of its own.

import { createSeededRandom } from '../src/kernel/random.ts';
import type { Candidate } from './candidate.ts';
import { BASELINES, CANDIDATES } from './candidates/index.ts';
import { type Conditions, readConditions, whyNotInstalled, whyNotQuiet } from './conditions.ts';
import { startGenerator } from './load/generator.ts';
import { createSaturator } from './load/saturate.ts';
import { type Bench, type Cell, measureCell } from './measure.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { guardProcesses, temporaryFolder } from './processes.ts';
import { conditionsText, markdown, type Refusal, type Report } from './report.ts';
import { keepResults, updateReadme } from './results.ts';
import { shuffled } from './statistics.ts';
import { summarize } from './summary.ts';
import { startUpstreams, type Upstreams } from './upstreams.ts';
import { validate } from './validate.ts';
import { createPool } from './workload.ts';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(options: Options): Promise<number> {
  guardProcesses();
  const absent = whyNotInstalled('nginx') ?? whyNotInstalled('wrk');
  if (absent !== null) throw new Error(`${absent}: upstreams and load need it`);
  const candidates = choose(options.only);
  const conditions = await readConditions();
  say(conditionsText({ conditions, options }));
  if (!options.validateOnly) refuseIfBusy(conditions, options);

  const upstreams = await startUpstreams();
  try {
    const { sound, refused } = await validateAll(candidates, upstreams);
    if (options.validateOnly) return refused.length === 0 ? 0 : 1;
    const cells = await measureAll(sound, upstreams, options);
    const mirrors = new Set(sound.filter(({ work }) => work.mirror).map(({ id }) => id));
    const listed = candidates.map(({ id, title, work }) => ({ id, title, work }));
    const report: Report = {
      conditions,
      options,
      candidates: listed,
      summaries: summarize(cells, BASELINES, mirrors, options.seed),
      refused,
    };
    publish(report);
    return refused.length === 0 ? 0 : 1;
  } finally {
    await upstreams.stop();
  }
}

function choose(only: readonly string[]): readonly Candidate[] {
  const known = new Set(CANDIDATES.map(({ id }) => id));
  const unknown = only.filter((id) => !known.has(id));
  if (unknown.length > 0)
    throw new Error(`--only ${unknown.join(',')}: no such candidate; there are ${[...known].join(', ')}`);
  const wanted = new Set<string>([...only, BASELINES.floor, BASELINES.plain]);
  return only.length === 0 ? CANDIDATES : CANDIDATES.filter(({ id }) => wanted.has(id));
}

function refuseIfBusy(conditions: Conditions, { force }: Options): void {
  const busy = whyNotQuiet(conditions);
  if (busy === null) return;
  if (!force) throw new Error(`${busy}: wait until the machine is quiet, or measure all the same with --force`);
  say(`- ${busy}: measured all the same (--force)`);
}

async function validateAll(
  candidates: readonly Candidate[],
  upstreams: Upstreams,
): Promise<{ sound: Candidate[]; refused: Refusal[] }> {
  const sound: Candidate[] = [];
  const refused: Refusal[] = [];
  say('\nvalidation');
  for (const candidate of candidates) {
    const why =
      candidate.missing() ??
      (await validate(candidate, upstreams).then(
        () => null,
        (error: Error) => error.message,
      ));
    say(`  ${candidate.id}: ${why ?? 'does its work'}`);
    if (why === null) sound.push(candidate);
    else refused.push({ candidate: candidate.id, why });
  }
  return { sound, refused };
}

async function measureAll(candidates: readonly Candidate[], upstreams: Upstreams, options: Options): Promise<Cell[]> {
  const bench: Bench = {
    upstreams,
    generator: startGenerator(),
    saturator: createSaturator(createPool(), temporaryFolder('load')),
  };
  const random = createSeededRandom(options.seed);
  const cells: Cell[] = [];
  try {
    for (let round = 1; round <= options.rounds; round++) {
      say(`\nround ${round} of ${options.rounds}`);
      for (const candidate of shuffled(candidates, random)) {
        const cell = await measureCell(candidate, round, bench, options);
        cells.push(cell);
        say(
          `  ${candidate.id}: ${cell.saturation.cpuUsPerRequest?.toFixed(1) ?? '-'} us of CPU a request, ${cell.saturation.requestsPerSecond} requests/s`,
        );
      }
    }
  } finally {
    bench.generator.stop();
  }
  return cells;
}

function publish(report: Report): void {
  say(`\n${markdown(report)}`);
  if (report.options.quick) return;
  const kept = keepResults(report);
  say(`\nkept: ${kept}`);
  if (report.options.writeReadme) updateReadme(report, kept);
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) say(USAGE);
  // Exit at once, and with it whatever a failed step left running.
  process.exit(options === null ? 0 : await main(options));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
