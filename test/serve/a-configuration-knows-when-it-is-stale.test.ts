import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfiguration } from '../../src/commands/supervise/configuration.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { headgate } from '../cli/headgate.ts';
import { temporaryFolder } from './served-gate.ts';

const yaml = (share: number): string =>
  `models: { m: { versions: { a: { url: "http://127.0.0.1:1" }, b: { url: "http://127.0.0.1:1" } }, champion: a, split: { a: ${share}, b: 1 } } }\n`;

test('it is stale once one of its files says something else, the lock among them', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'gate.yaml');
  writeFileSync(file, yaml(1));
  const configuration = readConfiguration({ file, env: {}, clock: systemClock });
  expect(configuration.isStale()).toBe(false);
  writeFileSync(file, `${yaml(1)}# a remark\n`);
  expect(configuration.isStale()).toBe(false);

  await headgate(['plan', '-c', file]);
  expect(configuration.isStale()).toBe(true);
  expect(configuration.reload()).toEqual([]);
  expect(configuration.isStale()).toBe(false);

  writeFileSync(file, yaml(2));
  expect(configuration.isStale()).toBe(true);
  expect(configuration.reload().join()).toContain('the lock is stale');
  expect(configuration.isStale()).toBe(true);

  rmSync(join(folder, 'allocations.lock.json'));
  expect(configuration.reload().join()).toContain('allocations.lock.json is gone');
  expect(configuration.plan.serial).toBe(2);
  rmSync(folder, { recursive: true });
});
