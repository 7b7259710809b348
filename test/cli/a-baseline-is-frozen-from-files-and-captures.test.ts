// `headgate baseline` freezes the rows it is given, from CSV, Parquet or captured decisions alike; it says what it found, refuses in
// words what cannot be measured, and writes the file whole or not at all.

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase, quoted } from '../../src/capture/store/database.ts';
import { type Baseline, parseBaseline, referencesOf } from '../../src/drift/baseline/baseline.ts';
import { referenceOf } from '../../src/drift/baseline/reference.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { temporaryFolder } from '../capture/open-capture.ts';
import { findData, readData } from '../drift/real-data.ts';
import { type Call, capture, compactNow, NOON } from '../store/filled.ts';
import { headgate } from './headgate.ts';

async function frozen(path: string): Promise<Baseline> {
  const read = parseBaseline(await readFile(path, 'utf8'));
  if (!read.ok) throw new Error(read.problems.join('; '));
  return read.baseline;
}

/** The lines that do not name the file or the moment. */
const columnsIn = async (path: string): Promise<string> =>
  (await readFile(path, 'utf8')).replace(/^[\s\S]*"features"/, '');

async function parquetOf(csv: string, path: string, columns = '*'): Promise<void> {
  const database = await openDatabase(null, { threads: 1, memoryBytes: 256 * 1024 ** 2, spillFolder: null });
  await database.run(`COPY (SELECT ${columns} FROM read_csv(${quoted(csv)})) TO ${quoted(path)} (FORMAT parquet)`);
  database.close();
}

const real = findData('credit-default.csv');

test.skipIf(real === null)(
  'real card holders: the same file from CSV and from Parquet, and the bins of live rows',
  async () => {
    const folder = await temporaryFolder();
    const [one, two, parquet] = [join(folder, 'one.json'), join(folder, 'two.json'), join(folder, 'rows.parquet')];
    const csv = real ?? '';
    await parquetOf(csv, parquet);
    const words = [
      '--model',
      'credit-default',
      '--ignore',
      'ID',
      '--predictions',
      'default.payment.next.month=default',
    ];
    const ran = await headgate(['baseline', ...words, '--from', csv, '-o', one]);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toContain('credit-default: 30,000 rows, 24 columns');
    expect(ran.out).toContain(`drift: { baseline: ${one} }`);
    expect(await headgate(['baseline', ...words, '--from', parquet, '-o', two])).toMatchObject({ code: 0, err: '' });
    expect(await columnsIn(two)).toBe(await columnsIn(one));
    const text = await readFile(one, 'utf8');
    expect(text.length).toBeLessThan(24 * 800);
    const baseline = await frozen(one);
    expect(baseline.surrogates).toMatchObject([{ column: 'default', version: null, rows: 15_000 }]);
    expect(baseline.surrogates[0]?.terms.map(({ feature }) => feature)).toEqual([...baseline.request.keys()]);
    expect([...baseline.response.keys()]).toEqual(['default']);
    expect(baseline.source).toMatchObject({ kind: 'file', name: 'credit-default.csv', rows: 30_000 });
    const columns = new Map(readData(csv).columns.map(({ name, values }) => [name, values]));
    for (const [name, reference] of baseline.request) {
      const live = referenceOf(columns.get(name) ?? []);
      expect([...reference.counts], name).toEqual([...live.counts]);
      expect(reference.schema?.type).toBe('integer');
    }
  },
);

test('types follow the values: booleans, empty fields, NaN, dates, quotes; and what is odd is said', async () => {
  const folder = await temporaryFolder();
  const csv = join(folder, 'rows.csv');
  const out = join(folder, 'a.json');
  const lines = Array.from({ length: 200 }, (_, i) =>
    [
      i % 10 === 0 ? '' : i / 4,
      i % 3 === 0 ? 'True' : 'false',
      `"a ""b"", ${i % 2}"`,
      '7',
      '',
      i === 0 ? 'nan' : i,
      `2026-01-0${1 + (i % 9)}`,
    ].join(','),
  );
  await writeFile(csv, `x,flag,text,same,nothing,odd,day\n${lines.join('\n')}\n`);
  const ran = await headgate(['baseline', '--model', 'm', '--from', csv, '-o', out, '--json']);
  expect(ran.err).toContain('a baseline of 200 rows finds large drift only');
  const baseline = await frozen(out);
  const schemas = Object.fromEntries([...baseline.request].map(([name, { schema }]) => [name, schema]));
  expect(schemas).toEqual({
    x: { type: 'number', nullable: true, range: [0.25, 49.75] },
    flag: { type: 'boolean', nullable: false, range: null },
    text: { type: 'text', nullable: false, range: null },
    same: { type: 'integer', nullable: false, range: [7, 7] },
    nothing: { type: 'empty', nullable: true, range: null },
    odd: { type: 'integer', nullable: false, range: [1, 199] },
    day: { type: 'text', nullable: false, range: null },
  });
  expect(baseline.request.get('flag')?.binning).toMatchObject({ categories: ['false', 'true'] });
  expect(baseline.request.get('text')?.binning).toMatchObject({ categories: ['a "b", 0', 'a "b", 1'] });
  expect([...(baseline.request.get('odd')?.counts.subarray(0, 7) ?? [])]).toEqual([0, 0, 1, 0, 0, 0, 0]);
  const { columns } = JSON.parse(ran.out) as { columns: { name: string; remark: string | null }[] };
  const remarks = new Map(columns.map(({ name, remark }) => [name, remark]));
  expect(remarks.get('same')).toContain('constant');
  expect(remarks.get('nothing')).toContain('never a value');
  const parquet = join(folder, 'rows.parquet');
  await parquetOf(csv, parquet);
  await headgate(['baseline', '--model', 'm', '--from', parquet, '-o', join(folder, 'b.json'), '--ignore', 'day']);
  await headgate(['baseline', '--model', 'm', '--from', csv, '-o', out, '--ignore', 'day']);
  expect(await columnsIn(join(folder, 'b.json'))).toBe(await columnsIn(out));
});

test('three weeks with a time for each row give seasons in the zone that is asked for', async () => {
  const folder = await temporaryFolder();
  const [csv, out] = [join(folder, 'rows.csv'), join(folder, 'a.json')];
  const random = createSeededRandom(5);
  const lines = Array.from({ length: 21 * 24 * 20 }, (_, i) => {
    const at = NOON + i * 180_000;
    const hour = new Date(at).getUTCHours();
    return `${new Date(at).toISOString()},${((hour >= 8 && hour < 16 ? 10 : 20) + random() * 5).toFixed(3)},${random().toFixed(3)}`;
  });
  await writeFile(csv, `at,amount,noise\n${lines.join('\n')}\n`);
  const ran = await headgate([
    'baseline',
    '--model',
    'm',
    '--from',
    csv,
    '--time',
    'at',
    '--zone',
    'Asia/Tokyo',
    '-o',
    out,
  ]);
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out).toMatch(/amount .*weekly/);
  const { request, source } = await frozen(out);
  expect([...request.keys()]).toEqual(['amount', 'noise']);
  expect(source).toMatchObject({ first: '2026-03-02T12:00:00.000Z', last: '2026-03-23T11:45:00.000Z' });
  const amount = request.get('amount');
  const low = (text: string): number =>
    [...(amount?.shares(Date.parse(text)) ?? [])].slice(7, 14).reduce((sum, share) => sum + share, 0);
  // By UTC, the same hours a year later: the zone has no summer time.
  expect(low('2027-07-14T10:30:00Z')).toBeGreaterThan(0.8);
  expect(low('2027-07-14T20:30:00Z')).toBeLessThan(0.2);
  expect(request.get('noise')?.seasonal).toBe(false);
});

test('three rows make a baseline, and a loud warning', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'rows.csv'), 'x\n1\n2\n3\n');
  const { code, err } = await headgate([
    'baseline',
    '--model',
    'm',
    '--from',
    join(folder, 'rows.csv'),
    '-o',
    join(folder, 'a.json'),
  ]);
  expect(code).toBe(0);
  expect(err).toContain('WARNING: a baseline of 3 rows has no power');
  expect((await frozen(join(folder, 'a.json'))).request.get('x')?.rows).toBe(3);
});

const CONFIG = `models:
  credit-default:
    versions: { old: { url: http://127.0.0.1:1 } }
  bytes:
    protocol: raw
    match: /bytes
    versions: { old: { url: http://127.0.0.1:1 } }
`;

test('what cannot be measured is refused in words, and the file that is there stays as it is', async () => {
  const folder = await temporaryFolder();
  const at = (name: string): string => join(folder, name);
  await writeFile(at('headgate.yaml'), CONFIG);
  await writeFile(at('rows.csv'), 'x,y\n1,2\n');
  await writeFile(at('none.csv'), 'x,y\n');
  await writeFile(at('broken.parquet'), 'no');
  await writeFile(at('a.json'), 'kept');
  await mkdir(at('data'));
  const m = ['baseline', '--model', 'credit-default', '-o', at('a.json')];
  const cases: [string[], number, string][] = [
    [
      ['baseline', '--model', 'fraud', '-c', at('headgate.yaml'), '--last', '7d'],
      65,
      'there is no model fraud; there are credit-default, bytes',
    ],
    [['baseline', '--model', 'bytes', '-c', at('headgate.yaml'), '--last', '7d'], 65, 'reads no bodies'],
    [['baseline', '--model', 'credit-default', '-c', at('headgate.yaml'), '--last', '7d'], 64, 'with -o FILE'],
    [['baseline', '--model', 'm', '--from', at('rows.csv')], 64, 'with -o FILE'],
    [m, 64, 'say which rows'],
    [[...m, '--last', '7d'], 64, 'name the configuration with -c FILE, or the data folder with --data FOLDER'],
    [[...m, '--from', 'yesterday', '--data', at('data')], 64, '"yesterday" is neither'],
    [[...m, '--from', at('rows.csv'), '--last', '7d'], 64, 'for captured decisions'],
    [[...m, '--last', '7d', '--time', 'at'], 64, 'for training data'],
    [[...m, '--last', '7', '--data', at('data')], 64, 'duration such as 7d'],
    [[...m, '--from', at('rows.csv'), '--zone', 'Mars/Phobos'], 64, 'no time zone Mars/Phobos'],
    [[...m, '--from', at('gone.csv')], 65, 'there is no such file'],
    [[...m, '--from', at('none.csv')], 65, 'it has no rows'],
    [[...m, '--from', at('broken.parquet')], 65, 'no rows can be read from it'],
    [[...m, '--from', at('rows.csv'), '--ignore', 'z'], 65, 'there is no column z; it has x, y'],
    [[...m, '--from', at('rows.csv'), '--ignore', 'x', '--ignore', 'y'], 65, 'no column is left'],
    [[...m, '--last', '7d', '--data', at('data')], 65, 'no answered decision of credit-default is on record'],
  ];
  const ran = await Promise.all(cases.map(([words]) => headgate(words)));
  for (const [i, [words, code, said]] of cases.entries()) {
    expect(ran[i]?.err, words.join(' ')).toContain(said);
    expect(ran[i]?.code, words.join(' ')).toBe(code);
  }
  expect(await readFile(at('a.json'), 'utf8')).toBe('kept');
  expect((await readdir(folder)).filter((name) => name.endsWith('.new'))).toEqual([]);
}, 60_000);

function calls(): Call[] {
  const call = (i: number, changes: object = {}): Call => ({
    record: { decisionId: `d${i}`, at: NOON + i * 1000, ...changes },
    features: { amount: [i, i + 0.5], card: ['visa', i % 2 === 0 ? null : 'amex'] },
    predictions: { p: [0.25, 0.75] },
  });
  const without: Call = {
    record: { decisionId: 'w', at: NOON + 500_000 },
    features: { amount: [1] },
    predictions: { p: [0.5] },
  };
  return [
    ...Array.from({ length: 300 }, (_, i) => call(i)),
    ...Array.from({ length: 100 }, (_, i) => call(i, { role: 'challenger', version: 1 })),
    ...Array.from({ length: 50 }, (_, i) => ({
      ...call(i, { role: 'shadow', version: 1 }),
      predictions: { p: [9, 9] },
    })),
    ...Array.from({ length: 20 }, (_, i) => ({ ...call(i, { status: 500 }), predictions: {} })),
    without,
  ];
}

test('captured decisions: features once, predictions by version, what lacks a column is missing', async () => {
  const all = calls();
  const data = await capture(all.slice(0, 200));
  await compactNow(data);
  await capture(all.slice(200), data);
  const out = join(data, 'made', 'a.json');
  const ran = await headgate([
    'baseline',
    '--model',
    'credit-default',
    '--data',
    data,
    '--from',
    '2026-03-02',
    '-o',
    out,
  ]);
  expect(ran.err).toContain('a baseline of 801 rows');
  expect(ran.code).toBe(0);
  const baseline = await frozen(out);
  expect(baseline.made).toBe('2026-03-02T12:08:20.000Z');
  const fitted = baseline.surrogates.map(({ version, column, rows }) => [version, column, rows]);
  expect(fitted).toEqual([
    ['logistic', 'p', 601],
    ['boosted', 'p', 300],
  ]);
  const amount = baseline.request.get('amount');
  expect([amount?.rows, amount?.schema]).toEqual([801, { type: 'number', nullable: false, range: [0, 299.5] }]);
  expect([...(baseline.request.get('card')?.counts ?? [])]).toEqual([200, 1, 0, 0, 0, 0, 0, 400, 200]);
  expect(referencesOf(baseline, 'response', 'logistic').get('p')?.rows).toBe(601);
  const boosted = referencesOf(baseline, 'response', 'boosted').get('p');
  expect([boosted?.rows, boosted?.schema?.range]).toEqual([300, [0.25, 9]]);
  const champion = ['--of', 'logistic', '--role', 'champion', '--until', '2026-03-02T12:05:00Z'];
  await headgate(['baseline', '--model', 'credit-default', '--data', data, ...champion, '-o', out]);
  const own = await frozen(out);
  expect(own.request.get('amount')?.rows).toBe(600);
  expect([...own.responseOf.keys()]).toEqual(['logistic']);
  expect(existsSync(join(data, 'made', 'a.json'))).toBe(true);
});
