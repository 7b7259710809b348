// The runner, with plugins in memory: a dead sink stands still in bounded memory and is loud, others go on, and a sink goes on
// where it stopped, after a restart of its own and with the logs that dead processes left behind.

import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { capturesFolder } from '../../../src/capture/segments/folder.ts';
import { isAlive } from '../../../src/capture/segments/process-life.ts';
import { retainSegments } from '../../../src/capture/segments/retain.ts';
import { readCursors } from '../../../src/capture/sinks/cursor.ts';
import { type SinkRunner, startSinkRunner } from '../../../src/capture/sinks/runner.ts';
import { type OpenSink, SinkFailure } from '../../../src/capture/sinks/sink.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { createSeededRandom } from '../../../src/kernel/random.ts';
import { waitFor } from '../../serve/served-gate.ts';
import { idsOf, openLog, sinkPlan, type WrittenLog } from './log-on-disk.ts';

interface Fake extends OpenSink {
  readonly received: string[];
  isDown: boolean;
  /** Most records handed over at once. */
  most: number;
}

function fakeSink(): Fake {
  const fake: Fake = {
    received: [],
    isDown: false,
    most: 0,
    async deliver(records, settle) {
      fake.most = Math.max(fake.most, records.length);
      if (fake.isDown) throw new SinkFailure('connect', 'fake: nobody is there');
      for (const record of records) {
        fake.received.push(record.row.decision_id);
        settle(record);
      }
    },
    close: async () => undefined,
  };
  return fake;
}

function start(
  log: Pick<WrittenLog, 'data' | 'replica'>,
  sink: OpenSink,
  changes = {},
  told: string[] = [],
): SinkRunner {
  return startSinkRunner({
    plan: sinkPlan(changes),
    data: log.data,
    process: { replica: log.replica, isAlive },
    clock: systemClock,
    random: createSeededRandom(1),
    open: async () => sink,
    tell: { info: (text) => told.push(text), warn: (text) => told.push(text) },
  });
}

const until = (holds: () => boolean, what: string) => waitFor(async () => (holds() ? true : undefined), what, 15_000);
/** A process that is surely gone. */
const deadPid = (): number => spawnSync('true').pid;

test('a dead sink stands still and says so, while another gets everything; then it catches up in order', async () => {
  const log = await openLog();
  const [dead, well] = [fakeSink(), fakeSink()];
  dead.isDown = true;
  const told: string[] = [];
  const runners = [start(log, dead, { name: 'dead' }, told), start(log, well, { name: 'well' })] as const;
  for (let i = 0; i < 20; i++) await log.write(idsOf(i * 100 + 1, i * 100 + 100));
  await until(() => well.received.length === 2000, 'the sink that is well');
  await until(() => runners[0].state().lagRecords === 2000, 'the lag of the dead one');
  const state = runners[0].state();
  expect(state).toMatchObject({ state: 'failing', delivered: 0, lastFailure: { fault: 'connect' } });
  expect(state.failures.connect).toBeGreaterThan(0);
  expect(state.lagBytes).toBeGreaterThan(2000 * 300);
  expect(told.filter((text) => text.includes('nobody is there')).length).toBe(1);
  // One batch is all that it was ever handed.
  expect(dead.most).toBeLessThanOrEqual(50);
  dead.isDown = false;
  await until(() => dead.received.length === 2000, 'the one that was dead');
  expect(dead.received).toEqual(idsOf(1, 2000));
  expect(told.at(-1)).toBe('records are delivered again');
  await until(() => runners[0].state().lagRecords === 0, 'no lag');
  expect(runners[0].state()).toMatchObject({ state: 'delivering', delivered: 2000, lagBytes: 0 });
  for (const runner of runners) await runner.stop(1000);
  await log.close();
});

test('after a restart it goes on behind what was confirmed; what it is told to leave out is left out', async () => {
  const log = await openLog();
  await log.write(idsOf(1, 100));
  await log.write(idsOf(101, 130), { role: 'shadow' });
  await log.write(idsOf(131, 160), {}, 'fraud');
  const first = fakeSink();
  const plan = { shadows: false, models: ['credit-default'] };
  const runner = start(log, first, plan);
  await until(() => first.received.length === 100, 'the first hundred');
  await runner.stop(1000);
  await log.write(idsOf(161, 200));
  const second = fakeSink();
  const next = start(log, second, plan);
  await until(() => second.received.length === 40, 'the rest');
  await next.stop(1000);
  expect([...first.received, ...second.received]).toEqual([...idsOf(1, 100), ...idsOf(161, 200)]);
  await log.close();
});

test('stopping delivers what is on disk, and does not wait for a sink that is dead', async () => {
  const log = await openLog();
  const [dead, well] = [fakeSink(), fakeSink()];
  dead.isDown = true;
  const runners = [start(log, dead, { name: 'dead' }), start(log, well, { name: 'well' })];
  await log.write(idsOf(1, 3000));
  await log.close();
  const from = performance.now();
  await Promise.all(runners.map((runner) => runner.stop(10_000)));
  expect(performance.now() - from).toBeLessThan(5000);
  expect(well.received).toEqual(idsOf(1, 3000));
  expect(dead.received).toEqual([]);
});

test('logs of dead processes are read once, oldest first, before that of this one; those of living ones are left alone', async () => {
  const oldest = await openLog({ pid: deadPid() });
  await oldest.write(idsOf(1, 20));
  const { data } = oldest;
  const older = await openLog({ data, pid: deadPid() });
  await older.write(idsOf(21, 40));
  const living = await openLog({ data, pid: process.ppid });
  await living.write(idsOf(900, 920));
  const mine = await openLog({ data });
  await mine.write(idsOf(41, 60));
  const sink = fakeSink();
  const runner = start(mine, sink);
  await until(() => sink.received.length >= 60, 'all but the living');
  await runner.stop(1000);
  expect(sink.received).toEqual(idsOf(1, 60));

  const again = fakeSink();
  const second = start(mine, again);
  await mine.write(idsOf(61, 70));
  await until(() => again.received.length >= 10, 'what is new');
  await second.stop(1000);
  expect(again.received).toEqual(idsOf(61, 70));
  for (const log of [oldest, older, living, mine]) await log.close();
});

test('two processes that find one log left behind: one of them reads it', async () => {
  const left = await openLog({ pid: deadPid() });
  await left.write(idsOf(1, 200));
  const logs = [await openLog({ data: left.data }), await openLog({ data: left.data, pid: process.ppid })];
  const sinks = logs.map(fakeSink);
  const runners = logs.map((log, i) => start(log, sinks[i] ?? fakeSink()));
  await until(() => sinks.reduce((sum, { received }) => sum + received.length, 0) >= 200, 'the records left');
  await Promise.all(runners.map((runner) => runner.stop(1000)));
  expect(sinks.flatMap(({ received }) => received).sort()).toEqual(idsOf(1, 200));
  for (const log of [left, ...logs]) await log.close();
});

test('latest: a new sink begins with what comes next, and is new only once', async () => {
  const log = await openLog();
  await log.write(idsOf(1, 50));
  const sink = fakeSink();
  const runner = start(log, sink, { from: 'latest' });
  await until(() => existsSync(join(log.data, 'sinks', 'out', `${log.replica}.json`)), 'the cursor');
  await log.write(idsOf(51, 60));
  await until(() => sink.received.length >= 10, 'the next');
  await runner.stop(1000);
  await log.write(idsOf(61, 70));
  const again = start(log, sink, { from: 'latest' });
  await until(() => sink.received.length >= 20, 'those after a restart');
  await again.stop(1000);
  expect(sink.received).toEqual(idsOf(51, 70));
  await log.close();
});

test('records deleted before a sink has read them are counted, and it goes on behind them', async () => {
  const log = await openLog({ segmentBytes: 5000 });
  const sink = fakeSink();
  const told: string[] = [];
  sink.isDown = true;
  const runner = start(log, sink, {}, told);
  await log.write(idsOf(1, 200));
  await until(() => runner.state().state === 'failing', 'the first failure');
  await retainSegments(capturesFolder(log.data), 20_000, async () => new Set());
  sink.isDown = false;
  await log.write(idsOf(201, 210));
  await until(() => sink.received.at(-1) === 'd-000210', 'the end');
  const { skipped } = runner.state();
  expect(skipped).toBeGreaterThan(0);
  expect(sink.received.length + skipped).toBe(210);
  expect(told.join()).toMatch(new RegExp(`${skipped} records at most were deleted`));
  await runner.stop(1000);
  await log.close();
  rmSync(log.data, { recursive: true, force: true });
});

test('a cursor that cannot be read begins the log anew, and says so; of this process and of one that is gone', async () => {
  const gone = await openLog({ pid: deadPid() });
  await gone.write(idsOf(1, 10));
  const log = await openLog({ data: gone.data });
  await log.write(idsOf(11, 20));
  const first = fakeSink();
  const runner = start(log, first);
  await until(() => first.received.length === 20, 'all of them');
  await runner.stop(1000);
  for (const { replica } of [gone, log]) writeFileSync(join(log.data, 'sinks', 'out', `${replica}.json`), '{"posi');
  const again = fakeSink();
  const told: string[] = [];
  const next = start(log, again, {}, told);
  await until(() => again.received.length === 20, 'all of them once more');
  await next.stop(1000);
  for (const { replica } of [gone, log])
    expect(told.filter((text) => text.includes(`${replica}.json: this cursor cannot be read`)).length).toBe(1);
  for (const one of [gone, log]) await one.close();
});

test('a lag that cannot be measured is told, once, and so is that it is measured again', async () => {
  const log = await openLog();
  const sink = fakeSink();
  sink.isDown = true;
  const told: string[] = [];
  const runner = start(log, sink, {}, told);
  await log.write(idsOf(1, 10));
  await until(() => runner.state().lagRecords === 10, 'the lag');
  const folder = capturesFolder(log.data);
  renameSync(folder, `${folder}.away`);
  writeFileSync(folder, '');
  await until(() => told.join().includes('its lag cannot be measured: ENOTDIR'), 'the fault');
  expect(runner.state().lagRecords).toBe(10);
  rmSync(folder);
  renameSync(`${folder}.away`, folder);
  await until(() => told.includes('its lag is measured again'), 'its end');
  expect(told.filter((text) => text.includes('cannot be measured')).length).toBe(1);
  await runner.stop(1000);
  await log.close();
});

test('where batches are known by their first record, the cursor is on disk before the next batch is handed over', async () => {
  const log = await openLog();
  await log.write(idsOf(1, 300));
  const fake = fakeSink();
  const begins: [first: number, cursor: number][] = [];
  const sink: OpenSink = {
    ...fake,
    isKnownByFirst: true,
    async deliver(records, settle, signal) {
      const [cursor] = await readCursors(log.data, 'out');
      begins.push([(records[0]?.row.sequence ?? 0) - 1, cursor?.position.sequence ?? 0]);
      await fake.deliver(records, settle, signal);
    },
  };
  const runner = start(log, sink);
  await until(() => fake.received.length === 300, 'all of them');
  await runner.stop(1000);
  expect(begins.length).toBeGreaterThan(5);
  expect(begins.filter(([first, cursor]) => first !== cursor)).toEqual([]);
  await log.close();
});
