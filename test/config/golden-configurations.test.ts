// Every YAML file in test/golden/config is loaded. problem-*.yaml must give exactly the lines of its .txt; plan-*.yaml a Plan
// that holds its .json. A line `# env: NAME=value ...` in a file is its environment.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPlan } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';

const FOLDER = join(import.meta.dirname, '../golden/config');
const SECRETS = { SECRET: 'hunter2', SECRET_LINES: 'hunter2\nhunter3' };
const cases = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

function load(name: string) {
  const file = join(FOLDER, name);
  const line = /^# env: (.*)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  const env = Object.fromEntries(
    line
      .split(' ')
      .filter(Boolean)
      .map((pair) => pair.split(/=(.*)/s).slice(0, 2)),
  );
  return loadPlan(file, { env: { ...SECRETS, ...env }, serial: 7 });
}

describe('a configuration with problems', () => {
  for (const name of cases.filter((name) => name.startsWith('problem-'))) {
    it(name, async () => {
      const result = load(name);
      if (result.kind === 'plan') throw new Error('it gave a Plan');
      const prefix = `${relative(process.cwd(), FOLDER)}/`;
      const text = result.problems
        .map((problem) => `${formatProblem(problem).replaceAll(`${FOLDER}/`, '').replaceAll(prefix, '')}\n`)
        .join('');
      expect(text).not.toContain('hunter');
      await expect(text).toMatchFileSnapshot(join(FOLDER, name.replace('.yaml', '.txt')));
    });
  }
});

describe('a good configuration', () => {
  for (const name of cases.filter((name) => name.startsWith('plan-'))) {
    it(name, () => {
      const result = load(name);
      expect(result.kind === 'problems' ? result.problems.map(formatProblem) : []).toEqual([]);
      if (result.kind === 'problems') return;
      const expected = join(FOLDER, name.replace('.yaml', '.json'));
      if (!existsSync(expected)) throw new Error(`there is no ${expected}`);
      expect(plain(result.plan)).toMatchObject(JSON.parse(readFileSync(expected, 'utf8')));
      expect(result.plan.serial).toBe(7);
    });
  }
});

/** Without maps, and with paths from the folder of the cases. */
function plain(plan: unknown): unknown {
  const text = JSON.stringify(plan, (_, value) => (value instanceof Map ? Object.fromEntries(value) : value));
  return JSON.parse(text.replaceAll(FOLDER, '.'));
}
