// What the section on memory rests on: a program with the reporter preloaded tells, on demand, how much heap each of its threads
// holds after a collection.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { launch, removeFolder, temporaryFolder, waitUntil } from '../../benchmarks/processes.ts';

const REPORTER = fileURLToPath(new URL('../../benchmarks/servers/heap-reporter.ts', import.meta.url));
const MEGA = 2 ** 20;
/** A thread that holds twenty megabytes of heap, and has dropped as much. */
const THREAD = `
  let dropped = Array.from({ length: 2.5e6 }, () => ({}));
  dropped = null;
  globalThis.held = Array.from({ length: 2.5e6 }, (_, i) => i + 0.5);
  console.log('ready');
  setInterval(() => {}, 1000);`;
const PROGRAM = `
  import { Worker } from 'node:worker_threads';
  new Worker(new URL('./thread.mjs', import.meta.url));
  setInterval(() => {}, 1000);`;

it('every thread answers each demand once, with what it still holds', async () => {
  const folder = temporaryFolder('heap-test');
  writeFileSync(join(folder, 'thread.mjs'), THREAD);
  writeFileSync(join(folder, 'program.mjs'), PROGRAM);
  const program = launch(
    process.execPath,
    ['--expose-gc', '--import', REPORTER, join(folder, 'program.mjs')],
    ['env', `HEADGATE_BENCH_HEAP=${folder}`],
  );
  try {
    await waitUntil('the thread is ready', async () => program.output().includes('ready'), program, 30_000);
    const ask = async (number: number): Promise<number[]> => {
      writeFileSync(join(folder, 'ask'), String(number));
      const told = (): number[][] =>
        readdirSync(folder)
          .filter((name) => name.startsWith('thread-'))
          .map((name) => readFileSync(join(folder, name), 'utf8').split(' ').map(Number))
          .filter(([answered]) => answered === number);
      await waitUntil('both threads have told', async () => told().length === 2, program, 30_000);
      return told().map(([, used = 0]) => used / MEGA);
    };
    const first = await ask(1);
    expect(Math.max(...first)).toBeGreaterThan(15);
    expect(Math.max(...first)).toBeLessThan(60);
    expect(Math.min(...first)).toBeLessThan(15);
    expect(Math.max(...(await ask(2)))).toBeCloseTo(Math.max(...first), -1);
  } finally {
    await program.stop();
    removeFolder(folder);
  }
});
