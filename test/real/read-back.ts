// What arrived at a broker or in a bucket, read by clients of other makers (python/, kafka-python and boto3).

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const PYTHON = join(process.env.HEADGATE_REAL_SINKS ?? '', 'python');
const OUTPUT_BYTES_MAX = 256 * 1024 ** 2;

/** @returns the lines that a script of python/ prints */
export function readBack(script: string, ...args: string[]): string[] {
  const file = join(import.meta.dirname, 'python', script);
  const { status, error, stdout, stderr } = spawnSync(PYTHON, [file, ...args], {
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  // Without what it printed: that may be long.
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${error?.message ?? stderr.slice(-2000)}`);
  return linesOf(stdout);
}

export function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
