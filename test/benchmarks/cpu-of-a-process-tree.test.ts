// CPU time counts for the whole tree: threads and children, and nothing of others.

import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { settle, treeCpuUs } from '../../benchmarks/cpu.ts';
import { launch, waitUntil } from '../../benchmarks/processes.ts';

const BURN_MS = 120;
/** A parent that does nothing, whose child burns for a while, half of it in a thread, and then waits. */
const CHILD = `
  const burn = () => { const start = process.cpuUsage(); while (process.cpuUsage(start).user < ${BURN_MS * 500}); };
  burn();
  new (require('node:worker_threads').Worker)('(' + burn + ')()', { eval: true }).on('exit', () => {
    console.log('burnt by ' + process.pid);
    setInterval(() => {}, 1000);
  });`;
const PARENT = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(CHILD)}], { stdio: 'inherit' })`;

it('counts children and threads, and stops them with their parent', async () => {
  const parent = launch(process.execPath, ['-e', PARENT]);
  let child = 0;
  try {
    await waitUntil('the child has burnt', async () => parent.output().includes('burnt'), parent);
    child = Number(parent.output().split(' ').at(-1));
    expect(stateOf(child)).toMatch(/[RS]/);
    const own = ownCpuUs(parent.pid);
    const all = await settle(parent.pid);
    expect(all - own).toBeGreaterThan(BURN_MS * 1000 * 0.9);
  } finally {
    await parent.stop();
  }
  expect(treeCpuUs(parent.pid)).toBe(0);
  await waitUntil('the child has ended', async () => stateOf(child) === 'Z' || stateOf(child) === 'gone');
});

function ownCpuUs(pid: number): number {
  const fields = statFields(pid);
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** Z: ended, and nobody has asked for its exit code yet. */
function stateOf(pid: number): string {
  return existsSync(`/proc/${pid}`) ? (statFields(pid)[0] ?? 'gone') : 'gone';
}

function statFields(pid: number): string[] {
  const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return line.slice(line.lastIndexOf(')') + 2).split(' ');
}
