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

test('it is as read while every byte is as at the latest reload, whatever that came to', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'gate.yaml');
  const rest = join(folder, 'more.yaml');
  writeFileSync(file, `include: [more*.yaml]\n${yaml(1)}`);
  const more = (name: string): string => `${name}: { versions: { a: { url: "http://127.0.0.1:1" } } }\n`;
  writeFileSync(rest, `models: { ${more('other').trimEnd()} }\n`);
  const configuration = readConfiguration({ file, env: {}, clock: systemClock });
  // Of the start nobody knows what changed while it was read.
  expect(configuration.isAsRead()).toBe(false);
  expect(configuration.reload()).toEqual([]);
  expect(configuration.isAsRead()).toBe(true);
  writeFileSync(rest, 'models: { nonsense }\n');
  expect(configuration.isAsRead()).toBe(false);
  expect(configuration.reload()).not.toEqual([]);
  expect(configuration.isAsRead()).toBe(true);
  rmSync(rest);
  expect(configuration.isAsRead()).toBe(false);
  // Other files belong to it now.
  expect(configuration.reload()).toEqual([]);
  expect(configuration.isAsRead()).toBe(false);
  expect(configuration.reload()).toEqual([]);
  expect(configuration.isAsRead()).toBe(true);
  writeFileSync(join(folder, 'more-2.yaml'), `models: { ${more('second').trimEnd()} }\n`);
  expect(configuration.isAsRead()).toBe(false);
  rmSync(folder, { recursive: true });
});
