import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseBaseline, referencesOf } from '../../src/drift/baseline/baseline.ts';
import { writeBaseline } from '../../src/drift/baseline/write-baseline.ts';
import { tableOf } from './plans.ts';

const numeric = { side: 'request', name: 'x', kind: 'numeric', edges: [0, 1, 2], counts: [3, 4] };
const file = (...features: unknown[]) => JSON.stringify({ format: 'headgate-baseline/1', model: 'm', features });
const problemsOf = (text: string) => {
  const read = parseBaseline(text);
  return read.ok ? [] : read.problems;
};

test('what is written is read back: bins, counts, special bins, categories', () => {
  const text = writeBaseline('credit', {
    request: tableOf({ amount: [1, 2.5, null, 0, 0, 3], card: ['visa', 'amex', 'visa', null, undefined, 'visa'] }),
    response: tableOf({ p: [0.1, 0.2, 0.3, 0.4, 0.5, Number.NaN] }),
  });
  const read = parseBaseline(text);
  if (!read.ok) throw new Error(read.problems.join());
  const amount = read.baseline.request.get('amount');
  expect(amount).toMatchObject({ rows: 6, provisional: false, binning: { kind: 'numeric' } });
  expect(amount?.counts[0]).toBe(1);
  const card = read.baseline.request.get('card');
  expect(card?.binning).toMatchObject({ categories: ['visa', 'amex'], open: false });
  expect([...(card?.counts ?? [])]).toEqual([1, 1, 0, 0, 0, 0, 0, 3, 1]);
  expect(read.baseline.response.get('p')?.counts[2]).toBe(1);
  expect(parseBaseline(text)).toMatchObject({ baseline: { digest: read.baseline.digest } });
  expect(read.baseline.digest).toMatch(/^[0-9a-f]{16}$/);
});

test('all problems come at once, each with its place', () => {
  const text = file(
    { ...numeric, edges: [0, 0], extra: 1 },
    { ...numeric, side: 'up', name: '' },
    { ...numeric, counts: [1] },
    { ...numeric, counts: [1, -1], special: { null: 0.5, nil: 1 } },
    { side: 'request', name: 'c', kind: 'categorical', categories: ['a', 'a'], counts: [1, 1], open: 'no' },
    7,
  );
  expect(problemsOf(text)).toEqual([
    'features[0].extra: unknown key',
    'features[0].edges: must be two or more finite numbers in strictly ascending order',
    'features[1].side: must be request or response',
    'features[1].name: must be a text',
    'features[2].counts: must hold 2 counts, one a bin',
    'features[3].counts[1]: must be a whole number, 0 or more',
    'features[3].special.nil: unknown key',
    'features[3].special.null: must be a whole number, 0 or more',
    'features[4].categories: a category is listed twice',
    'features[4].open: must be true or false',
    'features[5]: must be an object',
    'features[5].side: must be request or response',
    'features[5].name: must be a text',
    'features[5].kind: must be numeric or categorical',
    'features[5].categories: must be a list of at most 64',
  ]);
});

test('the file that docs/drift.md shows is one', () => {
  const docs = readFileSync(new URL('../../docs/drift.md', import.meta.url), 'utf8');
  const example = /```json\n([\s\S]+?)```/.exec(docs)?.[1] ?? '';
  expect(problemsOf(example)).toEqual([]);
  expect(parseBaseline(example)).toMatchObject({
    baseline: { model: 'credit-default', made: '2026-11-02T09:00:00.000Z' },
  });
});

test('a baseline may say when it was made', () => {
  const dated = (made: unknown) => JSON.stringify({ format: 'headgate-baseline/1', model: 'm', made, features: [] });
  expect(parseBaseline(dated('2026-11-02T09:00:00+01:00'))).toMatchObject({
    baseline: { made: '2026-11-02T08:00:00.000Z' },
  });
  expect(parseBaseline(file(numeric))).toMatchObject({ baseline: { made: null } });
  for (const wrong of ['yesterday', 7, '2026-13-02T09:00:00Z'])
    expect(problemsOf(dated(wrong))).toEqual(['made: must be a date and time, as 2026-11-02T09:00:00Z']);
});

test('a file of another kind is refused', () => {
  expect(problemsOf('{')[0]).toMatch(/^not JSON: /);
  expect(problemsOf('[]')).toContain('baseline: must be an object');
  expect(problemsOf('{"format":"headgate-baseline/3","model":"m","features":[]}')).toEqual([
    'format: must be "headgate-baseline/2", or "headgate-baseline/1"',
  ]);
  expect(problemsOf(file(numeric, numeric))).toEqual(['features[1].name: "x" is listed twice']);
  expect(problemsOf(file(numeric))).toEqual([]);
});

const column = {
  side: 'request',
  name: 'x',
  type: 'number',
  nullable: true,
  range: [0, 1.5],
  kind: 'numeric',
  edges: [0, 1, 2],
  counts: [300, 100],
  special: { null: 4 },
  overdispersion: 1.5,
};
const file2 = (changes: object, ...features: unknown[]) =>
  JSON.stringify({ format: 'headgate-baseline/2', model: 'm', ...changes, features });

test('format 2 has the schema, overdispersion, where the rows came from, and what others put in', () => {
  const source = { kind: 'file', name: 'train.csv', rows: 404, first: '2026-01-01T00:00:00Z' };
  const predicted = { ...column, side: 'response', version: 'old' };
  const bins = column.counts.length + 7;
  const surrogate = { column: 'x', version: 'old', rows: 404, mean: 0.5, r2: 0.9, levels: new Array(bins).fill(0.5) };
  const surrogates = [{ ...surrogate, terms: { x: new Array(bins).fill(0) } }];
  const read = parseBaseline(file2({ source, surrogates }, column, predicted));
  if (!read.ok) throw new Error(read.problems.join());
  const { baseline } = read;
  expect(baseline.source).toEqual({ ...source, first: '2026-01-01T00:00:00.000Z', last: null });
  expect(baseline.surrogates).toMatchObject([{ column: 'x', version: 'old', category: null, r2: 0.9 }]);
  expect(baseline.request.get('x')).toMatchObject({
    rows: 404,
    overdispersion: 1.5,
    seasonal: false,
    schema: { type: 'number', nullable: true, range: [0, 1.5] },
  });
  expect([...referencesOf(baseline, 'response', 'old').keys()]).toEqual(['x']);
  expect([...referencesOf(baseline, 'response', 'new').keys()]).toEqual([]);
  expect([...referencesOf(baseline, 'request', 'new').keys()]).toEqual(['x']);
});

test('what is new in format 2 is read as strictly', () => {
  const strata = { concentration: 0, hours: { 168: { counts: [1] } } };
  const text = file2(
    {
      source: { kind: 'air', rows: -1 },
      zone: 'Mars/Phobos',
      surrogates: [{ column: 'y', mean: 'x', terms: { z: [1] } }],
    },
    { ...column, type: 'money', nullable: 'no', range: [2, 1], overdispersion: 0.5, version: 'old' },
    { ...column, strata },
  );
  expect(problemsOf(text)).toEqual([
    'source.kind: must be one of file, captures, simulation',
    'source.rows: must be a whole number, 0 or more',
    'zone: must be a time zone, as Europe/Berlin',
    'features[0].version: must be a text, and only predictions have one',
    'features[0].type: must be one of integer, number, text, boolean, mixed, empty',
    'features[0].nullable: must be true or false',
    'features[0].range: must be the least and the greatest number',
    'features[0].overdispersion: must be a number, 1 or more',
    'features[1].strata.concentration: must be a number above 0',
    'features[1].strata.hours.168: must be an hour of the week, 0 (Monday 00:00) to 167',
    'features[1].strata.hours.168.counts: must hold 2 counts, one a bin',
    'surrogates[0].rows: must be a whole number, 0 or more',
    'surrogates[0].mean: must be a number',
    'surrogates[0].r2: must be a number',
  ]);
});

test('what the first format did not know is unknown to it', () => {
  expect(problemsOf(file({ ...numeric, overdispersion: 2 }))).toEqual(['features[0].overdispersion: unknown key']);
});

test('10,000 columns are read, one more is not', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => ({ ...column, name: `x${i}` }));
  expect(problemsOf(file2({}, ...many(10_000)))).toEqual([]);
  expect(problemsOf(file2({}, ...many(10_001)))).toEqual(['features: must be a list of at most 10000']);
});
