// npm run bench: what Headgate costs beside what others cost for the same work on the same machine, section by section.
// This file tells the order of things; each step has a file of its own.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Conditions, commit, readConditions, whyNotInstalled, whyNotQuiet } from './conditions.ts';
import { watchCores } from './cpu.ts';
import { startGenerator } from './load/generator.ts';
import { createSaturator } from './load/saturate.ts';
import { argumentsOfSection, type Options, parseOptions, USAGE } from './options.ts';
import { placeProcesses } from './placement.ts';
import { guardProcesses, removeFolder, temporaryFolder } from './processes.ts';
import { judgeRun, markdown, type Outcome, outcomeText, targetsTable } from './report.ts';
import { keepOutcome, keptRun, publish } from './results.ts';
import type { Bench, Section } from './section.ts';
import { SECTIONS } from './sections/index.ts';

/** More than this of the cores in other hands, and a section says so. */
const OTHERS_MAX = 0.02;
/** Each watches the cores for a second and a half. */
const QUIET_TRIES = 15;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** @returns the exit code */
async function main(options: Options): Promise<number> {
  const asked = choose(options.sections);
  if (options.list) {
    for (const { id, title, seconds } of asked) say(`${id.padEnd(10)} ${title} (about ${minutes(seconds(options))})`);
    return 0;
  }
  const sound = options.reportOnly || (await measure(asked, options));
  if (options.quick || options.validateOnly) return sound ? 0 : 1;
  const kept = keptRun(commit());
  if (kept === null) throw new Error(`nothing is kept of ${commit()}: run npm run bench first`);
  if (options.reportOnly) say(markdown(kept.run));
  else if (asked.length > 1) say(`\n${targetsTable(judgeRun(kept.run))}`);
  if (options.publish) publish(kept.run, kept.name);
  return sound ? 0 : 1;
}

function choose(ids: readonly string[]): readonly Section[] {
  const unknown = ids.filter((id) => !SECTIONS.some((section) => section.id === id));
  if (unknown.length > 0)
    throw new Error(
      `--section ${unknown.join(',')}: no such section; there are ${SECTIONS.map(({ id }) => id).join(', ')}`,
    );
  return ids.length === 0 ? SECTIONS : SECTIONS.filter(({ id }) => ids.includes(id));
}

/** @returns whether all went as it should */
async function measure(asked: readonly Section[], options: Options): Promise<boolean> {
  const done = options.resume ? (keptRun(commit())?.run.sections ?? []).filter(wasQuiet).map(({ id }) => id) : [];
  const sections = asked.filter(({ id }) => !done.includes(id));
  const total = sections.reduce((sum, { seconds }) => sum + seconds(options), 0);
  const names = sections.map(({ id, seconds }) => `${id} ${minutes(seconds(options))}`);
  say(`${sections.length} sections, about ${minutes(total)}: ${names.join(', ')}`);
  let sound = true;
  for (const section of sections) {
    const well = options.through.length > 0 ? runThrough(section, options) : await runHere(section, options);
    sound &&= well;
  }
  return sound;
}

function wasQuiet({ conditions: { others, stolen } }: Pick<Outcome, 'conditions'>): boolean {
  return others + stolen <= OTHERS_MAX;
}

function runThrough({ id }: Section, options: Options): boolean {
  const [command = '', ...args] = [...options.through, process.execPath, fileURLToPath(import.meta.url)];
  const { status, error } = spawnSync(command, [...args, ...argumentsOfSection(options, id)], { stdio: 'inherit' });
  if (error !== undefined) throw new Error(`--through ${options.through.join(' ')}: ${error.message}`);
  return status === 0;
}

async function runHere(section: Section, options: Options): Promise<boolean> {
  const absent = whyNotInstalled('nginx') ?? whyNotInstalled('wrk');
  if (absent !== null) throw new Error(`${absent}: upstreams and load need it`);
  say(`\n${section.id}: ${section.title}, about ${minutes(section.seconds(options))}`);
  const before = await conditionsOnceQuiet(options);
  if (!options.validateOnly) refuseIfBusy(before, options);
  const placements = placeProcesses(options.pin);
  const folder = temporaryFolder('load');
  const generator = startGenerator();
  const bench: Bench = { placements, generator, saturator: createSaturator(folder), options, say };
  const cores = watchCores();
  const from = performance.now();
  try {
    const findings = await section.run(bench);
    const conditions: Conditions = { ...before, ...cores() };
    const share = (value: number): string => `${(value * 100).toFixed(1)} %`;
    const strangers = wasQuiet({ conditions })
      ? []
      : [
          `others used ${share(conditions.others)} of the cores meanwhile, the hypervisor ${share(conditions.stolen)}: measure again (--resume does)`,
        ];
    const outcome: Outcome = {
      id: section.id,
      title: section.title,
      ...findings,
      warnings: [...findings.warnings, ...strangers],
      conditions,
      placement: findings.everywhere === true ? placements.wordsEverywhere : placements.words,
      seed: options.seed,
      tookSeconds: Math.round((performance.now() - from) / 1000),
    };
    if (!options.validateOnly) say(`\n${outcomeText(outcome)}`);
    if (!options.quick && !options.validateOnly) say(`\nkept: ${keepOutcome(outcome)}`);
    return findings.warnings.length === 0;
  } finally {
    generator.stop();
    removeFolder(folder);
  }
}

/** What has just ended may take a moment to leave the cores. */
async function conditionsOnceQuiet({ force, validateOnly }: Options): ReturnType<typeof readConditions> {
  let conditions = await readConditions();
  for (let tries = 1; tries < QUIET_TRIES && !force && !validateOnly && whyNotQuiet(conditions) !== null; tries++)
    conditions = await readConditions();
  return conditions;
}

function refuseIfBusy(conditions: Pick<Conditions, 'busy'>, { force }: Options): void {
  const busy = whyNotQuiet(conditions);
  if (busy === null) return;
  if (!force) throw new Error(`${busy}: wait until the machine is quiet, or measure all the same with --force`);
  say(`  ${busy}: measured all the same (--force)`);
}

function minutes(seconds: number): string {
  return seconds < 100 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) say(USAGE);
  else guardProcesses();
  // Exit at once, and with it whatever a failed step left running.
  process.exit(options === null ? 0 : await main(options));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
