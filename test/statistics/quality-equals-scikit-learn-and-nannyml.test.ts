// Figures of scores, classes and numbers within 1e-12 of scikit-learn's, and estimates without labels within what NannyML rounds, on
// 600 cases recorded by oracle/record_quality.py: ties, constants, one class, scores of 0 and 1, a handful of rows.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { createBinaryScores } from '../../src/statistics/binary-scores.ts';
import { createClassLabels } from '../../src/statistics/class-labels.ts';
import { createExpectedScores } from '../../src/statistics/expected-scores.ts';
import { fitIsotonic, isotonicAt } from '../../src/statistics/isotonic.ts';
import { logBeta, logGamma } from '../../src/statistics/log-gamma.ts';
import { createRegressionErrors } from '../../src/statistics/regression-errors.ts';

type Figures = readonly (number | null)[];
const recorded = JSON.parse(
  gunzipSync(readFileSync(new URL('oracle/quality.json.gz', import.meta.url))).toString(),
) as {
  readonly binary: readonly Figures[];
  readonly estimated: readonly (Figures | null)[];
  readonly classes: readonly Figures[];
  readonly beta: readonly (readonly [number, number])[];
};

interface Case {
  readonly scores: Float64Array;
  readonly labels: Float64Array;
  readonly threshold: number;
}

function caseOf(index: number): Case {
  const random = createSeededRandom(50_000 + index);
  const n = 1 + Math.floor(random() * (index % 10 === 0 ? 5 : index % 3 !== 0 ? 300 : 3000));
  const [kind, tilt, threshold] = [random(), random(), random()];
  const [scores, labels] = [new Float64Array(n), new Float64Array(n)];
  for (let i = 0; i < n; i++) {
    const [a, b, c] = [random(), random(), random()];
    if (kind < 0.5) scores[i] = a;
    else if (kind < 0.75) scores[i] = a * 11 < 11 ? Math.floor(a * 11) / 10 : 1;
    else if (kind < 0.9) scores[i] = a * a * b;
    else scores[i] = 0.25;
    labels[i] = c < ((scores[i] as number) + tilt) / 2 ? 1 : 0;
  }
  if (kind < 0.04) labels.fill(1);
  return { scores, labels, threshold };
}

/** Distinct scores in ascending order, with rows and positives. */
function grouped(scores: Float64Array, labels: Float64Array): [number, { n: number; positives: number }][] {
  const groups = new Map<number, { n: number; positives: number }>();
  scores.forEach((score, i) => {
    const group = groups.get(score) ?? { n: 0, positives: 0 };
    group.n++;
    group.positives += labels[i] as number;
    groups.set(score, group);
  });
  return [...groups].sort(([a], [b]) => a - b);
}

function differ(ours: Figures, theirs: Figures, tolerance: number): boolean {
  return ours.some((value, i) => {
    const other = theirs[i] ?? null;
    return value === null || other === null
      ? value !== other
      : !(Math.abs(value - other) <= tolerance * Math.max(1, Math.abs(other)));
  });
}

/** The cases that differ, each with both sides. */
function differences(name: 'binary' | 'classes', tolerance: number, of: (one: Case) => Figures): string[] {
  return recorded[name].flatMap((theirs, index) => {
    const ours = of(caseOf(index));
    return differ(ours, theirs, tolerance) ? [`case ${index}: ${ours.join(' ')} for ${theirs.join(' ')}`] : [];
  });
}

describe('with labels', () => {
  test('accuracy, precision, recall, AUC, log loss, Brier and calibration error are those of scikit-learn', () => {
    const found = differences('binary', 1e-12, ({ scores, labels, threshold }) => {
      const tally = createBinaryScores(threshold);
      for (const [score, { n, positives }] of grouped(scores, labels)) tally.add(score, positives, n - positives);
      const { accuracy, precision, recall, auc, logLoss, brier, ece } = tally.figures();
      return [accuracy, precision, recall, auc, logLoss, brier, ece];
    });
    expect(recorded.binary.length).toBe(600);
    expect(found).toEqual([]);
  });

  test('classes and errors of numbers too', () => {
    const found = differences('classes', 1e-12, ({ scores, labels }) => {
      const [classes, errors] = [createClassLabels(), createRegressionErrors()];
      scores.forEach((score, i) => {
        const label = labels[i] as number;
        const predicted = Math.min(2, Math.floor(score * 3));
        classes.add(String(predicted), String(label > 0 ? Math.floor(score * 5) % 3 : 1), 1);
        errors.add(score * 10, label * 3, 1);
      });
      const [of, error] = [classes.figures(), errors.figures()];
      return [of.accuracy, of.macroPrecision, of.macroRecall, error.mae, error.rmse];
    });
    expect(found).toEqual([]);
  });

  test('scores that do not ascend are refused, since their AUC would be wrong', () => {
    const tally = createBinaryScores(0.5);
    tally.add(0.4, 1, 0);
    expect(() => tally.add(0.3, 1, 0)).toThrow(RangeError);
    expect(() => tally.add(Number.NaN, 1, 0)).toThrow(RangeError);
  });

  test('what is not defined is null, never 0', () => {
    const { accuracy, precision, recall, auc, logLoss, ece } = createBinaryScores(0.5).figures();
    expect([accuracy, precision, recall, auc, logLoss, ece]).toEqual([null, null, null, null, null, null]);
    expect(createRegressionErrors().figures()).toEqual({ n: 0, mae: null, rmse: null, bias: null });
  });
});

test('estimates without labels are those of NannyML, calibration included', () => {
  const found: string[] = [];
  let compared = 0;
  recorded.estimated.forEach((theirs, index) => {
    if (theirs === null) return;
    const { scores, labels, threshold } = caseOf(index);
    const half = Math.floor(scores.length / 2);
    const reference = grouped(scores.subarray(0, half), labels.subarray(0, half));
    const isotonic = fitIsotonic(
      reference.map(([score]) => score),
      reference.map(([, { positives }]) => positives),
      reference.map(([, { n }]) => n),
    );
    const expected = createExpectedScores(threshold);
    const rest = scores.subarray(half);
    for (const [score, { n }] of grouped(rest, new Float64Array(rest.length)))
      expected.add(score, n, isotonicAt(isotonic, score));
    const { accuracy, precision, recall, auc } = expected.figures();
    // What was not recorded is next to undefined.
    const ours = [accuracy, precision, recall, auc].map((value, i) => (theirs[i] === null ? null : value));
    compared++;
    // NannyML rounds the points of its curve to five digits, which shows where there are few positives.
    if (differ(ours.slice(0, 3), theirs.slice(0, 3), 1e-12) || differ(ours.slice(3), theirs.slice(3), 2e-3))
      found.push(`case ${index}: ${ours.join(' ')} for ${theirs.join(' ')}`);
  });
  expect(compared).toBeGreaterThan(500);
  expect(found).toEqual([]);
});

test('ln beta and ln gamma are those of scipy', () => {
  const found = recorded.beta.flatMap(([beta, gamma], index) => {
    const random = createSeededRandom(90_000 + index);
    const power = (): number => 0.5 + random() * 10 ** Math.floor(random() * 7);
    const [a, b] = [power(), power()];
    const isClose = (one: number, other: number): boolean =>
      Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(other));
    return isClose(logBeta(a, b), beta) && isClose(logGamma(a), gamma)
      ? []
      : [`${a} ${b}: ${logBeta(a, b)} for ${beta}`];
  });
  expect(found).toEqual([]);
});
