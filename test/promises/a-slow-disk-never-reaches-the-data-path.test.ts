// Disks that are slow, with real causes (slow-disk.ts): one that answers nothing for seconds, and one that takes 256 KiB a second. Answers go
// on as if nothing were; records are late or, beyond what waits in memory, dropped and counted. Under `acked` clients wait, and are
// refused after captures.commit.timeout. Making such disks needs root: where it is not permitted the tests are skipped, and say so.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CapturesView } from '../../src/admin/view.ts';
import { sumOfDrops } from '../../src/capture/counters.ts';
import { type Asked, createCaller } from '../serve/caller.ts';
import { byReplica, captured, gaps } from '../serve/captured.ts';
import { scrape, settled } from '../serve/scrape.ts';
import { type ReadyGate, startServe, startUpstream, type Upstream, waitFor } from '../serve/served-gate.ts';
import { makeSlowDisk } from './slow-disk.ts';

const disk = makeSlowDisk();
if (disk === undefined)
  process.stderr.write('SKIPPED: a file system on a loop device is not permitted here; slow disks are not tested\n');
const slow = disk ?? { path: '', freeze: nothing, thaw: nothing, throttle: () => undefined, remove: nothing };
function nothing(): void {}

/** More than what any answer of these may take while the disk does nothing for longer. */
const NOTICED_MS = 1000;
const MIB = 1024 ** 2;

test('in CI, slow disks are really tested where there are loop devices', () => {
  const mustRun = process.env.CI !== undefined && process.env.CI !== 'false' && existsSync('/dev/loop-control');
  if (mustRun) expect(disk).toBeDefined();
});

let upstream: Upstream;
/** Takes what sinks send. */
let receiver: Upstream;
beforeAll(async () => {
  // A new connection each time, hence a name to look up each time: that is done on the threads that also wait for disks.
  upstream = await startUpstream((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
      response.end(ANSWER);
    });
  });
  receiver = await startUpstream((request, response) => {
    request.resume();
    request.on('end', () => response.end());
  });
});
/** A test that fails leaves its disk to the next one as it was. */
afterEach(() => slow.thaw());
afterAll(async () => {
  await upstream.close();
  await receiver.close();
  slow.remove();
});

const ANSWER = JSON.stringify({ outputs: [{ name: 'predict', shape: [1], datatype: 'FP64', data: [0.5] }] });

interface Options {
  readonly capture?: string;
  readonly captures?: string;
}

const yaml = (data: string, { capture = '', captures = '' }: Options = {}): string => `
listen: { host: 127.0.0.1, port: 0, drain: 1s }
admin: { port: 0 }
data: ${data}
captures: { ${captures} }
models:
  m: { versions: { one: { url: "http://localhost:${upstream.port}" } }, capture: { ${capture} }, timeout: { connect: 5s, firstByte: 10s, total: 20s } }
`;

interface Timed extends Asked {
  readonly ms: number;
}

async function asked(gate: ReadyGate, count: number, body?: string): Promise<Timed[]> {
  const caller = createCaller(8);
  const answers: Timed[] = [];
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      const began = performance.now();
      const answer = await caller.ask(gate.dataUrl, body === undefined ? {} : { body });
      answers.push({ ...answer, ms: performance.now() - began });
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  caller.close();
  return answers;
}

const worstMs = (answers: readonly Timed[]): number => Math.max(...answers.map(({ ms }) => ms));
const notOk = (answers: readonly Timed[]): readonly Timed[] => answers.filter(({ status }) => status !== 200);

/** What is true at any moment, however slow the disk is. */
async function holds(gate: ReadyGate): Promise<CapturesView['total']> {
  const { total } = (await (await fetch(`${gate.adminUrl}/api/v1/captures`)).json()) as CapturesView;
  const { received, captured: written, sampledOut, dropped, pending } = total;
  expect(received).toBe(written + sampledOut + sumOfDrops(dropped) + pending);
  return total;
}

const LARGE = JSON.stringify({ inputs: [{ name: 'a', shape: [1], datatype: 'BYTES', data: ['x'.repeat(200_000)] }] });

test.skipIf(disk === undefined)(
  'a disk that does not answer: answers go on, records are late, and none is lost',
  async () => {
    const data = join(slow.path, 'late');
    // Sinks keep their places on the disk of the records: they wait for it too.
    const sinks = ['a', 'b', 'c', 'd']
      .map((name) => `${name}: { type: cloudevents, url: "${receiver.url}" }`)
      .join(', ');
    const gate = await startServe(yaml(data, { captures: `sinks: { ${sinks} }` }));
    expect(notOk(await asked(gate, 100))).toEqual([]);
    await settled(gate, 100);
    let sent = 100;
    const refused: number[] = [];
    slow.freeze();
    const began = performance.now();
    // Longer than what is told of, and than what an upstream is given for a connection.
    while (performance.now() - began < 7000) {
      const outcomes = [{ decision_id: `d-${sent}`, name: 'x', value: 1 }];
      const headers = { 'content-type': 'application/json' };
      void fetch(`${gate.adminUrl}/api/v1/outcomes`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ outcomes }),
      }).then(
        ({ status }) => refused.push(status),
        // Under way when the gate stops.
        () => undefined,
      );
      const answers = await asked(gate, 50);
      sent += answers.length;
      expect(notOk(answers)).toEqual([]);
      expect(worstMs(answers)).toBeLessThan(NOTICED_MS);
      await holds(gate);
    }
    expect((await holds(gate)).captured).toBeLessThan(200);
    expect((await scrape(gate))('headgate_capture_commit_age_seconds')).toBeGreaterThan(4);
    // A record that is not there yet is no record that is not there.
    expect((await fetch(`${gate.adminUrl}/api/v1/decisions/unknown`)).status).toBe(503);
    // What waits for the disk is bounded, so that the admin side can still be asked.
    expect(new Set(refused)).toEqual(new Set(refused.length > 0 ? [503] : []));
    slow.thaw();
    const after = await settled(gate, sent);
    expect(after('headgate_capture_captured_total')).toBe(sent);
    expect((await fetch(`${gate.adminUrl}/api/v1/decisions/unknown`)).status).toBe(404);
    expect(await gate.stop()).toBe(0);
    expect(gate.output().match(/the disk has not answered for 5 s/g)?.length).toBe(1);
    expect(gate.output()).toMatch(/the disk answers again, after \d+ s/);
    const [own] = byReplica((await captured(data)).rows).values();
    expect(own?.length).toBe(sent);
    expect(gaps(own ?? [])).toEqual([]);
  },
);

test.skipIf(disk === undefined)(
  'more than what may wait: dropped as monitor_behind, counted, told, and written again',
  async () => {
    const data = join(slow.path, 'behind');
    const gate = await startServe(yaml(data));
    slow.freeze();
    let sent = 0;
    let heapBytes = 0;
    await waitFor(async () => {
      const answers = await asked(gate, 100, LARGE);
      sent += answers.length;
      expect(notOk(answers)).toEqual([]);
      expect(worstMs(answers)).toBeLessThan(NOTICED_MS);
      const { dropped } = await holds(gate);
      heapBytes = (await scrape(gate))('headgate_capture_pending_bytes');
      return (dropped.monitor_behind ?? 0) > 100 ? true : undefined;
    }, 'records that are dropped');
    expect(heapBytes).toBeGreaterThan(60 * MIB);
    expect(heapBytes).toBeLessThanOrEqual(64 * MIB);
    slow.thaw();
    const late = await settled(gate, sent);
    expect(notOk(await asked(gate, 20))).toEqual([]);
    const after = await settled(gate, sent + 20);
    expect(after('headgate_capture_captured_total')).toBe(late('headgate_capture_captured_total') + 20);
    expect(await gate.stop()).toBe(0);
    expect(gate.output()).toMatch(
      /records are dropped \(monitor_behind\): \d+ bytes wait to be written; the disk is too slow/,
    );
    const { rows, damage } = await captured(data);
    expect(damage).toEqual([]);
    expect(rows.length).toBe(after('headgate_capture_captured_total'));
  },
);

test.skipIf(disk === undefined)(
  'under acked a disk that does not answer is a 503 in time, and 200 again after',
  async () => {
    const data = join(slow.path, 'acked');
    const gate = await startServe(yaml(data, { capture: 'durability: acked', captures: 'commit: { timeout: 500ms }' }));
    const before = await asked(gate, 20);
    expect(notOk(before)).toEqual([]);
    slow.freeze();
    const refused = await asked(gate, 16);
    expect(refused.filter(({ status, code }) => status !== 503 || code !== 'capture_unavailable')).toEqual([]);
    expect(Math.min(...refused.map(({ ms }) => ms))).toBeGreaterThan(400);
    expect(worstMs(refused)).toBeLessThan(500 + NOTICED_MS);
    await holds(gate);
    slow.thaw();
    await settled(gate, 36);
    const after = await asked(gate, 20);
    expect(notOk(after)).toEqual([]);
    expect(await gate.stop()).toBe(0);
    const ids = new Set((await captured(data)).rows.map((row) => row.decision_id));
    expect([...before, ...after].filter(({ decision }) => !ids.has(decision))).toEqual([]);
  },
);

test.skipIf(disk === undefined)('a disk of 256 KiB a second: async does not notice, acked waits for it', async () => {
  const data = join(slow.path, 'pace');
  for (const durability of ['async', 'acked']) {
    const gate = await startServe(
      yaml(data, { capture: `durability: ${durability}`, captures: 'commit: { timeout: 20s }' }),
    );
    await asked(gate, 20);
    const before = await settled(gate, 20);
    const lift = slow.throttle(gate.process.pid ?? 0, 256 * 1024);
    if (lift === undefined) {
      process.stderr.write('SKIPPED: the pace of a disk cannot be bounded here (no cgroup for it)\n');
      expect(await gate.stop()).toBe(0);
      return;
    }
    // 1.2 MB: almost 5 seconds of this disk.
    const body = JSON.stringify({ inputs: [{ name: 'a', shape: [1], datatype: 'BYTES', data: ['x'.repeat(30_000)] }] });
    const began = performance.now();
    const answers = await asked(gate, 40, body);
    const tookMs = performance.now() - began;
    expect(notOk(answers)).toEqual([]);
    await holds(gate);
    const after = await settled(gate, 60);
    const writtenMs = performance.now() - began;
    expect(after('headgate_capture_captured_total')).toBe(60);
    expect(writtenMs).toBeGreaterThan(3000);
    if (durability === 'async') expect(worstMs(answers)).toBeLessThan(NOTICED_MS);
    else expect(tookMs).toBeGreaterThan(3000);
    const seconds = after('headgate_capture_commit_seconds_total') - before('headgate_capture_commit_seconds_total');
    expect(seconds).toBeGreaterThan(2.5);
    lift();
    expect(await gate.stop()).toBe(0);
  }
  expect((await captured(data)).rows.length).toBe(120);
});
