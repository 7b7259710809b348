// Counting values of decisions against a frozen baseline: one model that stays warm, and 400 in turn, which do not.

import type { ModelPlan } from '../../src/config/plan.ts';
import { createDriftEngine, type DriftEngine, type Observation } from '../../src/drift/engine.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { createSeededRandom, type Random } from '../../src/kernel/random.ts';
import { removeFolder, temporaryFolder } from '../processes.ts';
import type { Micro } from './micro.ts';
import { readPlan, writeConfiguration } from './plans.ts';

const FEATURES = 50;
/** Prepared decisions per model. */
const DECISIONS = 8;

export const drift: readonly Micro[] = [1, 400].map((models) => ({
  name: `drift-${models}`,
  operation: `one value of ${FEATURES} in a decision, ${models} model${models === 1 ? '' : 's'} in turn`,
  targetNs: models === 1 ? 25 : null,
  prepare() {
    const clock = createManualClock();
    const engine = createDriftEngine({ clock });
    const random = createSeededRandom(1);
    const plans = manyPlans(models);
    const decisions = plans.flatMap((plan) => {
      engine.configure(plan, null);
      engine.observe(decision(plan, random, clock.wall(), plan.drift.provisionalRows));
      return Array.from({ length: DECISIONS }, () => decision(plan, random, clock.wall(), 1));
    });
    return (operations) => observeAll(engine, decisions, Math.ceil(operations / FEATURES));
  },
}));

function observeAll(engine: DriftEngine, decisions: readonly Observation[], calls: number): number {
  // A step that is prime to their number visits all of them, and hardly ever the same model twice in a row.
  for (let i = 0, at = 0; i < calls; i++, at = (at + 11) % decisions.length) {
    const observation = decisions[at];
    if (observation !== undefined) engine.observe(observation);
  }
  return engine.counters().rows;
}

function decision(plan: ModelPlan, random: Random, at: number, rows: number): Observation {
  const columns = Array.from({ length: FEATURES }, (_, index) => ({
    name: `feature-${index}`,
    values: Array.from({ length: rows }, () => Math.exp(index / 10 + random() + random())),
  }));
  return {
    model: plan.name,
    version: 'old',
    role: 'champion',
    at,
    caller: '',
    request: { rows, columns },
    response: null,
  };
}

function manyPlans(models: number): readonly ModelPlan[] {
  const folder = temporaryFolder('micro');
  try {
    return readPlan(writeConfiguration(folder, models)).models;
  } finally {
    removeFolder(folder);
  }
}
