// Reads the baseline files that a Plan names and puts its models under drift's watch. A file that cannot be used is reported
// and its model watched as if none were named, provisionally and saying so: the gate serves on, but nobody is misled.

import { readFile } from 'node:fs/promises';
import type { ModelPlan, Plan } from '../config/plan.ts';
import { type Baseline, parseBaseline } from '../drift/baseline/baseline.ts';
import type { DriftEngine } from '../drift/engine.ts';

export interface Baselines {
  /** Watch exactly the models of this Plan. Calls are carried out in order; of several that wait only the last is. */
  apply(plan: Plan): Promise<void>;
}

export function createBaselines(drift: DriftEngine, report: (problem: string) => void): Baselines {
  let latest: Plan | null = null;
  let running: Promise<void> | null = null;

  async function carryOut(): Promise<void> {
    try {
      while (latest !== null) {
        const { models } = latest;
        latest = null;
        const read: (Baseline | null)[] = [];
        // One after the other: of a disk that does not answer, hundreds would wait on every thread that there is for that.
        for (const model of models) read.push(await baselineOf(model));
        for (const [i, model] of models.entries()) drift.configure(model, read[i] ?? null);
        drift.retain(models.map(({ name }) => name));
      }
    } finally {
      running = null;
    }
  }

  async function baselineOf({ name, drift: { baseline: path } }: ModelPlan): Promise<Baseline | null> {
    if (path === null) return null;
    const text = await readFile(path, 'utf8').catch((error: Error) => error);
    const reading = typeof text === 'string' ? parseBaseline(text) : { ok: false as const, problems: [text.message] };
    if (reading.ok) return reading.baseline;
    report(
      `${path}: no usable baseline for model ${name}; its first rows are the baseline until the file is mended and the configuration reloaded: ${reading.problems.slice(0, 5).join('; ')}`,
    );
    return null;
  }

  return {
    apply(plan) {
      latest = plan;
      running ??= carryOut();
      return running;
    },
  };
}
