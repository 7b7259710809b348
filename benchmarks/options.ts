// The command line of `npm run bench`.

import { parseArgs } from 'node:util';

export interface Options {
  /** Rounds over all candidates of a section; undefined: as many as the section is made for. */
  readonly rounds: number | undefined;
  readonly seed: number;
  /** How long the section on memory may take. */
  readonly memorySeconds: number;
  /** Ids of the sections to run; empty: all. */
  readonly sections: readonly string[];
  /** Ids of the candidates to take in a comparison; empty: all. */
  readonly only: readonly string[];
  readonly pin: boolean;
  readonly quick: boolean;
  readonly force: boolean;
  readonly validateOnly: boolean;
  /** Sections of this commit that are kept already, from a quiet machine, are left out. */
  readonly resume: boolean;
  /** Command that runs each section as a process of its own. */
  readonly through: readonly string[];
  /** Measure nothing: print what is kept of this commit. */
  readonly reportOnly: boolean;
  readonly publish: boolean;
  readonly list: boolean;
}

export const USAGE = `npm run bench -- [options]

  Measures Headgate and its rivals on this machine, section by section, on 127.0.0.1 alone; says beforehand how long it takes. Each
  section is kept in benchmarks/results as it ends, under the commit it was measured at.

  --section a,b          only these sections (--list names them)
  --resume               leave out sections that are kept for this commit, and were measured on a quiet machine
  --through CMD          run each section as a process of its own behind CMD, as a lock on the machine
  --publish              put the tables into README.md and docs/performance.md
  --report               measure nothing, print what is kept for this commit
  --rounds N             rounds of each section, instead of its own number
  --memory-seconds N     bound of the section on memory (default 150)
  --only a,b             in comparisons only these candidates, and those that ratios are taken against
  --seed N               order of the candidates (default 1)
  --no-pin               leave it to the scheduler who runs on which core
  --validate             check that every candidate does its work, measure nothing
  --quick                one round; nothing is kept
  --force                measure although the machine is busy
  --list                 the sections, and about how long each takes
  --help

  Example: npm run bench -- --resume --publish
           npm run bench -- --section ladder --only haproxy,headgate-pass --rounds 5`;

const QUICK = { rounds: 1, memorySeconds: 15 };
const MEMORY_SECONDS = 150;

/** @throws with a sentence for the person at the keyboard @returns null where help was asked for */
export function parseOptions(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      section: { type: 'string', default: '' },
      resume: { type: 'boolean', default: false },
      through: { type: 'string', default: '' },
      publish: { type: 'boolean', default: false },
      report: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      'memory-seconds': { type: 'string', default: String(MEMORY_SECONDS) },
      only: { type: 'string', default: '' },
      seed: { type: 'string', default: '1' },
      pin: { type: 'boolean', default: true },
      validate: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  if (values.quick && values.publish) throw new Error('--quick is too short to be published: leave it out');
  if (values.only !== '' && values.publish)
    throw new Error('--only leaves rows out of what is published: leave it out');
  const rounds = values.rounds === undefined ? undefined : whole('--rounds', values.rounds, 1, 100);
  return {
    rounds: rounds ?? (values.quick ? QUICK.rounds : undefined),
    seed: whole('--seed', values.seed, 0, 2 ** 32 - 1),
    memorySeconds: values.quick ? QUICK.memorySeconds : whole('--memory-seconds', values['memory-seconds'], 5, 7200),
    sections: words(values.section, ','),
    only: words(values.only, ','),
    pin: values.pin,
    quick: values.quick,
    force: values.force,
    validateOnly: values.validate,
    resume: values.resume,
    through: words(values.through, ' '),
    reportOnly: values.report,
    publish: values.publish,
    list: values.list,
  };
}

/** What each section's own process is told, of all that was asked for. */
export function argumentsOfSection(options: Options, section: string): string[] {
  const { rounds, seed, memorySeconds, only, pin, quick, force, validateOnly } = options;
  return [
    ...['--section', section, '--seed', String(seed)],
    ...(rounds === undefined ? [] : ['--rounds', String(rounds)]),
    ...(quick ? ['--quick'] : ['--memory-seconds', String(memorySeconds)]),
    ...(only.length === 0 ? [] : ['--only', only.join(',')]),
    ...(pin ? [] : ['--no-pin']),
    ...(force ? ['--force'] : []),
    ...(validateOnly ? ['--validate'] : []),
  ];
}

function words(text: string, separator: string): string[] {
  return text.split(separator).filter((word) => word !== '');
}

function whole(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < low || value > high)
    throw new Error(`${name} ${text}: give a whole number from ${low} to ${high}`);
  return value;
}
