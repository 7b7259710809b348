// What carries a sink may die under it. Then it is begun again, ever more slowly, goes on at its cursor, adds to what it had
// counted, and says in states and log what happened; other sinks do not notice.

import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCursors } from '../../src/capture/sinks/cursor.ts';
import type { SinkState } from '../../src/capture/sinks/sink-state.ts';
import type { SinkPlan } from '../../src/config/plan.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createSinks, type Sinks } from '../../src/monitor/sinks.ts';
import type { Logger } from '../../src/telemetry/logs.ts';
import { idsOf, openLog, type WrittenLog } from '../capture/sinks/log-on-disk.ts';
import { startEventsConsumer } from '../capture/sinks/other-sides.ts';
import type { OtherSide } from '../capture/sinks/sink-contract.ts';
import { waitFor } from '../serve/served-gate.ts';

interface Told {
  readonly sink: string;
  readonly problem: string;
  readonly againInMs: number;
}

/** Every thread that this process has begun, oldest first. */
const threads: Worker[] = [];
const onWorker = (worker: Worker): void => void threads.push(worker);
beforeAll(() => void process.on('worker', onWorker));
afterAll(() => void process.off('worker', onWorker));

const until = (holds: () => boolean, what: string) => waitFor(async () => (holds() ? true : undefined), what);
const exitOf = (thread: Worker): Promise<unknown> => new Promise((resolve) => thread.once('exit', resolve));
/** How long the wait after a death is, as a share of the most that it may be. */
const LONGEST = 0.999;

function begin(log: WrittenLog, plans: readonly SinkPlan[], told: Told[], random = 0): Sinks {
  threads.length = 0;
  const teller = { error: (about: Told) => told.push(about) } as unknown as Logger;
  const sinks = createSinks(
    { data: log.data, replica: log.replica, logLevel: 'error' },
    teller,
    systemClock,
    () => random,
  );
  sinks.apply(plans);
  return sinks;
}

const planOf = (side: OtherSide, name: string): SinkPlan => ({ ...side.plan, name }) as SinkPlan;
const stateOf = (sinks: Sinks, name: string): SinkState | undefined =>
  sinks.states().find((state) => state.name === name);
const namesOf = (first: number, last: number): string[] => idsOf(first, last).map((id) => `credit-default ${id}`);

const ENDS: readonly (readonly [string, (thread: Worker) => void, RegExp])[] = [
  ['it is ended', (thread) => void thread.terminate(), /it ended/],
  // An exception that nobody catches: no message looks like this.
  ['it throws', (thread) => thread.postMessage(null), /deadlineMs/],
];

test.each(ENDS)(
  '%s: the thread begins again where it had stopped, and another sink goes on',
  async (_, kill, problem) => {
    const log = await openLog();
    const [hit, well] = [await startEventsConsumer('binary'), await startEventsConsumer('binary')];
    const told: Told[] = [];
    const sinks = begin(log, [planOf(hit, 'hit'), planOf(well, 'well')], told);
    await log.write(idsOf(1, 100));
    await until(() => stateOf(sinks, 'hit')?.delivered === 100, 'the first hundred');
    await waitFor(async () => {
      const [cursor] = await readCursors(log.data, 'hit');
      return cursor?.position.sequence === 100 ? true : undefined;
    }, 'its cursor');
    const [thread, other] = threads;
    if (thread === undefined) throw new Error('no thread was begun');
    const gone = exitOf(thread);
    kill(thread);
    await gone;
    expect(stateOf(sinks, 'hit')).toMatchObject({
      state: 'failing',
      delivered: 100,
      failures: { thread: 1 },
      lastFailure: { fault: 'thread', message: expect.stringMatching(problem) },
    });
    expect(told).toMatchObject([{ sink: 'hit', problem: expect.stringMatching(problem) }]);
    await log.write(idsOf(101, 200));
    await until(() => stateOf(sinks, 'hit')?.delivered === 200, 'the second hundred');
    expect(stateOf(sinks, 'hit')).toMatchObject({ state: 'delivering', failures: { thread: 1 } });
    await until(() => stateOf(sinks, 'well')?.delivered === 200, 'the other sink');
    expect(stateOf(sinks, 'well')).toMatchObject({ state: 'delivering', failures: {} });
    await sinks.stop();
    expect(hit.received()).toEqual(namesOf(1, 200));
    expect(well.received()).toEqual(namesOf(1, 200));
    // One of `hit` more, and the one of `well` was never touched.
    expect(threads.length).toBe(3);
    expect(threads[1]).toBe(other);
    await log.close();
    for (const side of [hit, well]) await side.leave();
  },
);

test('one that dies again and again is begun ever more slowly', async () => {
  const log = await openLog();
  const side = await startEventsConsumer('binary');
  const told: Told[] = [];
  const sinks = begin(log, [planOf(side, 'out')], told, LONGEST);
  for (let deaths = 1; deaths <= 4; deaths++) {
    await until(() => threads.length === deaths, `thread ${deaths}`);
    const thread = threads.at(-1);
    if (thread === undefined) throw new Error('no thread was begun');
    const gone = exitOf(thread);
    void thread.terminate();
    await gone;
  }
  expect(told.map(({ againInMs }) => againInMs)).toEqual([200, 400, 799, 1599]);
  expect(stateOf(sinks, 'out')).toMatchObject({ state: 'failing', failures: { thread: 4 } });
  // One that waits to be begun again holds up no stop, and does not begin after it.
  const from = performance.now();
  await sinks.stop();
  expect(performance.now() - from).toBeLessThan(1000);
  expect(threads.length).toBe(4);
  await log.close();
  await side.leave();
});

test('a reload changes a sink in its place: the old thread ends first, counts go on, nothing comes twice', async () => {
  const log = await openLog();
  const side = await startEventsConsumer('binary');
  const sinks = begin(log, [planOf(side, 'out')], []);
  await log.write(idsOf(1, 50));
  await until(() => stateOf(sinks, 'out')?.delivered === 50, 'the first');
  const changed = { ...planOf(side, 'out'), timeoutMs: 3000 } as SinkPlan;
  // Forth, back and forth: what was asked for last counts.
  sinks.apply([changed]);
  sinks.apply([planOf(side, 'out')]);
  sinks.apply([changed]);
  sinks.apply([changed]);
  await log.write(idsOf(51, 100));
  await until(() => stateOf(sinks, 'out')?.delivered === 100, 'all');
  sinks.apply([]);
  expect(sinks.states()).toEqual([]);
  sinks.apply([changed]);
  await log.write(idsOf(101, 120));
  await until(() => side.received().length >= 120, 'those after it came back');
  await sinks.stop();
  expect(side.received()).toEqual(namesOf(1, 120));
  await log.close();
  await side.leave();
});
