// `headgate check`: the examples that come with Headgate are good, a bad file is told with every problem and exit code 78.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCheck } from '../../src/commands/check.ts';

const ROOT = join(import.meta.dirname, '../..');

async function check(file: string, json = false) {
  let stdout = '';
  let stderr = '';
  const code = await runCheck(join(ROOT, file), {
    json,
    env: {},
    now: '2026-01-01T00:00:00.000Z',
    stdout: {
      write: (text) => {
        stdout += text;
      },
    },
    stderr: {
      write: (text) => {
        stderr += text;
      },
    },
  });
  return { code, stdout, stderr };
}

describe('headgate check', () => {
  it('passes the smallest example and shows its shares and mirrors', async () => {
    const { code, stdout, stderr } = await check('config/minimal.yaml');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/credit-default +logistic \(champion\) +90% +- +http:\/\/127\.0\.0\.1:9101\n/);
    expect(stdout).toMatch(/ +boosted +10% +- /);
    expect(stdout).toMatch(/ +forest +- +25% /);
    expect(stdout).toMatch(/is good: 1 model from 1 file, generation [0-9a-f]{16}\n$/);
  });

  it('passes the full example', async () => {
    const { code, stdout, stderr } = await check('config/headgate.yaml');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('3 models');
  });

  it('reports every problem and ends with 78', async () => {
    const { code, stdout, stderr } = await check('test/golden/config/problem-weight-names-no-version.yaml');
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    expect(stderr).toMatch(
      /problem-weight-names-no-version\.yaml:5:28 models\.credit-default\.split\.bosted: .*did you mean "boosted"\?\n/,
    );
    expect(stderr).toMatch(/\n2 problems in /);
  });

  it('reports a file that is not there', async () => {
    const { code, stderr } = await check('config/none.yaml');
    expect(code).toBe(78);
    expect(stderr).toMatch(/config\/none\.yaml:1:1: there is no such file; /);
  });

  it('speaks JSON', async () => {
    const good = await check('config/minimal.yaml', true);
    expect(JSON.parse(good.stdout)).toMatchObject({
      ok: true,
      models: [
        { name: 'credit-default', champion: 'logistic', versions: [{ share: 0.9 }, { share: 0.1 }, { mirror: 0.25 }] },
      ],
    });
    const bad = await check('test/golden/config/problem-admin-open.yaml', true);
    expect(bad.code).toBe(78);
    expect(JSON.parse(bad.stdout)).toMatchObject({
      ok: false,
      problems: [{ line: 1, column: 10, path: 'admin.host' }],
    });
  });
});
