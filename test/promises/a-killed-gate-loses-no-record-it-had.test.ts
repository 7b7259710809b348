// Promise 3 over processes: kill -9 under load, then another start on the same data folder. What had been captured is there,
// whole and once; a torn tail is cut off, and said. Two gates may share a folder.

import { readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { framesOf } from '../../src/capture/segments/frame.ts';
import { type Asked, BODY, createCaller } from '../serve/caller.ts';
import { byReplica, captured, gaps } from '../serve/captured.ts';
import { isAccountedFor, scrape, settled } from '../serve/scrape.ts';
import {
  inferenceUpstream,
  type ReadyGate,
  startServe,
  temporaryFolder,
  type Upstream,
  waitFor,
} from '../serve/served-gate.ts';

const CLIENTS = 8;
const RECORDS = 600;

let upstream: Upstream;
beforeAll(async () => {
  upstream = await inferenceUpstream();
});
afterAll(() => upstream.close());

const start = (folder: string, data: string): Promise<ReadyGate> =>
  startServe(
    `listen: { host: 127.0.0.1, port: 0, drain: 1s }\nadmin: { port: 0 }\ndata: ${data}\nmodels: { m: { versions: { one: { url: "${upstream.url}" } }, timeout: { connect: 5s, firstByte: 10s, total: 20s } } }\n`,
    { folder },
  );

function segments(data: string): string[] {
  return readdirSync(join(data, 'captures')).sort();
}

/** Ask until `enough`, then until the gate is gone. @returns what was answered */
async function load(gate: ReadyGate, enough: (answered: number) => Promise<boolean>): Promise<Asked[]> {
  const caller = createCaller(CLIENTS);
  const answers: Asked[] = [];
  let gone = false;
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (!gone) {
      const answer = await caller.ask(gate.dataUrl);
      if (answer.status === 200) answers.push(answer);
      else gone = true;
    }
  });
  await waitFor(async () => ((await enough(answers.length)) ? true : undefined), 'enough records');
  gate.process.kill('SIGKILL');
  await gate.exited;
  await Promise.all(clients);
  caller.close();
  return answers;
}

test('kill -9 under load: what was captured is there, whole and once, after the next start', async () => {
  const folder = temporaryFolder();
  const data = join(folder, 'data');
  const gate = await start(folder, data);
  let seen = 0;
  const answers = await load(gate, async () => {
    const numbers = await scrape(gate);
    seen = numbers('headgate_capture_captured_total');
    return seen >= RECORDS;
  });
  const [open = ''] = segments(data);
  expect(open).toMatch(new RegExp(`-${gate.process.pid}-[0-9a-z]+\\.000001\\.open$`));

  // As if the machine had stopped in the middle of a write: half of the last record is gone.
  const path = join(data, 'captures', open);
  const before = await captured(data);
  expect(before.damage.filter(({ torn }) => !torn)).toEqual([]);
  expect(before.rows.length).toBeGreaterThanOrEqual(seen);
  const torn = before.damage.reduce((sum, { length }) => sum + length, 0);
  expect(torn).toBeLessThan(statSync(path).size);
  const last = [...framesOf(readFileSync(path), () => undefined)].at(-1);
  truncateSync(path, (last?.offset ?? 0) + (last?.length ?? 0) - 40);

  const next = await start(folder, data);
  await waitFor(async () => (/torn tail cut off/.test(next.output()) ? true : undefined), 'the repair to be told');
  expect(next.output()).toMatch(
    new RegExp(`${before.rows.length - 1} records kept, \\d+ bytes of a torn tail cut off`),
  );
  const caller = createCaller();
  const more = await caller.askAll(next.dataUrl, Array(50).fill({}));
  caller.close();
  await settled(next, 50);
  expect(await next.stop()).toBe(0);

  expect(segments(data).filter((name) => name.endsWith('.open'))).toEqual([]);
  const { rows, damage } = await captured(data);
  expect(damage).toEqual([]);
  const ids = rows.map((row) => row.decision_id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const ofReplica of byReplica(rows).values()) expect(gaps(ofReplica)).toEqual([]);
  // The answer that came last may have had no client left to hear of it.
  const known = new Set([...answers, ...more].map(({ decision }) => decision));
  expect(ids.filter((id) => !known.has(id)).length).toBeLessThanOrEqual(CLIENTS);
  expect(more.every(({ decision }) => ids.includes(decision))).toBe(true);
  expect(rows.filter((row) => Buffer.from(row.request ?? []).toString() !== BODY)).toEqual([]);
  expect(
    rows.filter(
      (row) =>
        !Buffer.from(row.response ?? [])
          .toString()
          .endsWith('"data":[0.5]}]}'),
    ),
  ).toEqual([]);
  rmSync(folder, { recursive: true, force: true });
});

test('two gates on one data folder: each writes segments of its own, and neither repairs what the other is writing', async () => {
  const folders = [temporaryFolder(), temporaryFolder()];
  const data = join(folders[0] ?? '', 'data');
  const caller = createCaller();
  const first = await start(folders[0] ?? '', data);
  await caller.askAll(first.dataUrl, Array(30).fill({}));
  await settled(first, 30);

  const second = await start(folders[1] ?? '', data);
  await caller.askAll(second.dataUrl, Array(20).fill({}));
  await caller.askAll(first.dataUrl, Array(10).fill({}));
  for (const [gate, count] of [
    [first, 40],
    [second, 20],
  ] as const) {
    const numbers = await settled(gate, count);
    expect(isAccountedFor(numbers)).toBe(true);
    expect(numbers('headgate_capture_captured_total')).toBe(count);
  }
  expect(segments(data).filter((name) => name.endsWith('.open')).length).toBe(2);
  expect(await second.stop()).toBe(0);
  expect(segments(data).filter((name) => name.endsWith('.open')).length).toBe(1);
  expect(await first.stop()).toBe(0);
  caller.close();

  const { rows, damage } = await captured(data);
  expect(damage).toEqual([]);
  expect([...byReplica(rows).values()].map(({ length }) => length).sort()).toEqual([20, 40]);
  for (const ofReplica of byReplica(rows).values()) expect(gaps(ofReplica)).toEqual([]);
  expect(first.output() + second.output()).not.toMatch(/torn|damaged/);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
