// The process that reads the store is there before the first question, once there is something to read; it is started again where it
// ended, not hastily where it cannot be started, and it does not outlive the gate.

import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createStoredFinder } from '../../src/capture/store/find-stored.ts';
import { createKeepWarm } from '../../src/capture/store/keep-warm.ts';
import { createRowsReader } from '../../src/capture/store/rows-reader.ts';
import { startStoreProcess } from '../../src/capture/store/start-process.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { temporaryFolder } from '../capture/open-capture.ts';
import { createCaller } from '../serve/caller.ts';
import { inferenceUpstream, startServe, waitFor } from '../serve/served-gate.ts';
import { capture, compactNow } from './filled.ts';

function warmOver(data: string, start: () => ChildProcess) {
  const started: ChildProcess[] = [];
  const reader = createRowsReader({
    start() {
      const child = start();
      started.push(child);
      return child;
    },
  });
  const clock = createManualClock();
  let looks = 0;
  const finder = createStoredFinder(data, reader.read);
  const sample = (): ReturnType<typeof finder.sample> => {
    looks += 1;
    return finder.sample();
  };
  const reports: string[] = [];
  const warmth = createKeepWarm({ clock, reader, sample, report: (message) => reports.push(message) });
  /** A tick a second, as the monitor gives them. */
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1000);
      warmth.tick();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const stop = (): void => {
    warmth.stop();
    reader.stop();
  };
  return { reader, finder, started, pass, stop, reports, looks: () => looks };
}

test('it is started a while after the gate, once the store has a file, and answers the first question', async () => {
  const data = await capture([{}, {}]);
  const { reader, finder, started, pass, stop } = warmOver(data, () => startStoreProcess(process.env));
  await pass(60);
  expect(started.length).toBe(0);
  await compactNow(data);
  await waitFor(async () => {
    await pass(10);
    return reader.isRunning ? true : undefined;
  }, 'the process');
  expect((await finder.find('decision-1')).length).toBe(1);
  await pass(60);
  expect(started.length).toBe(1);
  // It dies: another is there soon.
  started[0]?.kill('SIGKILL');
  await waitFor(async () => (reader.isRunning ? undefined : true), 'its end');
  await waitFor(async () => {
    await pass(10);
    return reader.isRunning ? true : undefined;
  }, 'another');
  expect((await finder.find('decision-0')).length).toBe(1);
  expect(started.length).toBe(2);
  stop();
  await pass(60);
  expect(started.length).toBe(2);
});

test('where it cannot be started it is tried every ten minutes, and a question tries at once', async () => {
  const data = await capture([{}]);
  await compactNow(data);
  const broken = join(await temporaryFolder(), 'broken.mjs');
  writeFileSync(broken, 'process.exit(1);\n');
  const { reader, finder, started, pass, stop, reports, looks } = warmOver(data, () =>
    fork(broken, [], { stdio: 'ignore', serialization: 'advanced' }),
  );
  await waitFor(async () => {
    await pass(10);
    return started.length > 0 && !reader.isRunning ? true : undefined;
  }, 'its first end');
  await pass(300);
  expect(started.length).toBe(1);
  await expect(finder.find('decision-0')).rejects.toThrow(/ended|closed/);
  expect(started.length).toBeGreaterThan(1);
  const before = looks();
  await pass(600);
  expect(looks()).toBe(before + 1);
  expect(reports[0]).toMatch(
    /the process that reads the store was not there before the first question: .*(ended|closed)/,
  );
  stop();
});

test('it does not outlive a gate that is killed', async () => {
  const upstream = await inferenceUpstream();
  const data = join(await temporaryFolder(), 'data');
  const gate = await startServe(`
listen: { host: 127.0.0.1, port: 0 }
admin: { port: 0 }
data: ${data}
captures: { compact: { every: 1s } }
models: { m: { versions: { one: { url: "${upstream.url}" } } } }
`);
  const caller = createCaller(1);
  const { decision } = await caller.ask(gate.dataUrl);
  caller.close();
  const readers = (): number[] =>
    execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' })
      .split('\n')
      .map((line) =>
        line
          .trim()
          .split(/\s+/, 2)
          .map(Number)
          .concat(line.includes('store-process') ? 1 : 0),
      )
      .flatMap(([pid = 0, parent, isStore]) => (isStore === 1 && parent === gate.process.pid ? [pid] : []));
  // Of the processes that compact each one ends soon; the one that reads stays.
  const since = new Map<number, number>();
  const reader = await waitFor(async () => {
    const there = readers();
    for (const pid of there) if (!since.has(pid)) since.set(pid, performance.now());
    return there.find((pid) => performance.now() - (since.get(pid) ?? 0) > 3000);
  }, 'the process that reads');
  expect((await fetch(`${gate.adminUrl}/api/v1/decisions/${decision}`)).status).toBe(200);
  gate.process.kill('SIGKILL');
  await gate.exited;
  await waitFor(async () => (isThere(reader) ? undefined : true), 'its end');
  await upstream.close();
});

function isThere(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
