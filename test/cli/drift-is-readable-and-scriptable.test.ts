// `headgate drift` as a person and as a script meet it: a gate's answer as a table and as JSON, two files compared, and every
// way in which it can fail told in a sentence.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { serve } from '../admin/served.ts';
import { headgate } from './headgate.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-drift-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function payments(name: string, rows: number, seed: number, factor: number): string {
  const random = createSeededRandom(seed);
  const lines = Array.from({ length: rows }, (_, i) => {
    const amount = (random() + random()) * 50 * factor;
    return `${amount.toFixed(2)},${18 + Math.floor(random() * 60)},${i % 3 === 0 ? 'visa' : 'amex'}`;
  });
  return file(name, `amount,age,card\n${lines.join('\n')}\n`);
}

describe('a running gate', () => {
  test('a table with the worst on top, its hint below it, and the age of the baseline', async () => {
    const { origin } = await serve();
    const { code, out, err } = await headgate(['drift', 'credit-default', '--admin', origin]);
    expect([code, err]).toEqual([0, '']);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^credit-default: drifting, windows of 60 s, \d+ of \d+ columns drifting$/);
    expect(lines[2]).toMatch(/^column +version +status +since +evidence +finds +rows +PSI +KS \(p\) +W1$/);
    expect(lines[3]).toMatch(/^ +nats +0 to 1 +column's unit$/);
    expect(lines[4]).toMatch(
      /^BILL_AMT1 +\w+.* ▲ drifting +2026-11-02 08:57 UTC +exp\(\d+\.\d\) +0\.1600 sd +[\d,]+ +– +0\.0310 \(0\.200\) +≥ 12\.50$/,
    );
    expect(lines[5]).toMatch(/^ {4}\S/);
    expect(out).toContain('An alarm takes evidence exp(13.2) (drift.falseAlarmsPerWeek).');
    expect(out.indexOf('▲ drifting')).toBeLessThan(out.indexOf('✓ steady'));
    expect(out).toMatch(/baseline of .*logistic.*, features: file of 30,000 rows, \d+ \w+ old/);
  });

  test('as JSON it is the answer of the API, the worst first; without a model a line for each', async () => {
    const { origin } = await serve();
    const { out } = await headgate(['drift', 'credit-default', '--admin', `${origin}/`, '--json']);
    const view = JSON.parse(out) as { status: string; features: { feature: string; distances: unknown[] }[] };
    expect(view.status).toBe('drifting');
    expect(view.features[0]).toMatchObject({
      feature: 'BILL_AMT1',
      evidence: 16.2,
      threshold: 13.2,
      distances: [{ name: 'ks', p: 0.2 }, {}, {}],
    });
    const models = await headgate(['drift', '--admin', origin]);
    expect(models.out).toMatch(
      /^model +status +worst column\ncredit-default +drifting +BILL_AMT1 \(logistic\), PSI 1\.420\n/,
    );
    const listed = await headgate(['drift', '--admin', origin, '--json', '--check']);
    expect(listed.code).toBe(1);
    expect(JSON.parse(listed.out)).toMatchObject({ models: [{ name: 'credit-default', status: 'drifting' }, {}] });
  });

  test('no gate, no model, no token: a sentence and an exit code', async () => {
    const { origin } = await serve('secret');
    const refused = await headgate(['drift', 'credit-default', '--admin', origin], { HEADGATE_ADMIN_TOKEN: '' });
    expect([refused.code, refused.out]).toEqual([69, '']);
    expect(refused.err).toContain('asks for its token: set HEADGATE_ADMIN_TOKEN');
    const wrong = await headgate(['drift', 'credit-default', '--admin', origin], { HEADGATE_ADMIN_TOKEN: 'guess' });
    expect(wrong.code).toBe(69);
    expect(wrong.err).not.toContain('guess');
    const known = await headgate(['drift', 'nobody', '--admin', origin], { HEADGATE_ADMIN_TOKEN: 'secret' });
    expect([known.code, known.err]).toEqual([65, expect.stringContaining('No model is called "nobody"')]);
    const silent = await headgate(['drift', 'm', '--admin', 'http://127.0.0.1:1']);
    expect([silent.code, silent.err]).toEqual([69, expect.stringContaining('No gate answers at http://127.0.0.1:1')]);
  });
});

describe('two files', () => {
  test('a column in another unit is found and named; the others are steady', async () => {
    const [then, now] = [payments('then.csv', 2000, 1, 1), payments('now.csv', 1000, 2, 100)];
    const { code, out } = await headgate(['drift', '--baseline', then, '--current', now]);
    expect(code).toBe(0);
    expect((await headgate(['drift', '--baseline', then, '--current', now, '--check'])).code).toBe(1);
    expect((await headgate(['drift', '--baseline', then, '--current', then, '--check'])).code).toBe(0);
    expect(out).toContain('1 of 3 columns drifting');
    expect(out).toMatch(/amount +▲ drifting[^\n]*\n {4}looks like x100\n/);
    expect(out).toMatch(/age +✓ steady/);
  });

  test('other tools’ figures stand beside, and JSON says which variant each is', async () => {
    const [then, now] = [payments('a.csv', 500, 3, 1), payments('b.csv', 500, 4, 1)];
    const words = ['drift', '--baseline', then, '--current', now, '--like', 'evidently', '--like', 'deequ'];
    const table = await headgate(words);
    expect(table.out).toMatch(/evidently\.psi +evidently\.jensenShannon/);
    const { out } = await headgate([...words, '--json']);
    const { features } = JSON.parse(out) as {
      features: { feature: string; distances: { name: string; value: number; variant: string }[] }[];
    };
    const amount = features.find(({ feature }) => feature === 'amount');
    const found = (name: string) => amount?.distances.find((distance) => distance.name === name);
    expect(found('evidently.psi')?.variant).toContain('sturges');
    // From the rows themselves: exact.
    expect(found('ks')?.variant).toBe('two-sample, p exact; plain values');
    expect(found('deequ.lInfinity')?.variant).toContain('every distinct value counts once');
  });

  test('a column that is gone drifts, one that is new is named, few rows say nothing', async () => {
    const then = file('wide.csv', `a,b\n${'1,x\n2,y\n'.repeat(300)}`);
    const now = file('other.csv', `a,c\n${'1,x\n2,y\n'.repeat(300)}`);
    const { out } = await headgate(['drift', '--baseline', then, '--current', now]);
    expect(out).toMatch(/b +▲ drifting[^\n]*\n {4}missing in 100 % of rows/);
    expect(out).toContain('not in the baseline: c');
    const few = file('few.csv', 'a,b\n1,x\n2,y\n');
    const thin = await headgate(['drift', '--baseline', then, '--current', few]);
    expect(thin.out).toMatch(/a +\? unknown/);
  });

  test('a name that would move the cursor does not', async () => {
    const then = file('escape.csv', `"a\u001b[2Jb"\n${'x\ny\n'.repeat(100)}`);
    const now = file('escaped.csv', `"a\u001b[2Jb","c\u009b"\n${'"\u001b[31m",1\n'.repeat(200)}`);
    const { out } = await headgate(['drift', '--baseline', then, '--current', now]);
    expect(out).toContain('a\ufffd[2Jb');
    expect(out).toContain('not in the baseline: c\ufffd');
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  test('a file that is not there, or no table, is named', async () => {
    const then = file('good.csv', 'a\n1\n');
    const missing = await headgate(['drift', '--baseline', then, '--current', join(folder, 'none.csv')]);
    expect([missing.code, missing.err]).toEqual([65, expect.stringMatching(/none\.csv: ENOENT/)]);
    const broken = await headgate(['drift', '--baseline', then, '--current', file('broken.csv', 'a,b\n1\n')]);
    expect([broken.code, broken.err]).toEqual([65, expect.stringContaining('It must be CSV with a line of names')]);
  });
});
