// A reload of 400 models under a lock, of three versions each and some epochs: measured in CPU time, since other tests run beside.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runPlan } from '../../src/commands/plan.ts';
import { readConfiguration } from '../../src/commands/supervise/configuration.ts';
import { systemClock } from '../../src/kernel/clock.ts';

const MODELS = 400;

function yaml(step: number, changed: number): string {
  const models = Array.from({ length: MODELS }, (_, at) => {
    const c = 1 + ((at + (at < changed ? step : 2)) % 20);
    const versions = ['a', 'b', 'c'].map((name) => `${name}: { url: "http://127.0.0.1:1" }`).join(', ');
    return `  m${at}: { versions: { ${versions} }, champion: a, sticky: { header: id }, split: { a: ${80 - c}, b: 20, c: ${c} } }\n`;
  });
  return `models:\n${models.join('')}`;
}

test(`a reload of ${MODELS} locked models takes well under a second of CPU, and keeps the tables of the others`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-many-'));
  const file = join(folder, 'headgate.yaml');
  const quiet = { write: () => true };
  const plan = async (step: number, changed: number): Promise<void> => {
    writeFileSync(file, yaml(step, changed));
    const now = `2026-01-0${step}T00:00:00.000Z`;
    const options = { renames: new Map(), dryRun: false, json: false, env: {}, stdout: quiet, stderr: quiet };
    expect(await runPlan(file, { ...options, now })).toBe(0);
  };
  await plan(1, MODELS);
  await plan(2, MODELS);
  const configuration = readConfiguration({ file, env: {}, clock: systemClock });
  const times: number[] = [];
  for (let step = 3; step < 7; step++) {
    await plan(step, 1);
    const { allocations } = configuration;
    const before = process.cpuUsage();
    expect(configuration.reload()).toEqual([]);
    const { user, system } = process.cpuUsage(before);
    times.push(Math.round((user + system) / 1000));
    expect(configuration.allocations[0]?.[0]).not.toBe(allocations[0]?.[0]);
    expect(configuration.allocations.slice(1).every(([table], at) => table === allocations[at + 1]?.[0])).toBe(true);
  }
  process.stdout.write(`${MODELS} locked models: a reload takes ${times.join(', ')} ms of CPU time\n`);
  expect(Math.min(...times)).toBeLessThan(600);
  rmSync(folder, { recursive: true });
}, 60_000);
