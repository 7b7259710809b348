// `headgate replay` on the captures of the real-server test, as a process; and what scikit-learn itself says of two estimators.

import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { TallyReport } from '../../src/commands/replay/tally.ts';
import type { Gate } from './gate.ts';

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
/** What MLServer answers beside everything else on two cores. */
const RATE = 200;

export interface ReplayAsked {
  readonly gate: Gate;
  readonly folder: string;
  readonly to: string;
  readonly limit: number;
}

/** Decisions of the champion, sent again. @returns the report, and what a person is shown of a short replay */
export async function replay({ gate, folder, to, limit }: ReplayAsked): Promise<{ report: TallyReport; text: string }> {
  const words = ['replay', '-c', gate.file, '--model', 'credit-default', '--to', to, '--where', "version = 'logistic'"];
  const run = (...more: string[]): string =>
    execFileSync(process.execPath, [CLI, ...words, '--rate', String(RATE), ...more], { cwd: folder, encoding: 'utf8' });
  const report: TallyReport = JSON.parse(run('--as-shadow', '--limit', String(limit), '--json'));
  return { report, text: run('--limit', '200') };
}

/** Flips among some rows, and how far the probability of a default is apart. */
export function flipsOf(asked: {
  /** Folder of the interpreter. */
  readonly bin: string;
  readonly csv: string;
  readonly folder: string;
  readonly rows: readonly number[];
  readonly of: readonly [string, string];
}): { readonly flips: number; readonly mean: number; readonly max: number } {
  const script = join(import.meta.dirname, 'python', 'flips.py');
  const estimators = asked.of.map((name) => join(asked.folder, 'models', 'joblib', `${name}.joblib`));
  const { status, stdout, stderr } = spawnSync(join(asked.bin, 'python'), [script, asked.csv, ...estimators], {
    input: JSON.stringify(asked.rows),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`flips.py ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}
