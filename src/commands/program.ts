// The commands as commander knows them: names, options, help with examples. Each command's own file is loaded only when it
// runs, so that help is quick. Wrong words end with 64; what a command returns is its exit code.

import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { EXIT } from './exit-codes.ts';

const { env, stdout, stderr } = process;

/** @returns the exit code */
export async function runProgram(words: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const program = createProgram((result) => {
    code = result;
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    stderr.write(`headgate: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return EXIT.software;
  }
}

function createProgram(done: (code: number) => void): Command {
  const program = new Command('headgate')
    .description('The gate in front of your models: sticky splits, shadows, capture, drift.')
    .version(ownVersion(), '-V, --version', 'the version of Headgate')
    .exitOverride()
    .showHelpAfterError('(headgate --help lists the commands)')
    .helpCommand('help [command]', 'the help of a command')
    .addHelpText(
      'after',
      '\nExamples:\n  headgate demo\n  headgate check -c headgate.yaml && headgate serve -c headgate.yaml\n',
    );

  // Settings are inherited by commands added with .command() after them.
  program
    .command('serve')
    .description('start the gate')
    .requiredOption('-c, --config <file>', 'configuration (YAML)')
    .addHelpText(
      'after',
      example(
        'headgate serve -c headgate.yaml',
        'SIGHUP or a change of the file reloads it; SIGTERM drains, then stops.',
      ),
    )
    .action(async (options: { config: string }) => {
      const { runServe } = await import('./serve.ts');
      done(await runServe({ file: options.config, env }));
    });

  program
    .command('check')
    .description('report every problem of a configuration, each with its place and remedy')
    .requiredOption('-c, --config <file>', 'configuration (YAML)')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      example('headgate check -c headgate.yaml', 'Exit code 0 where there is no problem, 78 otherwise.'),
    )
    .action(async (options: { config: string; json?: true }) => {
      const { runCheck } = await import('./check.ts');
      done(await runCheck(options.config, { json: options.json === true, env, stdout, stderr }));
    });

  program
    .command('schema')
    .description('print the JSON Schema of the configuration, for editors')
    .addHelpText(
      'after',
      example(
        'headgate schema > headgate.schema.json',
        'Then begin the YAML with: # yaml-language-server: $schema=headgate.schema.json',
      ),
    )
    .action(async () => {
      const { runSchema } = await import('./schema.ts');
      done(await runSchema({ stdout }));
    });

  program
    .command('explain')
    .description('say which version a unit is given, and why')
    .argument('<model>', 'name of the model')
    .argument('<unit>', 'value of the sticky key')
    .requiredOption('-c, --config <file>', 'configuration (YAML)')
    .option('--header <name=value>', 'a request header that rules look at (repeatable)', pair)
    .option('--query <name=value>', 'a query value that rules look at (repeatable)', pair)
    .option('--path <path>', 'the request path that rules look at')
    .option('--json', 'as JSON')
    .addHelpText('after', example('headgate explain credit-default acct-1 -c headgate.yaml --header region=EU'))
    .action(async (model: string, unit: string, options: ExplainFlags) => {
      const { runExplain } = await import('./explain.ts');
      const { config: file, header: headers = {}, query = {}, path, json } = options;
      done(await runExplain({ model, unit, file, headers, query, path: path ?? null, json: json === true }));
    });

  program
    .command('demo')
    .description('three model servers, simulated card payments, the gate, and an incident to notice')
    .option('--seconds <n>', 'end after this time (default: Ctrl-C ends it)', positive)
    .option('--rate <n>', 'payments per second', positive, 200)
    .option('--seed <n>', 'of the simulation: the same seed gives the same payments', whole, 1)
    .option('--incident <n>', 'seconds until the callers begin to send cents', positive, 20)
    .option('--keep <folder>', 'leave configuration and captured decisions there')
    .option('--plain', 'a line every few seconds instead of a live view')
    .addHelpText('after', example('headgate demo --seconds 60 --plain'))
    .action(async (options: DemoFlags) => {
      const { demo } = await import('./demo/demo.ts');
      const { seconds, rate, seed, incident, keep, plain } = options;
      done(
        await demo({
          seconds: seconds ?? null,
          rate,
          seed,
          incidentSeconds: incident,
          keep: keep ?? null,
          plain: plain === true,
        }),
      );
    });

  return program;
}

function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

interface ExplainFlags {
  readonly config: string;
  readonly header?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly json?: true;
}

interface DemoFlags {
  readonly seconds?: number;
  readonly rate: number;
  readonly seed: number;
  readonly incident: number;
  readonly keep?: string;
  readonly plain?: true;
}

function example(line: string, remark?: string): string {
  return `\nExample:\n  ${line}\n${remark === undefined ? '' : `\n${remark}\n`}`;
}

function pair(text: string, before: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It has the form name=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('It is a number above 0.');
  return value;
}

function whole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It is a whole number.');
  return Number(text);
}
