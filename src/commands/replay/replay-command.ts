// `headgate replay`, as commander knows it.

import { type Command, InvalidArgumentError } from 'commander';

const EXAMPLES = `
Example:
  headgate replay -c headgate.yaml --model credit-default --to forest --where "status = 200"
  headgate replay -c headgate.yaml --model credit-default --to http://127.0.0.1:9104 --from 2026-11-01 --rate 50 --as-shadow

Only calls whose whole bodies are on record can be sent again. Ctrl-C ends it with the report of what was sent so far.
Exit code 0: something was answered; 65: nothing to send; 69: nothing was answered; 130: interrupted.
`;

const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

interface ReplayFlags {
  readonly config: string;
  readonly model: string;
  readonly to: string;
  readonly from?: string;
  readonly until?: string;
  readonly where?: string;
  readonly rate: number;
  readonly concurrency: number;
  readonly limit: number;
  readonly tolerance: number;
  readonly asShadow?: true;
  readonly json?: true;
}

export function addReplayCommand(program: Command, done: (code: number) => void): void {
  program
    .command('replay')
    .description('send captured calls again, to any version or URL, and compare the answers with those on record')
    .requiredOption('-c, --config <file>', 'configuration (YAML)')
    .requiredOption('--model <name>', 'the model whose calls are sent again')
    .requiredOption(
      '--to <version|url>',
      'a version of the model, or a URL; one without a path keeps that of the request',
    )
    .option('--from <time>', 'calls from this time on: a day (UTC), or a time with its zone (ISO 8601)', instant)
    .option('--until <time>', 'calls before this time', instant)
    .option('--where <sql>', 'a condition on the columns of `decisions`, as in headgate query')
    .option('--rate <n>', 'calls per second', positive, 100)
    .option('--concurrency <n>', 'calls under way, at most', counting, 32)
    .option('--limit <n>', 'calls, at most: the oldest ones', counting, 10_000)
    .option('--tolerance <share>', 'numbers this far apart, relatively, are equal', share, 1e-6)
    .option('--as-shadow', 'mark calls as those of a shadow (headgate-shadow), besides headgate-replay')
    .option('--json', 'the report as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: ReplayFlags) => {
      const { runReplay } = await import('./replay.ts');
      const { from = null, until = null, where = null, asShadow, json } = flags;
      const given = { ...flags, from, until, where, asShadow: asShadow === true, json: json === true };
      const { env, stdout, stderr } = process;
      const halt = new AbortController();
      // A second Ctrl-C ends it at once.
      const interrupt = (): void => halt.abort();
      process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
      done(await runReplay({ ...given, env, stdout, stderr, signal: halt.signal }));
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    });
}

function instant(text: string): string {
  const time = TIME.test(text) ? new Date(text) : new Date(Number.NaN);
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('It is a day like 2026-11-25, or a time like 2026-11-25T14:00:00Z.');
  return time.toISOString();
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('It is a number above 0.');
  return value;
}

function counting(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1 on.');
  return Number(text);
}

function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value < 1)) throw new InvalidArgumentError('It is a number from 0 up to 1.');
  return value;
}
