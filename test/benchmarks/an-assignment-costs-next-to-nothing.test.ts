// The number of issue 4 - 0.5 us for an assignment, its hash included - at a scale that CI bears. Other tests run beside this
// one: so the fastest of many short rounds counts, against twice the target. In a process of its own, as the gate runs: the
// imports of a test are not those of Node. `npm run bench:micro`, on a quiet machine, holds the target itself.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const RUN = fileURLToPath(new URL('../../benchmarks/micro/run.ts', import.meta.url));
const TARGET_NS = 500;

it('from a unit to its version, with a split alone and with all that a model can ask', () => {
  const words = [RUN, '--quick', 'assignment', 'assignment-full'];
  const lines = execFileSync(process.execPath, words, { encoding: 'utf8', stdio: 'pipe' }).trim().split('\n');
  const found = lines.map((line) => /^([\w-]+): .* ns \(([\d.]+) ns\.\..*, target ([\d.]+) ns: \w+\) for /.exec(line));
  expect(found.map((match) => match?.[1])).toEqual(['assignment', 'assignment-full']);
  for (const match of found) {
    expect(Number(match?.[3])).toBe(TARGET_NS);
    expect(Number(match?.[2]), match?.[0]).toBeGreaterThan(5);
    expect(Number(match?.[2]), match?.[0]).toBeLessThanOrEqual(2 * TARGET_NS);
  }
});
