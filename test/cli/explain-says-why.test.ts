// `headgate explain`: the assignment of the data path, from the configuration alone, with its reason.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExplainView } from '../../src/admin/view.ts';
import { type ExplainedModel, explain, findModel } from '../../src/commands/explain.ts';
import { headgate } from './headgate.ts';

const YAML = `models:
  fraud:
    versions:
      old: { url: http://127.0.0.1:9101 }
      new: { url: http://127.0.0.1:9102 }
    champion: old
    sticky: { header: account-id }
    split: { old: 80, new: 20 }
    overrides: { acct-qa-1: new }
    rules:
      - when: { header: { region: EU } }
        split: { old: 100 }
      - when: { query: { tier: gold }, path: /v2/models/fraud/infer }
        split: { new: 100 }
`;

let folder: string;
let file: string;
let fraud: ExplainedModel;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-explain-'));
  file = join(folder, 'gate.yaml');
  writeFileSync(file, YAML);
  const found = findModel(file, 'fraud');
  if (typeof found === 'number') throw new Error('the file has problems');
  fraud = found;
});
afterAll(() => rmSync(folder, { recursive: true }));

function explained(
  unit: string,
  more: { headers?: Record<string, string>; query?: Record<string, string>; path?: string } = {},
) {
  return explain(fraud, unit, { headers: {}, query: {}, path: null, body: null, ...more });
}

describe('headgate explain', () => {
  it('gives units their version by the split, the same each time', () => {
    const versions = Array.from({ length: 1000 }, (_, index) => explained(`acct-${index}`));
    const challengers = versions.filter(({ version }) => version === 'new').length;
    expect(challengers).toBeGreaterThan(150);
    expect(challengers).toBeLessThan(250);
    expect(versions[7]).toEqual(explained('acct-7'));
    expect(versions.every(({ reason, rule }) => reason === 'split' && rule === null)).toBe(true);
  });

  it('names the override, and the rule that holds', () => {
    expect(explained('acct-qa-1')).toMatchObject({ version: 'new', reason: 'override', propensity: 1 });
    expect(explained('acct-qa-1', { headers: { Region: 'EU' } })).toMatchObject({ reason: 'override' });
    expect(explained('acct-1', { headers: { Region: 'EU' } })).toMatchObject({
      version: 'old',
      reason: 'rule',
      rule: 0,
    });
    const gold = { query: { tier: 'gold' }, path: '/v2/models/fraud/infer' };
    expect(explained('acct-1', gold)).toMatchObject({ version: 'new', reason: 'rule', rule: 1 });
    expect(explained('acct-1', { query: { tier: 'gold' } })).toMatchObject({ reason: 'split', rule: null });
  });

  it('prints a block for people', async () => {
    const { code, out } = await headgate(['explain', 'fraud', 'acct-1', '-c', file, '--header', 'region=EU']);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^model +fraud\nunit +acct-1\nversion +old\nwhy +rules\[0\] matches the request: old 100%, new 0%\n/,
    );
  });

  it.each([
    ['90s', '90 s'],
    ['24h', '24 h'],
    ['90m', '90 min'],
  ])('tells a drain of %s as %s, and shares as plan does', async (written, shown) => {
    const drained = join(folder, 'drain.yaml');
    const draining = YAML.replace('80, new: 20', '99.985, new: 0.015').replace(
      'overrides:',
      `drain: { version: new, for: ${written} }\n    overrides:`,
    );
    writeFileSync(drained, draining);
    const { out } = await headgate(['explain', 'fraud', 'acct-1', '-c', drained]);
    expect(out).toContain(`in the last ${shown} leaves it there`);
    expect(out).toContain('the split: old 99.985%, new 0.015%');
  });

  it('prints JSON for machines', async () => {
    const { code, out } = await headgate(['explain', 'fraud', 'Grüße-€', '-c', file, '--json']);
    expect(code).toBe(0);
    const view = JSON.parse(out) as ExplainView;
    expect(view).toEqual(explained('Grüße-€'));
  });

  it('says which models there are, and what is wrong with a file', async () => {
    const unknown = await headgate(['explain', 'fraude', 'acct-1', '-c', file]);
    expect(unknown).toMatchObject({ code: 65, out: '' });
    expect(unknown.err).toContain('has fraud.');
    const empty = await headgate(['explain', 'fraud', '', '-c', file]);
    expect(empty).toMatchObject({ code: 65, out: '' });
    expect(empty.err).toContain('sticky.missing: random');
    const bad = join(folder, 'bad.yaml');
    writeFileSync(bad, YAML.replace('champion: old', 'champion: odl'));
    const problems = await headgate(['explain', 'fraud', 'acct-1', '-c', bad]);
    expect(problems).toMatchObject({ code: 78, out: '' });
    expect(problems.err).toMatch(/bad\.yaml:6:\d+ models\.fraud\.champion: /);
  });
});
