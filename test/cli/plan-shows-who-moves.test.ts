// `headgate plan` and what `check` and `explain` make of its lock.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
    writeFileSync(lock, '{ "version": 2 }');
    const future = await plan();
    expect(future).toMatchObject({ code: 78, out: '' });
    expect(future.err).toMatch(
      /allocations\.lock\.json:1:14 version: this lock has format 2, .*; run the Headgate that wrote it/,
    );
    rmSync(lock);
    mkdirSync(lock);
    expect(await plan()).toMatchObject({ code: 78, err: expect.stringContaining('this is not a file') });
  });
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
