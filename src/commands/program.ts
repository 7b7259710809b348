// The commands as commander knows them: names, options, help with examples. Each command's own file is loaded only when it
// runs, so that help is quick. Wrong words end with 64; what a command returns is its exit code.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { WINDOW_NAMES, type WindowName } from '../drift/counts/windows.ts';
import { CONVENTION_NAMES, type ConventionName } from '../drift/distances/conventions/convention.ts';

import { parseDuration, parsePercent } from '../kernel/units.ts';
import { addBaselineCommand } from './baseline/words.ts';
import { EXIT } from './exit-codes.ts';
import { addRecordCommands } from './record-commands.ts';
import { addReplayCommand } from './replay/replay-command.ts';

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
    .option('--plan', 'write the allocation lock by itself where it is stale or missing (for one replica only)')
    .addHelpText(
      'after',
      example(
        'headgate serve -c headgate.yaml',
        'SIGHUP or a change of the file reloads it; SIGTERM drains, then stops.',
      ),
    )
    .action(async (options: { config: string; plan?: true }) => {
      const { runServe } = await import('./serve.ts');
      done(await runServe({ file: options.config, env, plansItself: options.plan === true }));
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
      const now = new Date().toISOString();
      done(await runCheck(options.config, { json: options.json === true, env, now, stdout, stderr }));
    });

  program
    .command('plan')
    .description('show which units a changed configuration moves, and write the allocation lock')
    .requiredOption('-c, --config <file>', 'configuration (YAML)')
    .option('--rename <old=new>', 'a version or model that got another name and keeps its units (repeatable)', pair)
    .option('--dry-run', 'show, and leave the lock as it is')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      example(
        'headgate plan -c headgate.yaml --dry-run\n  headgate plan -c headgate.yaml --rename boosted=boosted-2',
        `The lock is allocations.lock.json beside the configuration: commit both. Exit code 0 where the lock is written or up to
date; 65 for a name that cannot be renamed so, 69 where the lock cannot be written, 75 where a file was changed meanwhile (plan again),
78 for problems of either file.`,
      ),
    )
    .action(async (options: PlanFlags) => {
      const { runPlan } = await import('./plan.ts');
      const renames = new Map(Object.entries(options.rename ?? {}));
      const [dryRun, json, now] = [options.dryRun === true, options.json === true, new Date().toISOString()];
      done(await runPlan(options.config, { renames, dryRun, json, env, now, stdout, stderr }));
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
    .description('say which version a unit is given, and why; or replay a decision of the past')
    .argument('[model]', 'name of the model')
    .argument('[unit]', 'value of the sticky key')
    .requiredOption('-c, --config <file>', 'configuration (YAML)')
    .option('--units <file>', 'a file of units, one a line, instead of one; - is the standard input')
    .option('--decision <id>', 'a decision on record, instead of a unit')
    .option('--header <name=value>', 'a request header that rules look at (repeatable)', pair)
    .option('--query <name=value>', 'a query value that rules look at (repeatable)', pair)
    .option('--path <path>', 'the request path that rules look at')
    .option('--body <json>', 'the JSON body that rules look at; @FILE reads a file', bodyOf)
    .option('--json', 'as JSON; of --units one object a line')
    .addHelpText('after', EXPLAIN_EXAMPLES)
    .action(async (model: string | undefined, unit: string | undefined, flags: ExplainFlags) => {
      done(await explainAs(model, unit, flags));
    });

  const drift = program
    .command('drift')
    .description('show the drift of a running gate, or compare two CSV files by the same rules')
    .argument('[model]', 'name of the model; without one, a line for each')
    .option(
      '--admin <url>',
      'admin side of the gate; its token is read from HEADGATE_ADMIN_TOKEN',
      'http://127.0.0.1:9090',
    )
    .option('--baseline <csv>', 'rows to compare with, instead of a gate')
    .option('--current <csv>', 'rows that are compared')
    .option(
      '--tolerance <percent>',
      'with files: change of every share that is still fine (default: 10%)',
      parseTolerance,
    )
    .option('--like <tool>', `besides, figures as computed by ${CONVENTION_NAMES.join(', ')} (repeatable)`, convention)
    .option('--window <span>', `of a gate: rows, PSI and distances of ${WINDOW_NAMES.join(', ')}`, windowName)
    .option(
      '--from-snapshots <file...>',
      'of replicas: add up what their data/drift/*.drift hold, without asking a gate',
    )
    .option('--html <file>', 'of a gate: the report as one HTML file, to mail, keep and print')
    .option('--check', 'end with 1 where anything drifts')
    .option('--json', 'as JSON, with every figure, bound and variant')
    .addHelpText('after', DRIFT_EXAMPLES)
    .action(async (model: string | undefined, flags: DriftFlags) => {
      done(await driftAs(model, flags));
    });

  addBaselineCommand(program, done);
  program
    .command('quality')
    .description('how good a model turned out: with labels as they came, and estimated without')
    .argument('<model>', 'name of a model')
    .option('--admin <url>', 'admin side of the gate', 'http://127.0.0.1:9090')
    .option('-c, --config <file>', 'read the record of this configuration now, without asking a gate')
    .option('--check', 'exit with 1 where the risk of a version has risen')
    .option('--json', 'everything, as the API has it')
    .addHelpText(
      'after',
      example('headgate quality credit-default -c headgate.yaml', 'docs/quality.md defines every figure.'),
    )
    .action(async (model: string, flags: QualityFlags) => {
      const { runQuality } = await import('./quality/quality.ts');
      const { admin, config = null, check, json } = flags;
      const asked = {
        model,
        admin,
        token: env.HEADGATE_ADMIN_TOKEN,
        config,
        check: check === true,
        json: json === true,
      };
      done(await runQuality({ ...asked, nowMs: Date.now(), env, stdout, stderr }));
    });

  drift
    .command('backtest')
    .description('replay captured decisions: how many alarms a week these settings would have raised, which, and when')
    .requiredOption('-c, --config <file>', 'configuration (YAML)')
    .requiredOption('--model <name>', 'the model')
    .option('--from <time>', 'decisions from this time on (ISO 8601)')
    .option('--until <time>', 'decisions before this time (ISO 8601)')
    .option('--tolerance <percent>', 'try this tolerance instead of the configured one', parseTolerance)
    .option('--tick <duration>', 'try this tick instead of the configured one', tick)
    .option('--columns <number>', 'columns of the whole gate, which share the budget of false alarms', whole)
    .option('--against <file>', 'try this baseline file instead of the configured one')
    .option('--json', 'the report as JSON')
    .addHelpText('after', example('headgate drift backtest -c headgate.yaml --model credit-default --tolerance 20%'))
    .action(async (_: BacktestFlags, command: Command) => {
      // --tolerance and --json are words of `drift` as well, which is asked for them first.
      const flags: BacktestFlags = command.optsWithGlobals();
      const { runBacktest } = await import('./drift/backtest/backtest.ts');
      const { from = null, until = null, tolerance = null, tick: tickMs = null, against: baseline = null } = flags;
      const tried = { tolerance, tickMs, baseline, columns: flags.columns ?? null };
      const given = { config: flags.config, model: flags.model, from, until, ...tried };
      done(await runBacktest({ ...given, json: flags.json === true, env, stdout, stderr }));
    });

  addRecordCommands(program, done);

  program
    .command('accounts')
    .description('say what became of every exchange, process by process, and whether it adds up')
    .argument('[data]', 'the data folder of a gate', 'data')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      example('headgate accounts /var/lib/headgate', 'Exit code 1 where an account does not balance.'),
    )
    .action(async (data: string, options: { json?: true }) => {
      const { runAccounts } = await import('./accounts.ts');
      done(await runAccounts({ data: resolve(data), json: options.json === true, stdout, stderr }));
    });

  addReplayCommand(program, done);

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

interface PlanFlags {
  readonly config: string;
  readonly rename?: Readonly<Record<string, string>>;
  readonly dryRun?: true;
  readonly json?: true;
}

const EXPLAIN_EXAMPLES = `
Example:
  headgate explain credit-default acct-1 -c headgate.yaml --header region=EU
  headgate explain credit-default --units accounts.txt -c headgate.yaml > versions.tsv
  headgate explain --decision 01890a5d-ac96-774b-bcce-b302099a8057 -c headgate.yaml
`;

interface ExplainFlags {
  readonly config: string;
  readonly units?: string;
  readonly decision?: string;
  readonly body?: Buffer;
  readonly header?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly json?: true;
}

const DRIFT_EXAMPLES = `
Examples:
  headgate drift credit-default --window 1h
  headgate drift credit-default --json | jq '.features[] | select(.status == "drifting")'
  headgate drift --baseline train.csv --current last-week.csv --like evidently --like nannyml
  headgate drift --baseline train.csv --current batch.csv --check || exit 1

docs/drift.md defines every figure.
`;

interface DriftFlags {
  readonly admin: string;
  readonly baseline?: string;
  readonly current?: string;
  readonly tolerance?: number;
  readonly like?: readonly ConventionName[];
  readonly window?: WindowName;
  readonly fromSnapshots?: readonly string[];
  readonly html?: string;
  readonly check?: true;
  readonly json?: true;
}

interface QualityFlags {
  readonly admin: string;
  readonly config?: string;
  readonly check?: true;
  readonly json?: true;
}

interface BacktestFlags {
  readonly config: string;
  readonly model: string;
  readonly from?: string;
  readonly until?: string;
  readonly tolerance?: number;
  readonly tick?: number;
  readonly columns?: number;
  readonly against?: string;
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

/** One of three questions; what does not belong together is a typing error. */
async function explainAs(model: string | undefined, unit: string | undefined, flags: ExplainFlags): Promise<number> {
  const { config: file, header: headers = {}, query = {}, path = null, body = null } = flags;
  const asked = { file, headers, query, path, body, json: flags.json === true };
  const { units, decision } = flags;
  if (decision !== undefined && model === undefined && units === undefined) {
    const { runExplainDecision } = await import('./explain-decision.ts');
    return runExplainDecision({ ...asked, decision });
  }
  if (units !== undefined && model !== undefined && unit === undefined && decision === undefined) {
    const { runExplainUnits } = await import('./explain-units.ts');
    return runExplainUnits({ ...asked, model, units });
  }
  if (model !== undefined && unit !== undefined && units === undefined && decision === undefined) {
    const { runExplain } = await import('./explain.ts');
    return runExplain({ ...asked, model, unit });
  }
  stderr.write('error: name MODEL and UNIT, or MODEL and --units FILE, or --decision ID\n');
  return EXIT.usage;
}

/** A gate or two files; what does not belong together is a typing error. */
async function driftAs(model: string | undefined, flags: DriftFlags): Promise<number> {
  const { baseline, current, like = [], tolerance = 0.1, admin, html = null } = flags;
  const common = { like, json: flags.json === true, check: flags.check === true, stdout, stderr };
  if (flags.fromSnapshots !== undefined) {
    const { runSnapshotDrift } = await import('./drift/snapshots.ts');
    const asked = { paths: flags.fromSnapshots, model: model ?? null, window: flags.window ?? null, nowMs: Date.now() };
    return runSnapshotDrift({ ...common, ...asked });
  }
  const { runFileDrift, runGateDrift } = await import('./drift/drift.ts');
  if (baseline !== undefined && current !== undefined && model === undefined) {
    return runFileDrift({ ...common, baseline, current, tolerance });
  }
  if (html !== null && model === undefined) {
    stderr.write('error: --html is the report of one MODEL of a running gate: name it\n');
    return EXIT.usage;
  }
  if (baseline === undefined && current === undefined) {
    const token = env.HEADGATE_ADMIN_TOKEN;
    const window = flags.window ?? null;
    return runGateDrift({ ...common, model: model ?? null, window, html, admin, token, nowMs: Date.now() });
  }
  stderr.write('error: name a MODEL of a running gate, or --baseline FILE and --current FILE\n');
  return EXIT.usage;
}

function windowName(text: string): WindowName {
  const found = WINDOW_NAMES.find((name) => name === text);
  if (found === undefined) throw new InvalidArgumentError(`There are ${WINDOW_NAMES.join(', ')}.`);
  return found;
}

function convention(text: string, before: readonly ConventionName[] | undefined): readonly ConventionName[] {
  const found = CONVENTION_NAMES.find((name) => name === text);
  if (found === undefined) throw new InvalidArgumentError(`There are ${CONVENTION_NAMES.join(', ')}.`);
  return [...(before ?? []), found];
}

function tick(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms < 1000) throw new InvalidArgumentError('It is a duration of a second or more, as 5m.');
  return ms;
}

function parseTolerance(text: string): number {
  const share = parsePercent(text);
  if (share === undefined) throw new InvalidArgumentError('It is a percentage, as 10%.');
  return share;
}

function bodyOf(text: string): Buffer {
  if (!text.startsWith('@')) return Buffer.from(text, 'utf8');
  try {
    return readFileSync(text.slice(1));
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
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
