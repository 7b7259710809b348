// Simulated versions of a model whose labels come late and out of order, judged after every hundred of them: what share is ever called
// drifting, and how soon. Shared by the script (risk.ts) and by the test that runs a part of it.

import type { QualityPlan } from '../../src/config/plan.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { judgeRisk } from '../../src/quality/risk.ts';

export const PLAN: QualityPlan = {
  outcome: 'default',
  score: 'probability',
  kind: 'binary',
  positive: '1',
  threshold: 0.5,
  loss: 'error',
  errorMax: null,
  tolerance: 0.02,
  falseAlarms: 0.01,
  maturityMs: 0,
  baselineRisk: null,
  baselineRows: 5000,
  everyMs: 60_000,
};

export interface Life {
  readonly name: string;
  /** Mean loss of the decision with this number; `after` where the change is. */
  readonly risk: (decision: number) => number;
  /** Number of the first decision of a higher risk; null: none beyond the tolerance. */
  readonly changeAt: number | null;
}

const CHANGE_AT = 30_000;
const step = (by: number) => (decision: number) => (decision < CHANGE_AT ? 0.2 : 0.2 + by);

export const LIVES: readonly Life[] = [
  { name: 'risk 20 %, for ever', risk: () => 0.2, changeAt: null },
  { name: 'rises to 22 %: just tolerated', risk: step(0.02), changeAt: null },
  {
    name: 'wanders by 2 points, season by season',
    risk: (i) => 0.2 + 0.02 * Math.abs(Math.sin(i / 4000)),
    changeAt: null,
  },
  { name: 'rises to 25 % with decision 30,000', risk: step(0.05), changeAt: CHANGE_AT },
  { name: 'rises to 30 %', risk: step(0.1), changeAt: CHANGE_AT },
  { name: 'rises to 40 %', risk: step(0.2), changeAt: CHANGE_AT },
];

export interface Fate {
  /** Versions that were ever called drifting where they should not have been. */
  falseAlarms: number;
  /** Labels from the change on until the alarm, of those that were found. */
  readonly delays: number[];
}

const PERIOD = 1000;
const DAY_MS = 86_400_000;
const LOOK_EVERY = 100;
/** Decisions whose labels are compared with, once enough of them have come. */
const BASELINE = 5500;
/** Decisions until two thirds of the labels have come. */
const LATE = 3000;

export function simulate({ risk, changeAt }: Life, versions: number, decisions: number, seed: number): Fate {
  const fate: Fate = { falseAlarms: 0, delays: [] };
  for (let version = 0; version < versions; version++) {
    const random = createSeededRandom(seed + version);
    const alarm = lifeOf(random, risk, decisions, changeAt ?? Number.POSITIVE_INFINITY);
    if (alarm === null) continue;
    if (alarm === 0) fate.falseAlarms++;
    else fate.delays.push(alarm);
  }
  return fate;
}

/** @returns null: never an alarm; 0: one without a change; else labels of changed decisions that it took */
function lifeOf(random: () => number, risk: Life['risk'], decisions: number, changeAt: number): number | null {
  const arrivals = Array.from({ length: decisions }, (_, i) => [i - Math.log(1 - random()) * LATE, i] as const);
  arrivals.sort(([a], [b]) => a - b);
  const periods = Array.from({ length: Math.ceil(decisions / PERIOD) }, (_, p) => ({ from: p * DAY_MS, n: 0, sum: 0 }));
  const baseline = { n: 0, sum: 0 };
  let [looked, changed] = [0, 0];
  for (const [, decision] of arrivals) {
    const into = decision < BASELINE ? baseline : periods[Math.floor(decision / PERIOD)];
    if (into === undefined) continue;
    into.n++;
    if (random() < risk(decision)) into.sum++;
    if (decision >= changeAt) changed++;
    looked++;
    if (looked % LOOK_EVERY !== 0) continue;
    const { status } = judgeRisk(PLAN, { unit: 'day', first: 0, baseline, periods });
    if (status === 'drifting') return changed;
  }
  return null;
}

export function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}
