// `npm start` as a newcomer meets it: the real gate, real model servers, card payments, the incident; then Ctrl-C.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

describe('headgate demo', () => {
  it('shows drift within a minute, ends on Ctrl-C, and leaves nothing behind', { timeout: 90_000 }, async () => {
    const child = spawn(process.execPath, [CLI, 'demo', '--plain', '--incident', '4'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    let interrupted = false;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (!interrupted && out.includes('DRIFT amount')) {
        interrupted = true;
        child.kill('SIGINT');
      }
    });
    const late = setTimeout(() => child.kill('SIGINT'), 60_000);
    const code = await new Promise((resolve) => child.once('close', resolve));
    clearTimeout(late);

    expect(err).toBe('');
    expect(out).toMatch(/DRIFT amount psi [\d.]+ \(looks like x100\)/);
    expect(out).toMatch(/decisions answered, 0 failed/);
    expect(code).toBe(0);
    const file = /configuration (\S+)/.exec(out)?.[1] ?? '';
    expect(file).toMatch(/headgate\.yaml$/);
    expect(existsSync(file)).toBe(false);
  });
});
