// The data folder that a command works on: named itself, or by the configuration, which then also says what it may hold.

import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import type { CapturesPlan } from '../config/plan.ts';
import { formatProblem } from '../config/problem.ts';
import { EXIT } from './exit-codes.ts';
import { loadAllocated } from './load-allocated.ts';

interface DataWords {
  readonly config: string | null;
  readonly data: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stderr: Writable;
}

/** @returns its absolute path, or the exit code where neither is given, or the configuration has problems, which have been told */
export function dataFolder(words: DataWords): string | number {
  const found = dataAndBounds(words);
  return typeof found === 'number' ? found : found.data;
}

/** @returns the path, and what the configuration says of what is kept there: null where none was named; or the exit code */
export function dataAndBounds({
  config,
  data,
  env,
  stderr,
}: DataWords): { readonly data: string; readonly captures: CapturesPlan | null } | number {
  if ((config === null) === (data === null)) {
    stderr.write('error: name the configuration with -c FILE, or the data folder with --data FOLDER\n');
    return EXIT.usage;
  }
  if (data !== null) return { data: resolve(data), captures: null };
  const loaded = loadAllocated(config ?? '', env);
  if (loaded.kind !== 'problems') return loaded.plan;
  for (const problem of loaded.problems) stderr.write(`${formatProblem(problem)}\n`);
  return EXIT.config;
}
