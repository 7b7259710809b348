// `headgate plan` and what `check` and `explain` make of its lock.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runPlan } from '../../src/commands/plan.ts';
import { readLockFile } from '../../src/split/lock-file.ts';
import { entryHash, lockText } from '../../src/split/write-lock.ts';
import { headgate } from './headgate.ts';

const yaml = (split: string, versions = ['old', 'new', 'next']): string => `models:
  fraud:
    versions: { ${versions.map((name) => `${name}: { url: "http://127.0.0.1:9101" }`).join(', ')} }
    champion: ${versions[0]}
    sticky: { header: account-id }
    split: { ${split} }
`;

let folder: string;
let file: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-plan-'));
  file = join(folder, 'gate.yaml');
  lock = join(folder, 'allocations.lock.json');
  writeFileSync(file, yaml('old: 90, new: 10'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function plan(...words: readonly string[]) {
  return headgate(['plan', '-c', file, ...words]);
}

describe('headgate plan', () => {
  it('writes the first lock, and then has nothing to do', async () => {
    expect(await plan()).toEqual({
      code: 0,
      err: '',
      out: `fraud: new, epoch 1
  the split: first allocation
    new  10%  █████
    old  90%  █████████████████████████████████████████████

allocations.lock.json written: commit it with the configuration
`,
    });
    const before = readFileSync(lock, 'utf8');
    expect(await plan()).toEqual({ code: 0, err: '', out: 'allocations.lock.json is up to date: nobody moves\n' });
    expect(readFileSync(lock, 'utf8')).toBe(before);
  });

  it('shows who moves from where to where, as a table and a bar', async () => {
    await plan();
    const before = readFileSync(lock, 'utf8');
    writeFileSync(file, yaml('old: 60, new: 20, next: 20'));
    const shown = `fraud: epoch 1 -> 2
  the split: 30% of the units move
    new   10% -> 20%  █████▓▓▓▓▓
    next  0% -> 20%   ▓▓▓▓▓▓▓▓▓▓
    old   90% -> 60%  ██████████████████████████████░░░░░░░░░░░░░░░
    FROM  TO    UNITS
    old   next  20%
    old   new   10%

█ stay  ▓ come  ░ go

`;
    const dry = await plan('--dry-run');
    expect(dry).toEqual({ code: 0, err: '', out: `${shown}allocations.lock.json left as it is\n` });
    expect(readFileSync(lock, 'utf8')).toBe(before);
    const { out } = await plan();
    expect(out).toBe(`${shown}allocations.lock.json written: commit it with the configuration\n`);
    expect(readFileSync(lock, 'utf8')).not.toBe(before);
  });

  it('says the same to machines', async () => {
    await plan();
    writeFileSync(file, yaml('old: 80, new: 20'));
    const { code, out } = await plan('--json', '--dry-run');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      lock,
      written: false,
      changes: [
        {
          ...{ kind: 'model', name: 'fraud', oldName: null, renamed: {} },
          before: { epoch: 1, salt: 'fraud' },
          after: { epoch: 2, salt: 'fraud' },
          splits: [
            {
              ...{ key: 'split', kind: 'changed', moved: 0.1 },
              before: { old: 0.9, new: 0.1 },
              after: { old: 0.8, new: 0.2 },
              moves: [{ from: 'old', to: 'new', slots: 1000 }],
            },
          ],
        },
      ],
    });
  });

  it('keeps the units of what is renamed, and refuses a rename that fits nothing', async () => {
    await plan();
    writeFileSync(file, yaml('old: 90, newer: 10', ['old', 'newer']));
    const wrong = await plan('--rename', 'nwe=newer');
    expect(wrong).toMatchObject({ code: 65, out: '' });
    expect(wrong.err).toContain('nwe=newer: no version or model of the lock is called nwe');
    const { code, out } = await plan('--rename', 'new=newer');
    expect(code).toBe(0);
    expect(out).toContain('  new is now called newer: its units stay\n');
    expect(out).not.toContain('FROM');
  });

  it('stops at problems of either file, and writes nothing', async () => {
    writeFileSync(file, yaml('old: 90, nwe: 10'));
    const bad = await plan();
    expect(bad).toMatchObject({ code: 78, out: '' });
    expect(bad.err).toMatch(/gate\.yaml:6:\d+ models\.fraud\.split\.nwe: /);
    expect(existsSync(lock)).toBe(false);
    writeFileSync(file, yaml('old: 90, new: 10'));
    writeFileSync(lock, '{ "version": 3 }');
    const future = await plan();
    expect(future).toMatchObject({ code: 78, out: '' });
    expect(future.err).toMatch(
      /allocations\.lock\.json:1:14 version: this lock has format 3, .*; run the Headgate that wrote it/,
    );
    rmSync(lock);
    mkdirSync(lock);
    expect(await plan()).toMatchObject({ code: 78, err: expect.stringContaining('this is not a file') });
  });
});

describe('what is changed while it plans', () => {
  let said: { out: string; err: string };
  beforeEach(() => {
    said = { out: '', err: '' };
  });

  /** @param meanwhile called as often as the configuration is read, with the number of the time */
  function planWhile(meanwhile: (time: number) => void): Promise<number> {
    let times = 0;
    const env = {
      get NEW_URL() {
        meanwhile(++times);
        return 'http://127.0.0.1:9102';
      },
    };
    return runPlan(file, {
      ...{ renames: new Map(), dryRun: false, json: false, env, now: new Date().toISOString() },
      stdout: { write: (text: string) => (said.out += text) },
      stderr: { write: (text: string) => (said.err += text) },
    });
  }

  const referring = (split: string): string => yaml(split).replace('"http://127.0.0.1:9101"', `"\${NEW_URL}"`);

  function expectOvertaken(code: number): void {
    expect({ code, out: said.out }).toEqual({ code: 75, out: '' });
    expect(said.err).toMatch(
      /allocations\.lock\.json:1:1: the configuration or the lock was changed while it was planned: .*; plan again/,
    );
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  }

  it('in the YAML is not planned over: no lock of a configuration that is gone is left', async () => {
    writeFileSync(file, referring('old: 90, new: 10'));
    expectOvertaken(await planWhile((time) => time === 1 && writeFileSync(file, referring('old: 80, new: 20'))));
    expect(existsSync(lock)).toBe(false);
    expect(await planWhile(() => {})).toBe(0);
    const before = readFileSync(lock, 'utf8');
    writeFileSync(file, referring('old: 70, new: 30'));
    said = { out: '', err: '' };
    expectOvertaken(await planWhile((time) => time === 1 && writeFileSync(file, 'models: {')));
    expect(readFileSync(lock, 'utf8')).toBe(before);
  });

  it('in the lock is not written over', async () => {
    writeFileSync(file, referring('old: 90, new: 10'));
    // The second time is the look before the rename: the lock has been read by then.
    expectOvertaken(await planWhile((time) => time === 2 && writeFileSync(lock, 'of somebody else')));
    expect(readFileSync(lock, 'utf8')).toBe('of somebody else');
    rmSync(lock);
    expect(await planWhile(() => {})).toBe(0);
    writeFileSync(file, referring('old: 70, new: 30'));
    said = { out: '', err: '' };
    expectOvertaken(await planWhile((time) => time === 2 && rmSync(lock)));
    expect(existsSync(lock)).toBe(false);
  });
});

it('a lock that cannot be written ends with 69, with the code of the system and what to do', async () => {
  writeFileSync(file, yaml('old: 90, new: 10').replace('"http://127.0.0.1:9101"', `"\${NEW_URL}"`));
  let err = '';
  const env = {
    get NEW_URL() {
      rmSync(folder, { recursive: true, force: true });
      return 'http://127.0.0.1:9102';
    },
  };
  const code = await runPlan(file, {
    ...{ renames: new Map(), dryRun: false, json: false, env, now: '2026-01-01T00:00:00.000Z' },
    stdout: { write: () => expect.unreachable('nothing is planned') },
    stderr: { write: (text: string) => (err += text) },
  });
  mkdirSync(folder);
  expect(code).toBe(69);
  expect(err).toMatch(
    /allocations\.lock\.json:1:1: the lock cannot be written \(ENOENT\); its folder is gone: restore it\n1 problem: the lock is left as it is\n$/,
  );
});

it('says what a change of enrolment does, and whom the shares concern', async () => {
  const enrolled = (split: string, more: string): string => `${yaml(split)}    ${more}\n`;
  writeFileSync(file, enrolled('old: 90, new: 10', 'eligible: 20%'));
  await plan();
  writeFileSync(file, enrolled('old: 80, new: 20', 'eligible: 50%\n    holdout: 5%'));
  const up = await plan();
  expect(up.out).toContain(`fraud: epoch 1 -> 2
  eligible 20% -> 50%: more units take part, and none of those who do moves
  holdout 0% -> 5%: more units go to the champion
  taking part 20% -> 47.5% of the units: 28.5% come in, 1% leave for the champion
  the split: 10% of the units that take part move
    new  10% -> 20%  █████▓▓▓▓▓
    old  90% -> 80%  ████████████████████████████████████████░░░░░
    of all units 7.7% move, with those who come to take part, or no longer do
    FROM  TO   UNITS
    old   new  7.6%
    new   old  0.1%
`);
  writeFileSync(file, enrolled('old: 80, new: 20', 'eligible: 10%\n    layer: pay'));
  const down = await plan();
  expect(down.out).toContain(`fraud: epoch 2 -> 3
  layer none -> pay: who takes part is drawn anew
  eligible 50% -> 10%: the part that is drawn
  holdout 5% -> 0%: units come back to what the split says
`);
  writeFileSync(file, enrolled('old: 80, new: 20', 'eligible: 5%\n    layer: pay'));
  expect((await plan()).out).toContain(`
  eligible 10% -> 5%: the units that came in last go to the champion
  taking part 10% -> 5% of the units: 0% come in, 5% leave for the champion
  the split: its slots stay; 1`);
});

describe('what decides beside the shares', () => {
  const held = `${yaml('old: 50, new: 50')}    holdout: 50%\n`;
  const ruled = (one: string, other: string): string => `${yaml('old: 50, new: 50')}    rules:\n${one}${other}`;
  const eu = '      - when: { header: { region: EU } }\n        split: { old: 1 }\n';
  const gold = '      - when: { header: { tier: gold } }\n        split: { old: 1, new: 3 }\n';

  it.each([
    [
      'champion',
      held,
      held.replace('champion: old', 'champion: new'),
      'the champion is new, in the lock old',
      '  champion old -> new: the 50% who take no part go with it\n  the split: its slots stay; 50% of the units move\n    FROM  TO   UNITS\n    old   new  50%\n',
    ],
    [
      'sticky key',
      yaml('old: 50, new: 50'),
      yaml('old: 50, new: 50').replace('account-id', 'user-id'),
      'the sticky key is header user-id, in the lock header account-id',
      '  sticky header account-id -> header user-id: every unit is drawn anew\n  the split: 50% of the units move\n',
    ],
    [
      'override',
      yaml('old: 50, new: 50'),
      `${yaml('old: 50, new: 50')}    overrides: { acct-7: new }\n`,
      'overrides pins acct-7 to new, in the lock to nothing',
      '  overrides: 1 unit by name\n    UNIT      FROM       TO\n    "acct-7"  (by hash)  new\n',
    ],
    [
      'order of rules',
      ruled(eu, gold),
      ruled(gold, eu),
      'the rule {"header":{"tier":"gold"}} stands before the rule {"header":{"region":"EU"}}, in the lock after it',
      '{"header":{"region":"EU"}} both hold, the first decides now, the second did: 75% of those units move\n    FROM  TO   UNITS\n    old   new  75%\n',
    ],
  ])('%s: check finds it, plan names who moves, an epoch begins', async (_, before, after, stale, shown) => {
    writeFileSync(file, before);
    await plan();
    writeFileSync(file, after);
    const found = await headgate(['check', '-c', file]);
    expect(found).toMatchObject({ code: 78, out: '' });
    expect(found.err).toContain(`models.fraud: the lock is stale: ${stale}`);
    const { code, out } = await plan();
    expect(code).toBe(0);
    expect(out).toContain('fraud: epoch 1 -> 2\n');
    expect(out).toContain(shown);
    expect(await headgate(['check', '-c', file])).toMatchObject({ code: 0 });
    expect((await plan()).out).toBe('allocations.lock.json is up to date: nobody moves\n');
  });
});

describe('a lock from the future', () => {
  const AHEAD_MS = 10 * 60_000;

  it('is refused by plan, by check and by serve --plan, with the time of both clocks; assigning goes by no clock', async () => {
    await plan();
    const found = readLockFile(lock);
    if (found.kind !== 'lock') throw new Error('plan writes a lock');
    const [[name, entry] = []] = [...found.lock.models];
    if (name === undefined || entry === undefined) throw new Error('the lock has a model');
    const ahead = (byMs: number): string => {
      const at = new Date(Date.now() + byMs).toISOString();
      writeFileSync(lock, lockText({ ...found.lock, models: new Map([[name, { ...entry, at }]]) }));
      return at;
    };
    const at = ahead(AHEAD_MS);
    const expected = `allocations.lock.json:7:13 models.fraud.at: this lock is from the future: epoch 1 begins at ${at}, and the clock here says 20`;
    for (const words of [['plan'], ['plan', '--dry-run'], ['check'], ['serve', '--plan']]) {
      const { code, out, err } = await headgate([...words, '-c', file]);
      expect({ code, out }).toEqual({ code: 78, out: '' });
      expect(err).toContain(expected);
      expect(err).toContain('; set the clock right; where it is right, restore the file from version control');
    }
    expect(await headgate(['explain', 'fraud', 'acct-1', '-c', file])).toMatchObject({ code: 0, err: '' });
    // Within what clocks differ by, it is no problem, and the next epoch comes after it.
    const near = ahead(60_000);
    expect(await headgate(['check', '-c', file])).toMatchObject({ code: 0, err: '' });
    writeFileSync(file, yaml('old: 80, new: 20'));
    expect(await plan()).toMatchObject({ code: 0, err: '' });
    const { models } = JSON.parse(readFileSync(lock, 'utf8')) as { models: { fraud: { at: string } } };
    expect(Date.parse(models.fraud.at)).toBe(Date.parse(near) + 1);
  });
});

it('a lock of format 1 is in force as it stands; plan says what it did not hold, and writes the present format in the same epoch', async () => {
  await plan();
  const present = readFileSync(lock, 'utf8');
  const { fraud } = (JSON.parse(present) as { models: { fraud: Record<string, unknown> } }).models;
  const { hash: _hash, champion: _champion, sticky: _sticky, ...before } = fraud;
  const old = JSON.stringify({ version: 1, models: { fraud: { hash: entryHash(before), ...before } }, layers: {} });
  writeFileSync(lock, old);
  expect(await headgate(['check', '-c', file])).toMatchObject({ code: 0 });
  const told =
    /^The lock had format 1, without champions, .*\n.* is not on record\.\nallocations\.lock\.json left as it is\n$/;
  expect(await plan('--dry-run')).toMatchObject({ code: 0, out: expect.stringMatching(told) });
  expect(readFileSync(lock, 'utf8')).toBe(old);
  expect(JSON.parse((await plan('--json')).out)).toMatchObject({ written: true, upgraded: true, changes: [] });
  expect(readFileSync(lock, 'utf8')).toBe(present);
  expect((await plan()).out).toBe('allocations.lock.json is up to date: nobody moves\n');
});

describe('with a lock', () => {
  it('check fails while it is stale, and says why and what to do', async () => {
    await plan();
    expect(await headgate(['check', '-c', file])).toMatchObject({ code: 0 });
    writeFileSync(file, yaml('old: 80, new: 20'));
    const stale = await headgate(['check', '-c', file]);
    expect(stale).toMatchObject({ code: 78, out: '' });
    expect(stale.err).toMatch(
      /allocations\.lock\.json:4:5 models\.fraud: the lock is stale: the split is new 20%, old 80%, in the lock new 10%, old 90%; run `headgate plan`/,
    );
    expect(stale.err).toContain(`1 problem in ${lock}\n`);
    const { out } = await headgate(['check', '-c', file, '--json']);
    expect(JSON.parse(out)).toMatchObject({ ok: false, problems: [{ path: 'models.fraud', line: 4 }] });
    await plan();
    expect(await headgate(['check', '-c', file])).toMatchObject({ code: 0 });
  });

  it('check fails where a model is not in it, or only in it', async () => {
    await plan();
    writeFileSync(file, yaml('old: 90, new: 10').replace('fraud:', 'credit:'));
    const { code, err } = await headgate(['check', '-c', file]);
    expect(code).toBe(78);
    expect(err).toContain('models.credit: the lock is stale: model credit is not in the lock');
    expect(err).toContain('models.fraud: the lock is stale: there is no model fraud');
  });

  it('explain gives the epoch', async () => {
    await plan();
    writeFileSync(file, yaml('old: 50, new: 50'));
    await plan();
    const { code, out } = await headgate(['explain', 'fraud', 'acct-1', '-c', file, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ epoch: 2, earlier: [{ epoch: 1 }] });
  });
});
