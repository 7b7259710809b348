// Each of ten faults staged on real rows is named: its column, its kind, where it lives. And of the faults that move the predictions,
// the guilty column is the one that accounts for most of that.

import { describe, expect, it } from 'vitest';
import { type Baseline, parseBaseline } from '../../../src/drift/baseline/baseline.ts';
import { writeBaseline } from '../../../src/drift/baseline/write-baseline.ts';
import { createDriftEngine } from '../../../src/drift/engine.ts';
import type { DriftView } from '../../../src/drift/report.ts';
import { createManualClock } from '../../../src/kernel/clock.ts';
import { createSeededRandom } from '../../../src/kernel/random.ts';
import { type CardDecision, cardDecisions, featureTable, predictionTable } from '../card-decisions.ts';
import { modelPlan } from '../plans.ts';
import { findData } from '../real-data.ts';
import { STAGED_FAULTS } from '../staged-faults.ts';

const PATH = findData('credit-default.csv');
const TICK_MS = 60_000;
const ROWS_PER_TICK = 400;
const BEFORE = 8000;
const AFTER = 3200;

function reportOf(baseline: Baseline, decisions: readonly CardDecision[]): DriftView {
  const clock = createManualClock();
  const engine = createDriftEngine({ clock });
  engine.configure(modelPlan('credit', { drift: { ...modelPlan().drift, tickMs: TICK_MS, tolerance: 0.1 } }), baseline);
  for (let from = 0; from < decisions.length; from += ROWS_PER_TICK) {
    const rows = Map.groupBy(decisions.slice(from, from + ROWS_PER_TICK), ({ caller }) => caller);
    for (const [caller, own] of rows) {
      const key = { model: 'credit', version: 'old', role: 'champion', at: clock.wall(), caller } as const;
      engine.observe({ ...key, request: featureTable(own), response: predictionTable(own) });
    }
    clock.advance(TICK_MS);
    engine.tick();
  }
  const report = engine.report('credit');
  if (report === undefined) throw new Error('no report');
  return report;
}

describe.skipIf(PATH === null)('ten faults staged on the card holders', () => {
  const random = createSeededRandom(7);
  const all = PATH === null ? [] : cardDecisions(PATH, random);
  const trained = all.slice(0, 15_000);
  const live = all.slice(15_000);
  const read = parseBaseline(
    writeBaseline('credit', { request: featureTable(trained), response: predictionTable(trained) }),
  );
  if (!read.ok) throw new Error(read.problems.join());
  const { baseline } = read;

  it('the surrogate knows the scorecard, on rows held out', () => {
    expect(baseline.surrogates).toMatchObject([{ column: 'probability', version: null, rows: 15_000 }]);
    expect(baseline.surrogates[0]?.r2).toBeGreaterThan(0.9);
  });

  it.each(STAGED_FAULTS)('$kind: $what', ({ kind, features, where, stage }) => {
    const before = live.slice(0, BEFORE);
    const report = reportOf(baseline, [...before, ...stage(live.slice(BEFORE, BEFORE + AFTER), random)]);
    const column = (name: string) => report.features.find(({ feature }) => feature === name);
    if (kind === 'version') {
      expect(report.predictions).toMatchObject([{ feature: 'probability', kind: 'version' }]);
      expect(column('probability')?.hint).toMatch(/the same inputs, other answers/);
      return;
    }
    for (const feature of features) {
      const found = column(feature);
      if (kind === 'caller') {
        expect(found).toMatchObject({
          where: { key: 'caller', value: 'mobile', how: 'only' },
          cause: { kind: 'swap' },
        });
      } else expect(found?.cause?.kind).toBe(kind);
      if (where === null) expect(found?.where).toBeNull();
    }
    for (const { contributions } of report.predictions) expect(features).toContain(contributions[0]?.feature);
  });
});
