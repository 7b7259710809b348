// `headgate query` sees every decision once, compacted or not, in each format; it can only read, and an error says where it is and
// what there is.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/capture/store/database.ts';
import { createOutcomeLog } from '../../src/outcomes/outcome-log.ts';
import { temporaryFolder } from '../capture/open-capture.ts';
import { modelPlan } from '../capture/plans.ts';
import { bodies } from '../capture/records.ts';
import { capture, compactNow, NOON } from '../store/filled.ts';
import { headgate } from './headgate.ts';

let data = '';

beforeAll(async () => {
  const call = {
    record: bodies('{"a":[1,2]}', '{"b":"é"}'),
    features: { a: [1, 2.5] },
    predictions: { b: ['x', null] },
  };
  data = await capture([call, { ...call, record: { ...call.record, role: 'shadow', version: 1 } }, {}]);
  await compactNow(data);
  await capture(
    [
      { ...call, record: { ...call.record, decisionId: 'late', at: NOON + 0.125 } },
      { record: { decisionId: 'other' }, model: modelPlan({ name: 'fraud' }), features: { a: ['text'] } },
    ],
    data,
  );
  const log = createOutcomeLog({ data, replica: 'a-1-b', bytesMax: 1e9 });
  const outcome = { key: 'k', decision_id: 'late', model: null, unit: null, name: 'default', value: true, at: NOON };
  await log.append([outcome, { ...outcome, key: 'k2', name: 'label', value: 'paid' }]);
  await log.close();
  const again = createOutcomeLog({ data, replica: 'b-1-b', bytesMax: 1e9 });
  await again.append([{ ...outcome, value: false }]);
  await again.close();
});

async function asked(words: readonly string[]) {
  const { code, out, err } = await headgate(['query', ...words]);
  return { code, stdout: out, stderr: err };
}

const query = (sql: string, ...more: string[]) => asked(['--data', data, ...more, sql]);

const rowsOf = async (sql: string): Promise<unknown[]> => {
  const { code, stdout, stderr } = await query(sql, '--format', 'json');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
};

test('what is compacted and what is not are one record', async () => {
  expect(await rowsOf('SELECT count(*) AS n, count(DISTINCT replica) AS replicas FROM decisions')).toEqual([
    { n: 4, replicas: 2 },
  ]);
  expect(await rowsOf('SELECT version, role FROM shadows')).toEqual([{ version: 'boosted', role: 'shadow' }]);
  const sql = `SELECT "at", date, model, request, f_a, p_b, request_headers FROM decisions WHERE decision_id = 'late'`;
  expect(await rowsOf(sql)).toEqual([
    {
      at: '2026-03-02T12:00:00.000125Z',
      date: '2026-03-02',
      model: 'credit-default',
      request: '{"a":[1,2]}',
      f_a: ['1.0', '2.5'],
      p_b: ['x', null],
      request_headers: ['content-type', 'application/json'],
    },
  ]);
});

test('one model alone keeps its own types, and its rows can be had one by one', async () => {
  const { stdout } = await query(
    `SELECT decision_id, "row", f_a, p_b, "rows" FROM decision_rows ORDER BY replica, sequence, "row"`,
    '--format',
    'csv',
    '--model',
    'credit-default',
  );
  expect(stdout).toBe(
    'decision_id,row,f_a,p_b,rows\ndecision-0,0,1,x,2\ndecision-0,1,2.5,,2\nlate,0,1,x,2\nlate,1,2.5,,2\n',
  );
});

test('outcomes are joined by the decision; of two with one key the first counts', async () => {
  const sql = `SELECT o.name, o.value, o.label, d.version FROM outcomes o JOIN decisions d USING (decision_id) ORDER BY 1`;
  expect(await rowsOf(sql)).toEqual([
    { name: 'default', value: 1, label: 'true', version: 'logistic' },
    { name: 'label', value: null, label: 'paid', version: 'logistic' },
  ]);
});

test('a table for the eye, and Parquet and CSV into files', async () => {
  const { stdout } = await query(`SELECT role, count(*) AS n, NULL AS nothing FROM calls GROUP BY ALL ORDER BY ALL`);
  expect(stdout).toBe(
    'role      n  nothing\n--------  -  -------\nchampion  4     NULL\nshadow    1     NULL\n\n2 rows\n',
  );

  const folder = await temporaryFolder();
  const parquet = join(folder, "it's.parquet");
  expect((await query('SELECT * FROM decisions; ', '--format', 'parquet', '-o', parquet)).code).toBe(0);
  const database = await openDatabase(null, { threads: 1, memoryBytes: 128 * 1024 ** 2, spillFolder: null });
  expect(await database.rows(`SELECT count(*) AS n FROM '${parquet.replace("'", "''")}'`)).toEqual([{ n: 4n }]);
  database.close();
  const csv = join(folder, 'rows.csv');
  await query(`SELECT 1 AS a, '' AS b, NULL AS c, 'x"y' AS d -- and a remark`, '--format', 'csv', '-o', csv);
  expect(await readFile(csv, 'utf8')).toBe('a,b,c,d\n1,"",,"x""y"\n');
});

test('numbers keep their digits, and what JSON has no word for is text', async () => {
  const { stdout } = await query(
    `SELECT 9007199254740993 AS big, 'nan'::DOUBLE AS nan, 1.5 AS d, '\\xFF'::BLOB AS bytes`,
    '--format',
    'json',
  );
  expect(stdout).toBe('{"big":9007199254740993,"nan":"NaN","d":1.5,"bytes":{"base64":"/w=="}}\n');
});

const CAN_ONLY_READ = /^This is no SELECT; a query can only read\.\n$/;
const NO_STATEMENT = /^There is no statement in it; ask one SELECT\.\n$/;

test('a query can read, and nothing else', async () => {
  const folder = await temporaryFolder();
  const target = join(folder, 'out.csv');
  // One that the query may read.
  const file = join(data, 'outcomes', 'a-1-b.ndjson');
  const refused: [string, RegExp][] = [
    [`COPY (SELECT 1) TO '${target}'`, /no SELECT|Permission Error/],
    [`COPY (SELECT 1) TO '${file}'`, /no SELECT/],
    [`EXPLAIN ANALYZE COPY (SELECT 1) TO '${target}'`, /no SELECT|Permission Error/],
    [`ATTACH '${target}' AS x`, /no SELECT|Permission Error/],
    ['CREATE TABLE x AS SELECT 1', /no SELECT/],
    ['DELETE FROM decisions', CAN_ONLY_READ],
    ["/* all */ -- of\nupdate decisions SET unit = 'x'", CAN_ONLY_READ],
    ['INSERT INTO decisions SELECT * FROM decisions', CAN_ONLY_READ],
    ['WITH x AS (SELECT 1) DELETE FROM decisions', CAN_ONLY_READ],
    ['', NO_STATEMENT],
    [' ;', NO_STATEMENT],
    ['/* nothing */', NO_STATEMENT],
    ['SET enable_external_access = true', /no SELECT/],
    ['SELECT 1; SELECT 2', /2 statements; ask one SELECT at a time/],
    [`SELECT * FROM read_text('/etc/passwd')`, /Permission Error/],
    [`SELECT * FROM '${target}'`, /Permission Error|external access/i],
    [`SELECT * FROM glob('/etc/*')`, /Permission Error|external access|disabled/i],
  ];
  const before = await readFile(file, 'utf8');
  for (const [sql, problem] of refused) {
    const { code, stderr, stdout } = await query(sql);
    expect(stderr, sql).toMatch(problem);
    expect([code, stdout], sql).toEqual([65, '']);
  }
  expect(existsSync(target)).toBe(false);
  expect(await readFile(file, 'utf8')).toBe(before);
});

test('an error in the SQL says where it is, and which columns there are', async () => {
  const { code, stderr } = await query('SELECT decison_id FROM decisions');
  expect(code).toBe(65);
  expect(stderr).toMatch(/LINE 1: SELECT decison_id FROM decisions\n\s+\^/);
  expect(stderr).toMatch(/decisions has decision_id, sequence, .*f_a/);
  expect((await query('SELECT at FROM decisions')).stderr).toMatch(/write "at", in double quotes/);
  expect((await query('SELECT 1 FROM decision')).stderr).toMatch(/There are the views decisions, shadows/);
  expect((await asked(['--data', join(data, 'nowhere'), 'SELECT 1'])).stderr).toMatch(/there is no such folder/);
  expect((await asked(['SELECT 1'])).code).toBe(64);
});

test('a folder without a record is an empty record', async () => {
  const { code, stdout } = await asked([
    '--data',
    await temporaryFolder(),
    '--format',
    'csv',
    'SELECT count(*) AS n FROM decisions, outcomes',
  ]);
  expect([code, stdout]).toEqual([0, 'n\n0\n']);
});
