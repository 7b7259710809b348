// `headgate explain` over files of units, over decisions on record, and over the epochs of a lock.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExplainView } from '../../src/admin/view.ts';
import { createCapture } from '../../src/capture/capture.ts';
import { explained, findModel } from '../../src/commands/explain.ts';
import type { Replay } from '../../src/commands/explain-decision.ts';
import { loadAllocated } from '../../src/commands/load-allocated.ts';
import type { ExchangeRecord } from '../../src/model.ts';
import { bodies, exchange } from '../capture/records.ts';
import { compactNow } from '../store/filled.ts';
import { headgate } from './headgate.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-replay-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Configured {
  readonly split?: string;
  readonly more?: string;
  readonly name?: string;
}

function configure(file: string, { split = '{ old: 50, new: 50 }', more = '', name = 'fraud' }: Configured): string {
  const path = join(folder, file);
  writeFileSync(
    path,
    `data: ${join(folder, 'data')}
models:
  ${name}:
    versions:
      old: { url: http://127.0.0.1:9101 }
      new: { url: http://127.0.0.1:9102 }
    champion: old
    sticky: { header: account-id }
    split: ${split}
${more}`,
  );
  return path;
}

function now(file: string, unit: string): ExplainView {
  const found = findModel(file, 'fraud');
  if (typeof found === 'number') throw new Error(`${file} has problems`);
  const given = found.explainer.explain(
    { bytes: Buffer.from(unit), text: unit },
    { rawHeaders: [], target: '/', body: [] },
  );
  return { ...given, generation: found.plan.generation };
}

/** Units that the split of this file gives to `old`. */
function unitOn(file: string, version: string): string {
  const unit = Array.from({ length: 100 }, (_, i) => `acct-${i}`).find((text) => now(file, text).version === version);
  if (unit === undefined) throw new Error('none of a hundred');
  return unit;
}

describe('explain --units', () => {
  it('answers for every line, in order, as for each alone', async () => {
    const file = configure('units.yaml', { more: '    eligible: 50%\n    overrides: { pinned: new }\n' });
    const units = join(folder, 'units.txt');
    writeFileSync(units, 'acct-1\r\nZoë\n\npinned\nlast without an end');
    const { code, out, err } = await headgate(['explain', 'fraud', '--units', units, '-c', file]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.split('\n');
    expect(lines.shift()).toBe('version\tslot\tepoch\tpropensity\treason\trule\tunit');
    expect(lines.pop()).toBe('');
    const expected = ['acct-1', 'Zoë', null, 'pinned', 'last without an end'].map((unit) => {
      if (unit === null) return '-\t-1\t-\t-\tno_key\t-\t';
      const { version, slot, propensity, reason } = now(file, unit);
      return `${version}\t${slot}\t0\t${propensity}\t${reason}\t-\t${unit}`;
    });
    expect(lines).toEqual(expected);
    const json = await headgate(['explain', 'fraud', '--units', units, '-c', file, '--json']);
    const objects = json.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { unit: string });
    expect(objects.map(({ unit }) => unit)).toEqual(['acct-1', 'Zoë', '', 'pinned', 'last without an end']);
  });

  it('takes far less than a millisecond a unit', async () => {
    const file = configure('fast.yaml', { more: '    holdout: 5%\n    eligible: 50%\n' });
    const units = join(folder, 'many.txt');
    writeFileSync(units, Array.from({ length: 20_000 }, (_, i) => `acct-${i}\n`).join(''));
    const start = performance.now();
    const { out } = await headgate(['explain', 'fraud', '--units', units, '-c', file]);
    // The start of the process and the reading of its output included.
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(out.split('\n').length).toBe(20_002);
  });

  it('cuts a line that is no unit, and tells its length', async () => {
    const file = configure('long.yaml', {});
    const units = join(folder, 'long.txt');
    writeFileSync(units, `${'x'.repeat(65_536)}\n`);
    const { out } = await headgate(['explain', 'fraud', '--units', units, '-c', file]);
    expect(out.split('\n')[1]).toBe(`-\t-1\t-\t-\tno_key\t-\t${'x'.repeat(1024)}... (65536 bytes)`);
  });

  it('says what is wrong with the file', async () => {
    const file = configure('missing.yaml', {});
    const { code, err } = await headgate(['explain', 'fraud', '--units', join(folder, 'none.txt'), '-c', file]);
    expect(code).toBe(65);
    expect(err).toContain('ENOENT');
  });
});

async function record(file: string, changes: Partial<ExchangeRecord>): Promise<void> {
  const loaded = loadAllocated(file, {});
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems));
  const [model] = loaded.plan.models;
  if (model === undefined) throw new Error('a model');
  const capture = await createCapture({
    data: loaded.plan.data,
    process: { host: 'h', pid: process.pid, startedAt: Date.now() + performance.now(), isAlive: () => false },
    wall: () => Date.now(),
    now: () => performance.now(),
    report: () => {},
  });
  const { generation } = loaded.plan;
  capture.append(
    exchange({ ...bodies('{"tier":3}', '{}'), ...changes }),
    { generation, model },
    { features: null, predictions: null },
  );
  await capture.close();
}

async function recordOf(
  file: string,
  decisionId: string,
  unit: string,
  more: Partial<ExchangeRecord> = {},
): Promise<void> {
  const { version, slot, epoch, propensity } = now(file, unit);
  const assigned = version === 'old' ? 0 : 1;
  await record(file, { decisionId, unit, slot, epoch, propensity, version: assigned, assigned, ...more });
}

async function replayed(file: string, decision: string, ...more: string[]): Promise<Replay> {
  const { code, out, err } = await headgate(['explain', '--decision', decision, '-c', file, '--json', ...more]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Replay;
}

describe('explain --decision', () => {
  it('says the same while nothing has changed, and why not once it has', async () => {
    const file = configure('then.yaml', {});
    const unit = unitOn(file, 'old');
    await recordOf(file, 'd1', unit);
    const same = await replayed(file, 'd1');
    expect(same).toMatchObject({
      same: true,
      unit,
      model: 'fraud',
      recorded: { assigned: 'old', reason: 'split', epoch: 0 },
    });
    expect(same.today).toEqual(now(file, unit));

    const { slot } = now(file, unit);
    const moved = await replayed(configure('moved.yaml', { split: '{ new: 1 }' }), 'd1');
    expect(moved).toMatchObject({ same: false, today: { version: 'new' } });
    expect(moved.why).toEqual([`Slot ${slot} belonged to old (epoch 0) and belongs to new (epoch 0).`]);

    const pinned = await replayed(configure('pinned.yaml', { more: `    overrides: { ${unit}: new }\n` }), 'd1');
    expect(pinned.why).toEqual(['Then by split, now by override: overrides names this unit.']);

    const salted = await replayed(configure('salted.yaml', { split: '{ new: 1 }', more: '    salt: other\n' }), 'd1');
    expect(salted.why.join(' ')).toContain(`The salt has changed: the unit's slot was ${slot}`);

    const out = await replayed(configure('gone.yaml', { name: 'other' }), 'd1');
    expect(out).toMatchObject({ same: null, today: null, why: ['Model fraud is no longer in the configuration.'] });
  });

  it.each([
    ['holdout', '    holdout: 100%\n', 'By holdout then as now, which is the champion: that was old, and is new.'],
    ['ineligible', '    eligible: 0%\n', 'By ineligible then as now, which is the champion: that was old, and is new.'],
  ])('under %s another champion is the cause, not the slot', async (reason, more, sentence) => {
    const file = configure(`${reason}.yaml`, { more });
    await recordOf(file, `champion-${reason}`, 'acct-1', { reason: reason as 'holdout' });
    const path = configure(`${reason}-next.yaml`, { more });
    writeFileSync(path, readFileSync(path, 'utf8').replace('champion: old', 'champion: new'));
    const { why, same } = await replayed(path, `champion-${reason}`);
    expect({ why, same }).toEqual({ why: [sentence], same: false });
  });

  it('a pin that names another version is the cause, and so is a rule of another split', async () => {
    const pin = (version: string): string => `    overrides: { acct-1: ${version} }\n`;
    const pinned = configure('pin-then.yaml', { more: pin('old') });
    await recordOf(pinned, 'pin', 'acct-1', { reason: 'override' });
    const moved = await replayed(configure('pin-now.yaml', { more: pin('new') }), 'pin');
    expect(moved.why).toEqual(['overrides named old for this unit, and names new.']);
    const rule = (version: string): string =>
      `    rules:\n      - when: { body: { /tier: '3' } }\n        split: { ${version}: 1 }\n`;
    const ruled = configure('ruled-then.yaml', { more: rule('old') });
    const { slot } = now(ruled, 'acct-1');
    await recordOf(ruled, 'ruled', 'acct-1', { reason: 'rule', rule: 0, version: 0, assigned: 0 });
    const { why, recorded } = await replayed(configure('ruled-now.yaml', { more: rule('new') }), 'ruled');
    expect(why).toEqual([
      `Then by rule (rules[0]) of generation ${recorded.generation}, now rules[0] matches the request: old 0%, new 100%.`,
      `Slot ${slot} belonged to old (epoch 0) in its split, and belongs to new (epoch 0).`,
    ]);
  });

  it('a unit that has lost its part in the split is told so', async () => {
    const file = configure('enrolled.yaml', {});
    await recordOf(file, 'd2', unitOn(file, 'new'));
    const { why, same } = await replayed(configure('none.yaml', { more: '    eligible: 0%\n' }), 'd2');
    expect(same).toBe(false);
    expect(why).toEqual(['Then by split, now by ineligible: not enrolled (eligible 0%): the champion.']);
  });

  it('does not guess what a rule would have seen: it asks, and takes an answer', async () => {
    const file = configure('before-rule.yaml', {});
    const unit = unitOn(file, 'old');
    await recordOf(file, 'd3', unit);
    const ruled = configure('rule.yaml', {
      more: `    rules:\n      - when: { header: { region: EU } }\n        split: { new: 1 }\n`,
    });
    const doubtful = await replayed(ruled, 'd3');
    expect(doubtful).toMatchObject({ same: null, today: null });
    expect(doubtful.why.join(' ')).toContain('rules[0] may hold');
    expect(await replayed(ruled, 'd3', '--header', 'region=EU')).toMatchObject({ same: false, today: { rule: 0 } });
    expect(await replayed(ruled, 'd3', '--header', 'region=US')).toMatchObject({ same: true, today: { rule: null } });
    const body = configure('rule-body.yaml', {
      more: `    rules:\n      - when: { body: { /tier: '3' } }\n        split: { new: 1 }\n`,
    });
    expect(await replayed(body, 'd3')).toMatchObject({ same: false, today: { rule: 0, reason: 'rule' } });
    expect(await replayed(body, 'd3', '--body', '{"tier":4}')).toMatchObject({ same: true });
  });

  it('tells a fallback from its assignment, and a request without a unit from one that sticks', async () => {
    const file = configure('fallback.yaml', {});
    const unit = unitOn(file, 'new');
    await recordOf(file, 'd4', unit, { reason: 'fallback', version: 0 });
    const back = await replayed(file, 'd4');
    expect(back).toMatchObject({
      same: true,
      recorded: { version: 'old', assigned: 'new' },
      today: { version: 'new' },
    });
    expect(back.why.join(' ')).toContain('new was assigned and failed before it answered; old answered in its place.');
    await record(file, { decisionId: 'd5', unit: '', slot: -1, reason: 'no_key' });
    expect(await replayed(file, 'd5')).toMatchObject({ same: null, why: [expect.stringContaining('no unit')] });
  });

  it('prints then and now side by side, and says where it looked in vain', async () => {
    const file = configure('text.yaml', {});
    await recordOf(file, 'd6', unitOn(file, 'old'));
    const before = await headgate(['explain', '--decision', 'd6', '-c', file]);
    // The records are of 2023.
    await compactNow(join(folder, 'data'), { retention: { bodiesMs: 1e15, recordsMs: 1e15, bytesMax: 1e15 } });
    expect(await readdir(join(folder, 'data', 'captures'))).toEqual([]);
    const { out } = await headgate(['explain', '--decision', 'd6', '-c', file]);
    expect(out).toBe(before.out);
    expect(out).toMatch(/^decision {4}d6\nat {10}.*\nmodel {7}fraud\nunit /);
    expect(out).toMatch(/\nassigned {4}old +old\n/);
    expect(out).toMatch(/\ntoday: the same\n$/);
    const none = await headgate(['explain', '--decision', 'nobody', '-c', file]);
    expect(none).toMatchObject({ code: 65, out: '' });
    expect(none.err).toContain('nothing is on record under "nobody"');
  });
});

describe('with a lock', () => {
  it('names the epoch, and what the unit was given in the ones before', async () => {
    const file = configure('locked.yaml', { split: '{ old: 1 }' });
    const planned = async () => expect(await headgate(['plan', '-c', file])).toMatchObject({ code: 0 });
    await planned();
    configure('locked.yaml', { split: '{ old: 50, new: 50 }' });
    await planned();
    configure('locked.yaml', { split: '{ old: 50, new: 50 }', more: '    holdout: 100%\n' });
    await planned();
    configure('locked.yaml', { split: '{ old: 10, new: 90 }' });
    await planned();
    const loaded = loadAllocated(file, {});
    if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems));
    const { plan, allocations, histories } = loaded;
    const [model] = plan.models;
    if (model === undefined) throw new Error('a model');
    const { explainer } = explained(plan, model, allocations[0] ?? [], histories[0]);
    const asked = { rawHeaders: [], target: '/', body: [] };
    let moved = 0;
    for (let i = 0; i < 300; i++) {
      const view = explainer.explain({ bytes: Buffer.from(`u${i}`), text: `u${i}` }, asked);
      expect(view.epoch).toBe(4);
      const told = view.earlier.map(({ epoch, version, reason }) => [epoch, version, reason]);
      // A version that grows keeps its units: who was on `new` in epoch 2 is there in epoch 4.
      const second = told[1]?.[1];
      if (second === 'new') expect(view.version).toBe('new');
      else moved++;
      expect(told).toEqual([
        [3, 'old', 'holdout'],
        [2, second, 'split'],
        [1, 'old', 'split'],
      ]);
    }
    expect(moved).toBeGreaterThan(100);
    const { out } = await headgate(['explain', 'fraud', 'u1', '-c', file]);
    expect(out).toMatch(/\nepoch {7}4, since 20\d\d-.*\n/);
    expect(out).toMatch(/\nepoch 3 {5}old \(holdout\), since 20/);
  });
});
