// The 30,000 card holders as decisions of a gate: features as a caller would send them (codes as words, as people write them), a
// prediction by a scorecard written by hand, and the caller. The scorecard reads what it is sent, faults included, as a model would.

import type { Random } from '../../src/kernel/random.ts';
import type { Table, Value } from '../../src/protocols/protocol.ts';
import { readData } from './real-data.ts';

export type Features = Readonly<Record<string, Value | undefined>>;

export interface CardDecision {
  readonly features: Features;
  /** Probability of default, as the version that answered sees it. */
  readonly prediction: number;
  readonly caller: string;
}

const WORDS: Readonly<Record<string, readonly string[]>> = {
  SEX: ['', 'male', 'female'],
  EDUCATION: ['other', 'graduate school', 'university', 'high school', 'other', 'other', 'other'],
  MARRIAGE: ['other', 'married', 'single', 'other'],
};

/** Shares of the callers: one large, one of a quarter, one small. */
const CALLERS: readonly (readonly [string, number])[] = [
  ['branch', 0.65],
  ['mobile', 0.25],
  ['partner', 0.1],
];

/** The card holders in random order, each with a caller. */
export function cardDecisions(path: string, random: Random): CardDecision[] {
  const table = readData(path);
  const columns = table.columns.filter(({ name }) => name !== 'ID' && name !== 'default.payment.next.month');
  const decisions = Array.from({ length: table.rows }, (_, row) => {
    const features: Record<string, Value | undefined> = {};
    for (const { name, values } of columns) {
      const value = values[row];
      features[name] = WORDS[name]?.[Number(value)] ?? value;
    }
    return decide(features, callerOf(random()));
  });
  return shuffled(decisions, random);
}

export function decide(features: Features, caller: string, score: (features: Features) => number = scorecard) {
  return { features, prediction: score(features), caller };
}

function callerOf(at: number): string {
  let rest = at;
  for (const [caller, share] of CALLERS) {
    if (rest < share) return caller;
    rest -= share;
  }
  return 'partner';
}

export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [all[j] as Item, all[i] as Item];
  }
  return all;
}

/** What a served model makes of a value that is no number: the training data's median. */
const MEDIANS: Readonly<Record<string, number>> = { LIMIT_BAL: 140_000, AGE: 34, BILL_AMT1: 22_381, BILL_AMT2: 21_200 };

function numberOf(features: Features, name: string): number {
  const value = features[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : (MEDIANS[name] ?? 0);
}

/** Late payments above all, then credit and what was paid of it; all other columns count little or not at all. */
export function scorecard(features: Features): number {
  const of = (name: string): number => numberOf(features, name);
  const log = (name: string): number => Math.sign(of(name)) * Math.log10(1 + Math.abs(of(name)));
  const z =
    1.5 +
    0.55 * of('PAY_0') +
    0.15 * of('PAY_2') +
    0.1 * of('PAY_3') -
    0.45 * log('LIMIT_BAL') +
    0.07 * log('BILL_AMT1') +
    0.05 * log('BILL_AMT2') -
    0.2 * log('PAY_AMT1') -
    0.15 * log('PAY_AMT2') -
    0.1 * log('PAY_AMT3') +
    0.012 * of('AGE') +
    (EDUCATION_POINTS[String(features.EDUCATION)] ?? -0.6);
  return 1 / (1 + Math.exp(-z));
}

const EDUCATION_POINTS: Readonly<Record<string, number>> = {
  'graduate school': -0.3,
  university: 0,
  'high school': 0.2,
};

/** The next version of the scorecard: the same inputs, other answers. */
export function nextScorecard(features: Features): number {
  const z = Math.log(1 / scorecard(features) - 1);
  return 1 / (1 + Math.exp(1.3 * z - 0.5));
}

export function featureTable(decisions: readonly CardDecision[]): Table {
  const names = new Set(decisions.flatMap(({ features }) => Object.keys(features)));
  const columns = [...names].map((name) => ({ name, values: decisions.map(({ features }) => features[name]) }));
  return { rows: decisions.length, columns };
}

export function predictionTable(decisions: readonly CardDecision[]): Table {
  return {
    rows: decisions.length,
    columns: [{ name: 'probability', values: decisions.map(({ prediction }) => prediction) }],
  };
}
