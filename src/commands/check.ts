// `headgate check -c FILE`: every problem of a configuration and of its lock, or what it would do. It opens no socket and
// writes no file.

import type { Environment } from '../config/interpolate.ts';
import type { ModelPlan, Plan } from '../config/plan.ts';
import { formatProblem } from '../config/problem.ts';
import { lockPath } from '../split/lock-file.ts';
import { EXIT } from './exit-codes.ts';
import { type LoadedOrNot, loadAllocated } from './load-allocated.ts';

interface Output {
  write(text: string): unknown;
}

export interface CheckOptions {
  readonly json: boolean;
  readonly env: Environment;
  /** ISO. */
  readonly now: string;
  readonly stdout: Output;
  readonly stderr: Output;
}

/** @returns the exit code: 0, or 78 where there are problems */
export async function runCheck(file: string, { json, env, now, stdout, stderr }: CheckOptions): Promise<number> {
  const result = loadAllocated(file, env, now);
  if (json) stdout.write(`${JSON.stringify(report(result), null, 2)}\n`);
  else if (result.kind === 'plan') stdout.write(summary(file, result.plan, result.files.length));
  else {
    for (const problem of result.problems) stderr.write(`${formatProblem(problem)}\n`);
    const lock = lockPath(file);
    const inLock = result.problems.every((problem) => problem.file === lock);
    stderr.write(`${count(result.problems.length, 'problem')} in ${inLock ? lock : file}\n`);
  }
  return result.kind === 'plan' ? EXIT.ok : EXIT.config;
}

function report(result: LoadedOrNot): unknown {
  const { files } = result;
  if (result.kind === 'problems') return { ok: false, problems: result.problems, files };
  const { generation, models } = result.plan;
  return {
    ok: true,
    generation,
    files,
    models: models.map((model) => ({
      name: model.name,
      protocol: model.protocol,
      paths: model.match.paths,
      champion: model.versions[model.champion]?.name,
      versions: model.versions.map(({ name }, index) => ({
        name,
        share: model.split[index],
        mirror: model.mirrors.find(({ version }) => version === index)?.share ?? 0,
      })),
    })),
  };
}

function summary(file: string, plan: Plan, files: number): string {
  const rows = [['MODEL', 'VERSION', 'SHARE', 'MIRROR', 'URL'], ...plan.models.flatMap(rowsOf)];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const read = `${count(plan.models.length, 'model')} from ${count(files, 'file')}`;
  return `${lines.join('\n')}\n\n${file} is good: ${read}, generation ${plan.generation}\n`;
}

function rowsOf(model: ModelPlan): string[][] {
  return model.versions.map(({ name, endpoints }, index) => [
    index === 0 ? model.name : '',
    index === model.champion ? `${name} (champion)` : name,
    share(model.split[index] ?? 0),
    share(model.mirrors.find(({ version }) => version === index)?.share ?? 0),
    endpoints.map(({ origin, path }) => `${origin}${path?.replace(/\?.*$/, '') ?? ''}`).join(', '),
  ]);
}

/** Without the error of a binary fraction: 90%, 0.25%, or a dash for nothing. */
function share(fraction: number): string {
  return fraction === 0 ? '-' : `${Number((fraction * 100).toPrecision(6))}%`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
