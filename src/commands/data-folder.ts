// The data folder that a command works on: named itself, or by the configuration.

import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { formatProblem } from '../config/problem.ts';
import { EXIT } from './exit-codes.ts';
import { loadAllocated } from './load-allocated.ts';

/** @returns its absolute path, or the exit code where neither is given, or the configuration has problems, which have been told */
export function dataFolder({
  config,
  data,
  env,
  stderr,
}: {
  readonly config: string | null;
  readonly data: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stderr: Writable;
}): string | number {
  if ((config === null) === (data === null)) {
    stderr.write('error: name the configuration with -c FILE, or the data folder with --data FOLDER\n');
    return EXIT.usage;
  }
  if (data !== null) return resolve(data);
  const loaded = loadAllocated(config ?? '', env);
  if (loaded.kind !== 'problems') return loaded.plan.data;
  for (const problem of loaded.problems) stderr.write(`${formatProblem(problem)}\n`);
  return EXIT.config;
}
