// `headgate baseline` as commander knows it: its options, and which of them belong together. What it does is baseline.ts.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration, parseSize } from '../../kernel/units.ts';
import { EXIT } from '../exit-codes.ts';
import type { RowsAsked } from './baseline.ts';

const { env, stdout, stderr } = process;

const EXAMPLES = `
Examples:
  headgate baseline --model credit-default --from train.parquet --ignore label --predictions score=probability -o credit.json
  headgate baseline --model credit-default --from train.csv --time at --zone Europe/Berlin -c headgate.yaml
  headgate baseline --model credit-default -c headgate.yaml --last 7d
  headgate baseline --model credit-default -c headgate.yaml --from 2026-11-01 --until 2026-11-08 --of logistic -o credit.json

Training data is CSV with a line of names, or Parquet, with columns named as requests name them. Captured decisions give features of all
answered decisions, and predictions by version. With a time for each row and two weeks of them, seasons by the hour of the week are kept.
`;

interface Flags {
  readonly model: string;
  readonly config?: string;
  readonly data?: string;
  readonly from?: string;
  readonly until?: string;
  readonly last?: number;
  readonly of?: string;
  readonly role?: string;
  readonly predictions?: ReadonlyMap<string, string>;
  readonly ignore?: readonly string[];
  readonly time?: string;
  readonly zone: string;
  readonly output?: string;
  readonly memory: number;
  readonly json?: true;
}

export function addBaselineCommand(program: Command, done: (code: number) => void): void {
  program
    .command('baseline')
    .description('freeze what drift is measured against, from training data or captured decisions')
    .requiredOption('--model <name>', 'the model that it is for')
    .option('-c, --config <file>', 'configuration (YAML)')
    .option('--data <folder>', 'the data folder itself')
    .option('--from <file|time>', 'training data (.csv, .parquet), or captured decisions from this time on (ISO 8601)')
    .option('--until <time>', 'captured decisions before this time (ISO 8601)')
    .option('--last <duration>', 'captured decisions of the last so long, as 7d', durationOf)
    .option('--of <version>', 'captured decisions that this version answered')
    .addOption(
      new Option('--role <role>', 'captured decisions in this role').choices(['champion', 'challenger', 'shadow']),
    )
    .option(
      '--predictions <column>',
      'a column of training data that is a prediction; COLUMN=NAME gives it the name of the answers (repeatable)',
      predictionOf,
    )
    .option(
      '--ignore <column>',
      'a column of training data that requests do not have: a label, an id (repeatable)',
      oneMore,
    )
    .option('--time <column>', 'the column of training data that says when a row was')
    .option('--zone <name>', 'time zone of the hours of the week', 'UTC')
    .option('-o, --output <file>', 'the file to write; by default the one that the configuration names')
    .addOption(new Option('--memory <size>', 'what DuckDB may take').argParser(sizeOf).default(1024 ** 3, '1GiB'))
    .option('--json', 'what was found as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags) => {
      const nowMs = Date.now();
      const rows = rowsAsked(flags, nowMs);
      if (typeof rows === 'string') {
        stderr.write(`error: ${rows}\n`);
        done(EXIT.usage);
        return;
      }
      const { model, config = null, data = null, output = null, zone, memory: memoryBytes } = flags;
      const { runBaseline } = await import('./baseline.ts');
      const json = flags.json === true;
      done(
        await runBaseline({ model, config, data, rows, zone, output, memoryBytes, json, nowMs, env, stdout, stderr }),
      );
    });
}

/** @returns the problem, where the words do not belong together */
function rowsAsked(flags: Flags, nowMs: number): RowsAsked | string {
  const { from, until, last, of: version, role, predictions, ignore = [], time } = flags;
  if (from !== undefined && /\.(csv|parquet|pq)$/i.test(from)) {
    if ([until, last, version, role].some((flag) => flag !== undefined))
      return '--until, --last, --of and --role are for captured decisions, not for a file';
    return {
      kind: 'file',
      path: from,
      predictions: predictions ?? new Map(),
      ignore: new Set(ignore),
      time: time ?? null,
    };
  }
  if (predictions !== undefined || ignore.length > 0 || time !== undefined)
    return '--predictions, --ignore and --time are for training data: name it with --from FILE.csv or FILE.parquet';
  const bounds = [from, until].map((text) => (text === undefined ? null : isoOf(text)));
  const wrong = [from, until].find((text, i) => text !== undefined && bounds[i] === undefined);
  if (wrong !== undefined)
    return `${JSON.stringify(wrong)} is neither a .csv or .parquet file nor a time such as 2026-11-01 or 2026-11-01T08:00:00Z`;
  if (last === undefined && from === undefined && until === undefined)
    return 'say which rows: --from FILE.csv, --from FILE.parquet, --last 7d, or --from TIME --until TIME';
  if (last !== undefined && (from !== undefined || until !== undefined))
    return '--last stands alone: leave out --from and --until';
  const since = last === undefined ? (bounds[0] ?? null) : new Date(nowMs - last).toISOString();
  return { kind: 'captures', from: since, until: bounds[1] ?? null, version: version ?? null, role: role ?? null };
}

function isoOf(text: string): string | undefined {
  const at = /^\d{4}-\d\d-\d\d(T|$)/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

function durationOf(text: string): number {
  const value = parseDuration(text);
  if (value === undefined || value <= 0) throw new InvalidArgumentError('It is a duration such as 7d or 12h.');
  return value;
}

function sizeOf(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined || bytes < 64 * 1024 ** 2) throw new InvalidArgumentError('It is a size of at least 64MiB.');
  return bytes;
}

const oneMore = (text: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), text];

function predictionOf(text: string, before: ReadonlyMap<string, string> | undefined): ReadonlyMap<string, string> {
  const at = text.indexOf('=');
  const [column, name] = at < 1 ? [text, text] : [text.slice(0, at), text.slice(at + 1)];
  if (name === '') throw new InvalidArgumentError('It is COLUMN or COLUMN=NAME.');
  return new Map([...(before ?? []), [column, name]]);
}
