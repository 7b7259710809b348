// `headgate quality`: the record of a configuration as a table a person reads and JSON a program does, without a gate; exit codes for
// scripts; and a sentence for whatever is not there.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { QualityView } from '../../src/quality/quality-view.ts';
import { modelPlan } from '../capture/plans.ts';
import { addOutcomes } from '../quality/labelled-record.ts';
import { capture, DAY, NOON } from '../store/filled.ts';
import { headgate } from './headgate.ts';

const model = modelPlan();

/** 300 days of 40 decisions; from the 200th on every third is wrong. @returns a configuration over their record */
async function configured(more = ''): Promise<string> {
  const count = 12_000;
  const isWrong = (i: number): boolean => i >= 8000 && i % 3 === 0;
  const data = await capture(
    Array.from({ length: count }, (_, i) => ({
      model,
      record: { decisionId: `d-${i}`, at: NOON - (count - i) * (DAY / 40) },
      predictions: { probability: [i % 2 === 0 ? 0.95 : 0.05] },
    })),
  );
  const outcomes = Array.from({ length: count }, (_, i) => ({
    decision_id: `d-${i}`,
    name: 'default',
    value: (i % 2 === 0) !== isWrong(i),
    at: NOON + i,
  }));
  await addOutcomes(data, outcomes);
  const file = join(data, 'headgate.yaml');
  const quality = `quality: { outcome: default, score: probability ${more} }`;
  const versions = 'versions: { logistic: { url: http://127.0.0.1:9 } }';
  await writeFile(
    file,
    `data: .\nmodels:\n  credit-default:\n    ${versions}\n    ${quality}\n  other:\n    ${versions}\n`,
  );
  return file;
}

test('a table with the verdict, what was true beside what was believed, and JSON with everything', async () => {
  const file = await configured();
  const { code, out, err } = await headgate(['quality', 'credit-default', '-c', file]);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(
    /^credit-default: drifting, outcome default against probability from 0\.5 on \(binary\), read \d{4}-/,
  );
  expect(out).toContain('12,000 labels, 12,000 of them of decisions on record, 12,000 calls judged');
  expect(out).toMatch(/^▲ logistic \(champion\): drifting; labels came after \d+ d \(half\), \d+ d \(nine in ten\)/m);
  expect(out).toMatch(/error rate 33\.\d % \(\d\d\.\d % to \d\d\.\d %\) over \d+ labels of decisions since 20\d\d-/);
  expect(out).toMatch(
    /^ {2}week +decisions +labels +accuracy +precision +recall +AUC +log loss +Brier +ECE +est\. accuracy/m,
  );
  expect(out).toMatch(/^ {2}all +12,000 +12,000 +88\.9 %/m);
  expect(out).toContain('It cannot see that what is true for the same inputs has changed; labels can.');

  const json = await headgate(['quality', 'credit-default', '-c', file, '--json', '--check']);
  expect(json.code).toBe(1);
  const view = JSON.parse(json.out) as QualityView;
  expect(view.versions[0]?.periods.length).toBeGreaterThan(40);
  expect(view.versions[0]?.risk?.since).toMatch(/^20/);
});

test('what is tolerated is no failure', async () => {
  const file = await configured(', tolerance: 40%');
  const { code, out } = await headgate(['quality', 'credit-default', '-c', file, '--check']);
  expect([code, out.split(',')[0]]).toEqual([0, 'credit-default: steady']);
});

test('a sentence and an exit code for what is not there', async () => {
  const file = await configured();
  const other = await headgate(['quality', 'other', '-c', file]);
  expect([other.code, other.out]).toEqual([
    65,
    'other: the model has no `quality` in the configuration. Write quality: { outcome: NAME, score: COLUMN } below the model; docs/quality.md says more.\n',
  ]);
  const nobody = await headgate(['quality', 'nobody', '-c', file]);
  expect([nobody.code, nobody.err]).toEqual([
    65,
    `${file}: no model is called "nobody"; there are credit-default, other\n`,
  ]);
  const silent = await headgate(['quality', 'credit-default', '--admin', 'http://127.0.0.1:9']);
  expect([silent.code, silent.err.startsWith('No gate answers at http://127.0.0.1:9')]).toEqual([69, true]);
});
