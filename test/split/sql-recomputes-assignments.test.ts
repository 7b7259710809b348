// docs/assignment.sql in DuckDB: the golden slots, the golden assignments under a lock, and the query of docs/assignment.md
// word by word.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAllocator } from '../../src/commands/supervise/allocations.ts';
import { createExplainer } from '../../src/split/explain.ts';
import { EMPTY_LOCK } from '../../src/split/lock.ts';
import { planLock } from '../../src/split/plan-lock.ts';
import { subjectsOf } from '../../src/split/splits-of.ts';
import { lockText } from '../../src/split/write-lock.ts';
import { planOf, versions } from './plans.ts';
import { NOTHING, unit } from './split-plans.ts';

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const GOLDEN = pathOf('../golden/assignment/');
const LOCK = `${GOLDEN}locked/allocations.lock.json`;

let folder: string;
let database: DuckDBInstance;
let duck: DuckDBConnection;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-sql-'));
  database = await DuckDBInstance.create(':memory:');
  duck = await database.connect();
  await duck.run(readFileSync(pathOf('../../docs/assignment.sql'), 'utf8'));
});
afterAll(() => {
  duck.closeSync();
  database.closeSync();
  rmSync(folder, { recursive: true });
});

async function rows(sql: string): Promise<readonly Record<string, unknown>[]> {
  return (await duck.runAndReadAll(sql)).getRowObjectsJson();
}

test('every golden slot', async () => {
  const [counted] = await rows(
    `SELECT count(*)::INTEGER AS slots, (count(*) FILTER (headgate_slot(salt, unit) <> slot))::INTEGER AS wrong
     FROM read_json('${GOLDEN}slots.json')`,
  );
  expect(counted).toEqual({ slots: 1480, wrong: 0 });
});

/** What gate.yaml says beyond the lock. */
const EU = '{"header":{"region":"EU"}}';
const JAPAN = '{"header":{"region":"日本"}}';

test('every golden assignment: pins, rules, holdout, enrolment, a layer, and bytes that are no UTF-8', async () => {
  await duck.run(`
    CREATE TABLE champions AS FROM (VALUES
      ('credit-default', 'logistic'), ('card-fraud', 'old'), ('basket', 'a'), ('coupon', 'a')) AS t(model, champion);
    CREATE TABLE pins AS FROM (VALUES
      ('credit-default', 'acct-7', 'forest'), ('credit-default', 'Zoë', 'boosted'), ('credit-default', '李小龙', 'forest')
    ) AS t(model, pinned, pin);
    CREATE TABLE entries AS
      SELECT entry.key AS model, entry.value->>'salt' AS salt, entry.value->>'layer' AS layer,
        round((entry.value->>'eligible')::DOUBLE * 10000) AS eligible, round((entry.value->>'holdout')::DOUBLE * 10000) AS holdout
      FROM (SELECT unnest(map_entries((content::JSON->'models')::MAP(VARCHAR, JSON))) AS entry FROM read_text('${LOCK}'));
    CREATE TABLE owners AS ${[
      ...['credit-default', 'card-fraud', 'basket', 'coupon'].map((model) => ['models', model, 'split']),
      ...[EU, JAPAN].map((key) => ['models', 'credit-default', key]),
      ['layers', 'checkout', 'split'],
    ]
      .map(
        ([kind, name, key]) =>
          `SELECT '${kind}' AS kind, '${name}' AS name, '${key}' AS key, owner, slot FROM headgate_owners('${LOCK}', '${kind}', '${name}', split := '${key}')`,
      )
      .join(' UNION ALL ')};
    CREATE TABLE asked AS
      SELECT *, headgate_slot_hex(salt, unit) AS place,
        CASE region WHEN 'EU' THEN '${EU}' WHEN '日本' THEN '${JAPAN}' ELSE 'split' END AS key
      FROM read_json('${GOLDEN}locked/assignments.json') JOIN entries USING (model) JOIN champions USING (model);`);
  const answers = await rows(`
    WITH judged AS (
      SELECT asked.*, pin, o.owner, CASE
        WHEN pin IS NOT NULL THEN 'override'
        WHEN headgate_slot_hex('holdout', unit, seed := 1752132708) < holdout THEN 'holdout'
        WHEN layer IS NULL AND headgate_slot_hex(salt, unit, seed := 1701603687) >= eligible THEN 'ineligible'
        WHEN p.owner <> asked.model THEN 'ineligible'
        WHEN asked.key = 'split' THEN 'split' ELSE 'rule' END AS why
      FROM asked
      LEFT JOIN pins ON pins.model = asked.model AND hex(encode(pinned)) = upper(unit)
      JOIN owners o ON o.kind = 'models' AND o.name = asked.model AND o.key = asked.key AND o.slot = place
      LEFT JOIN owners p ON p.kind = 'layers' AND p.name = layer AND p.slot = headgate_slot_hex(layer, unit, seed := 1818327397)
    ), given AS (
      SELECT *, CASE why WHEN 'override' THEN pin WHEN 'split' THEN owner WHEN 'rule' THEN owner ELSE champion END AS "by" FROM judged
    )
    SELECT count(*)::INTEGER AS answers,
      (count(*) FILTER (place IS DISTINCT FROM slot OR why IS DISTINCT FROM reason OR "by" IS DISTINCT FROM version))::INTEGER AS wrong,
      count(DISTINCT why)::INTEGER AS reasons
    FROM given`);
  const vectors = JSON.parse(readFileSync(`${GOLDEN}locked/assignments.json`, 'utf8')) as readonly unknown[];
  expect(vectors.length).toBeGreaterThan(500);
  expect(answers).toEqual([{ answers: vectors.length, wrong: 0, reasons: 5 }]);
});

test('the query of docs/assignment.md gives what the gate gives', async () => {
  const plan = planOf(
    `fraud: { ${versions('old', 'new')}, split: { old: 30, new: 70 }, holdout: 5%, layer: pay, eligible: 40% }`,
    `other: { ${versions('old', 'new')}, split: { old: 1, new: 1 }, layer: pay, eligible: 35% }`,
  );
  const { lock } = planLock(EMPTY_LOCK, subjectsOf(plan), new Map(), '2026-01-01T00:00:00.000Z');
  writeFileSync(join(folder, 'allocations.lock.json'), lockText(lock));
  const { allocations, histories } = createAllocator().allocate(plan, lock);
  const [fraud] = plan.models;
  if (fraud === undefined) throw new Error('a plan has models');
  const explainer = createExplainer(fraud, allocations[0] ?? [], histories[0]);
  const units = ['acct', 'Zoë', '李小龙', 'e\u0301', "o'", '😀'].flatMap((name) =>
    Array.from({ length: 50 }, (_, at) => `${name}-${at}`),
  );
  writeFileSync(join(folder, 'units.json'), JSON.stringify(units.map((text) => ({ unit: text }))));
  const query = /```sql\n([\s\S]*?)```/.exec(readFileSync(pathOf('../../docs/assignment.md'), 'utf8'))?.[1] ?? '';
  await duck.run(`CREATE TABLE units AS FROM read_json('${folder}/units.json')`);
  const found = await rows(query.replaceAll("'allocations.lock.json'", `'${folder}/allocations.lock.json'`));
  const byUnit = new Map(found.map((row) => [row.unit, row.version]));
  expect(byUnit.size).toBe(units.length);
  expect(new Set(byUnit.values())).toEqual(new Set(['old', 'new']));
  for (const text of units) expect(byUnit.get(text)).toBe(explainer.explain(unit(text), NOTHING).version);
});
