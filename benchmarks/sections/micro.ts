// The small operations that every decision pays for, from the micro benchmarks (`npm run bench:micro`), run as a process of their own.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { figuresOf } from '../compare.ts';
import type { Bench, Findings, Section, Spread } from '../section.ts';

const RUN = fileURLToPath(new URL('../micro/run.ts', import.meta.url));
const LIMIT_MS = 170_000;
const LINE =
  /^([\w-]+): ([\d.]+) (ns|ms) \(([\d.]+) (ns|ms)\.\.([\d.]+) (ns|ms)(?:, target [^)]+)?\) for (.+) \[[\d.]+\]$/;

export const micro: Section = {
  id: 'micro',
  title: 'Small operations',
  seconds: () => 60,
  run: small,
};

export interface MicroLine {
  readonly name: string;
  readonly operation: string;
  readonly ns: Spread;
}

/** A line of the micro benchmarks, or null where it is something else. */
export function parseMicroLine(line: string): MicroLine | null {
  const match = LINE.exec(line);
  if (match === null) return null;
  const [, name = '', median, medianUnit, low, lowUnit, high, highUnit, operation = ''] = match;
  const ns = (value: string | undefined, unit: string | undefined): number => Number(value) * (unit === 'ms' ? 1e6 : 1);
  return {
    name,
    operation,
    ns: { median: ns(median, medianUnit), low: ns(low, lowUnit), high: ns(high, highUnit) },
  };
}

async function small(bench: Bench): Promise<Findings> {
  const [program = process.execPath, ...args] = [...bench.placements.candidate, process.execPath, RUN];
  const { stdout } = await promisify(execFile)(program, args, { encoding: 'utf8', timeout: LIMIT_MS });
  const lines = stdout.trim().split('\n');
  const parsed = lines.flatMap((line) => parseMicroLine(line) ?? []);
  return {
    tables: [
      {
        title: 'One operation, ns',
        head: ['name', 'median (lowest..highest)', 'operation'],
        rows: parsed.map(({ name, ns, operation }) => [name, nsText(ns), operation]),
      },
    ],
    figures: figuresOf(Object.fromEntries(parsed.map(({ name, ns }) => [`micro/${name}/ns`, ns]))),
    notes: ['In a loop, warm, with nothing else running: the least that an operation can cost in the gate.'],
    warnings: parsed.length === lines.length ? [] : [`${lines.length - parsed.length} lines could not be read`],
  };
}

function nsText({ median, low, high }: Spread): string {
  const digits = median < 1000 ? 1 : 0;
  return `${median.toFixed(digits)} (${low.toFixed(digits)}..${high.toFixed(digits)})`;
}
