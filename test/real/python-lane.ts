// A lane of a Python client: its job is written to a file, its process is run, its lines are read back.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './child-process.ts';
import { DECISION_PREFIX, type Lane, modelOf } from './lanes.ts';
import type { Outcome, Target } from './node-lane.ts';

const PYTHON = join(import.meta.dirname, 'python');
const SCRIPTS = { tritonclient: 'ask_triton.py', requests: 'ask_requests.py' } as const;

/** What python/lane.py reads. */
interface Job {
  readonly csv: string;
  readonly rows: readonly number[];
  readonly decisionPrefix: string;
  readonly gate: Target;
  readonly targets: Readonly<Record<string, Target>>;
  readonly protocol: string;
  readonly binary: boolean;
  readonly exactTargets: boolean;
  readonly out: string;
}

export interface PythonLane {
  readonly lane: Lane & { readonly client: keyof typeof SCRIPTS };
  readonly rows: readonly number[];
  readonly csv: string;
  readonly gate: Target;
  readonly targets: Readonly<Record<string, Target>>;
  readonly folder: string;
  /** Folder of the interpreter. */
  readonly bin: string;
  /** Told now and then how many rows are done. */
  readonly progress: (done: number) => void;
}

const LOOK_MS = 5000;

export async function runPythonLane(asked: PythonLane): Promise<Outcome[]> {
  const { lane, rows, csv, gate, targets, folder, bin, progress } = asked;
  const model = modelOf(lane.model);
  const out = join(folder, `${lane.name}.jsonl`);
  const job: Job = {
    csv,
    rows,
    decisionPrefix: DECISION_PREFIX,
    gate,
    targets,
    protocol: model.protocol,
    binary: lane.name === 'triton-binary',
    exactTargets: model.exactTargets,
    out,
  };
  const file = join(folder, `${lane.name}.job.json`);
  writeFileSync(file, JSON.stringify(job));
  writeFileSync(out, '');
  const args = [join(PYTHON, SCRIPTS[lane.client]), file];
  const timer = setInterval(() => progress(linesOf(out).length), LOOK_MS);
  const env = { PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' };
  const log = join(folder, `${lane.name}.log`);
  try {
    await runChild({ name: lane.name, command: join(bin, 'python'), args, cwd: folder, env, log });
  } finally {
    clearInterval(timer);
  }
  return linesOf(out).map((line): Outcome => JSON.parse(line));
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}
