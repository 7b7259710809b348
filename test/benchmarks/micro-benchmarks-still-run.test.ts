// Runs every micro benchmark with tiny counts, as a person would start it, so that none of them rots unseen.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type Micro, time } from '../../benchmarks/micro/micro.ts';

const RUN = fileURLToPath(new URL('../../benchmarks/micro/run.ts', import.meta.url));

it('every micro benchmark runs and does something', () => {
  const lines = execFileSync(process.execPath, [RUN, '--smoke'], { encoding: 'utf8' }).trim().split('\n');
  const names = lines.map((line) => line.slice(0, line.indexOf(':')));
  expect(names).toEqual(
    expect.arrayContaining([
      'assignment',
      'routing-1',
      'routing-400',
      'slab-write',
      'slab-read',
      'read-request-bench',
      'observe-card',
      'drift-1',
      'drift-400',
      'reload-400',
    ]),
  );
  for (const line of lines) expect(line).toMatch(/^[\w-]+: [\d.]+ (ns|ms) \(.+\) for .+ \[\d+\.?\d*\]$/);
  expect(lines.find((line) => line.startsWith('assignment'))).not.toContain('[0]');
});

it('refuses a name that it does not know', () => {
  expect(() => execFileSync(process.execPath, [RUN, '--smoke', 'nothing'], { stdio: 'pipe' })).toThrow(
    /no micro benchmark/,
  );
});

it('times the operations it is told to, once more to warm up', () => {
  const calls: number[] = [];
  const micro: Micro = {
    name: 'counted',
    operation: 'nothing',
    targetNs: null,
    prepare: () => (operations) => calls.push(operations),
  };
  const timing = time(micro, { operations: 7, rounds: 3 });
  expect(calls).toEqual([7, 7, 7, 7]);
  expect(timing.checksum).toBe(1 + 2 + 3 + 4);
  expect(timing.lowestNs).toBeLessThanOrEqual(timing.medianNs);
});
