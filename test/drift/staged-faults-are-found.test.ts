// Ten faults staged on real rows, each found in the column it is in (test/drift/staged-faults.ts), and none where there is none.

import { describe, expect, it } from 'vitest';
import { type Baseline, parseBaseline } from '../../src/drift/baseline/baseline.ts';
import { writeBaseline } from '../../src/drift/baseline/write-baseline.ts';
import { createDriftEngine } from '../../src/drift/engine.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { type CardDecision, cardDecisions, featureTable, predictionTable } from './card-decisions.ts';
import { modelPlan } from './plans.ts';
import { findData } from './real-data.ts';
import { STAGED_FAULTS } from './staged-faults.ts';

const PATH = findData('credit-default.csv');
const TICK_MS = 60_000;
const ROWS_PER_TICK = 200;
/** Rows before a fault that must raise nothing, and after it in which it must be found. */
const BEFORE = 4000;
const AFTER = 3000;

/** @returns the columns that drift at the end, `probability` the prediction's */
function driftingColumns(baseline: Baseline, decisions: readonly CardDecision[]): readonly string[] {
  const clock = createManualClock();
  const engine = createDriftEngine({ clock });
  engine.configure(modelPlan('credit', { drift: { ...modelPlan().drift, tickMs: TICK_MS, tolerance: 0.1 } }), baseline);
  for (let from = 0; from < decisions.length; from += ROWS_PER_TICK) {
    const rows = decisions.slice(from, from + ROWS_PER_TICK);
    const key = { model: 'credit', version: 'old', role: 'champion', at: clock.wall() } as const;
    engine.observe({ ...key, caller: '', request: featureTable(rows), response: predictionTable(rows) });
    clock.advance(TICK_MS);
    engine.tick();
  }
  const { features = [] } = engine.report('credit') ?? {};
  return features.filter(({ status }) => status === 'drifting').map(({ feature }) => feature);
}

describe.skipIf(PATH === null)('ten faults staged on the card holders', () => {
  const random = createSeededRandom(6);
  const all = PATH === null ? [] : cardDecisions(PATH, random);
  const trained = all.slice(0, 15_000);
  const live = all.slice(15_000);
  const tables = { request: featureTable(trained), response: predictionTable(trained) };
  const read = parseBaseline(writeBaseline('credit', tables));
  if (!read.ok) throw new Error(read.problems.join());
  const { baseline } = read;

  it('raises nothing where nothing is wrong', () => {
    expect(driftingColumns(baseline, live)).toEqual([]);
  });

  it.each(STAGED_FAULTS)('$kind: $what', ({ features, stage }) => {
    const before = live.slice(0, BEFORE);
    const after = stage(live.slice(BEFORE, BEFORE + AFTER), random);
    expect(after).toHaveLength(AFTER);
    const found = driftingColumns(baseline, [...before, ...after]);
    for (const feature of features) expect(found).toContain(feature);
    if (features.length === 0) expect(found).toEqual(['probability']);
  });
});
