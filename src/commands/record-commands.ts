// The commands that work on what is on record, as commander knows them: query, and outcomes.

import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseSize } from '../kernel/units.ts';
import { QUERY_FORMATS, type QueryFormat } from './query-formats.ts';

const { env, stdout, stderr } = process;

const QUERY_EXAMPLES = `
Example:
  headgate query -c headgate.yaml "SELECT version, count(*), avg(latency_ms) FROM decisions GROUP BY ALL"
  headgate query -c headgate.yaml --model credit-default --format csv -o rows.csv "SELECT * FROM decision_rows"
  headgate query --data ./data "SELECT d.version, avg(o.value) FROM decisions d JOIN outcomes o USING (decision_id) GROUP BY ALL"

What is not compacted yet is included. Write "at" in double quotes: it is a word of SQL.
`;

const OUTCOMES_EXAMPLES = `
Example:
  headgate outcomes import labels.ndjson -c headgate.yaml

A line is {"decision_id": "0190...", "name": "default", "value": true}, or has "model" and "unit" instead of "decision_id"; "at" says
when it became true. A file that was imported before changes nothing.
`;

interface QueryFlags {
  readonly config?: string;
  readonly data?: string;
  readonly model?: string;
  readonly format: QueryFormat;
  readonly output?: string;
  readonly memory: number;
}

export function addRecordCommands(program: Command, done: (code: number) => void): void {
  program
    .command('query')
    .description('ask the record of decisions in SQL: views decisions, shadows, calls, decision_rows, outcomes')
    .argument('<sql>', 'one SELECT; - reads it from the standard input')
    .option('-c, --config <file>', 'configuration (YAML), whose "data" is asked')
    .option('--data <folder>', 'the data folder itself')
    .option('--model <name>', 'records of one model only: quicker where there are many')
    .addOption(new Option('--format <format>', 'how rows are written').choices(QUERY_FORMATS).default('table'))
    .option('-o, --output <file>', 'write there instead of the standard output')
    .addOption(
      new Option('--memory <size>', 'what the query may take before it goes to the disk')
        .argParser(sizeOf)
        .default(1024 ** 3, '1GiB'),
    )
    .addHelpText('after', QUERY_EXAMPLES)
    .action(async (sql: string, flags: QueryFlags) => {
      const { runQuery } = await import('./query.ts');
      const { config = null, data = null, model = null, output = null, format, memory: memoryBytes } = flags;
      const asked = sql === '-' ? readFileSync(0, 'utf8') : sql;
      done(await runQuery({ sql: asked, config, data, model, format, output, memoryBytes, env, stdout, stderr }));
    });

  program
    .command('outcomes')
    .description('labels and rewards: what turned out to be true later')
    .command('import')
    .description('add outcomes to the log below "data"')
    .argument('<file>', 'lines of JSON, or .csv with names in its first line')
    .option('-c, --config <file>', 'configuration (YAML), whose "data" is meant')
    .option('--data <folder>', 'the data folder itself')
    .addHelpText('after', OUTCOMES_EXAMPLES)
    .action(async (file: string, flags: { config?: string; data?: string }) => {
      const { runOutcomesImport } = await import('./outcomes-import.ts');
      const [config, data] = [flags.config ?? null, flags.data ?? null];
      done(await runOutcomesImport({ file, config, data, nowMs: Date.now(), env, stdout, stderr }));
    });
}

function sizeOf(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined || bytes < 64 * 1024 ** 2) throw new InvalidArgumentError('It is a size of at least 64MiB.');
  return bytes;
}
