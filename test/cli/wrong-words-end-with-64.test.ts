// What the command line says of itself, and how it refuses what it does not know.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headgate } from './headgate.ts';

const COMMANDS = ['serve', 'check', 'plan', 'schema', 'explain', 'drift', 'demo'] as const;

describe('the command line', () => {
  it('lists its commands', async () => {
    const { code, out } = await headgate(['--help']);
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(out).toContain(`  ${command} `);
  });

  it.each(COMMANDS)('%s has help with an example', async (command) => {
    const { code, out } = await headgate([command, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`Examples?:\n {2}headgate ${command}`));
  });

  it('knows its version', async () => {
    const { code, out } = await headgate(['--version']);
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(code).toBe(0);
    expect(out.trim()).toBe(version);
  });

  it.each([
    [[], /Usage: headgate/],
    [['serv'], /unknown command 'serv'[\s\S]*Did you mean serve/],
    [['plan'], /required option '-c, --config <file>' not specified/],
    [['plan', '-c', 'x.yaml', '--rename', 'old'], /It has the form name=value/],
    [['check'], /required option '-c, --config <file>' not specified/],
    [['check', '-c', 'x.yaml', '--jason'], /unknown option '--jason'[\s\S]*--json/],
    [['schema', 'extra'], /too many arguments/],
    [['explain', 'model', '-c', 'x.yaml'], /name MODEL and UNIT, or MODEL and --units FILE, or --decision ID/],
    [['explain', 'm', 'u', '--decision', 'id', '-c', 'x.yaml'], /name MODEL and UNIT/],
    [['explain', 'm', 'u', '-c', 'x.yaml', '--body', '@/nonexistent'], /ENOENT/],
    [['explain', 'm', 'u', '-c', 'x.yaml', '--header', 'region'], /It has the form name=value/],
    [['drift', '--baseline', 'a.csv'], /name a MODEL of a running gate, or --baseline FILE and --current FILE/],
    [['drift', 'm', '--baseline', 'a.csv', '--current', 'b.csv'], /name a MODEL of a running gate/],
    [['drift', '--like', 'sas'], /There are evidently, nannyml, tfdv, deequ/],
    [['drift', '--tolerance', '0.1'], /It is a percentage, as 10%/],
    [['drift', 'm', '--admin', 'localhost:9090'], /is no http URL/],
    [['demo', '--rate', '0'], /It is a number above 0/],
    [['demo', '--seed', '1.5'], /It is a whole number/],
  ])('%j: 64, and what is wrong', async (words, message) => {
    const { code, out, err } = await headgate(words);
    expect(err).toMatch(message);
    expect(out).toBe('');
    expect(code).toBe(64);
  });
});
