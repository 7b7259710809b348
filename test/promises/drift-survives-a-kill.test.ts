// A gate is killed and started again on its folder: drift goes on from the last snapshot with its provisional baseline and its windows,
// what was lost is at most a tick and is said in log, report and metrics; a snapshot that was damaged meanwhile is refused.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DriftView } from '../../src/admin/view.ts';
import { createCaller } from '../serve/caller.ts';
import { scrape } from '../serve/scrape.ts';
import {
  inferenceUpstream,
  type ReadyGate,
  startServe,
  temporaryFolder,
  type Upstream,
  waitFor,
} from '../serve/served-gate.ts';

let upstream: Upstream;
beforeAll(async () => {
  upstream = await inferenceUpstream();
});
afterAll(() => upstream.close());

const start = (folder: string, data: string): Promise<ReadyGate> =>
  startServe(
    `listen: { host: 127.0.0.1, port: 0, drain: 1s }\nadmin: { port: 0 }\ndata: ${data}\nmodels: { m: { versions: { one: { url: "${upstream.url}" } }, drift: { tick: 1s, provisional: 50 } } }\n`,
    { folder },
  );

async function driftOf(gate: ReadyGate): Promise<DriftView> {
  const answer = await fetch(`${gate.adminUrl}/api/v1/models/m/drift?window=since-start`);
  return (await answer.json()) as DriftView;
}

const rowsIn = (view: DriftView): number => view.features[0]?.rows ?? 0;

async function ask(gate: ReadyGate, calls: number): Promise<void> {
  const caller = createCaller(1);
  for (let i = 0; i < calls; i++) expect((await caller.ask(gate.dataUrl)).status).toBe(200);
  caller.close();
}

/** The time of the last snapshot (unix seconds). */
async function snapshotAt(gate: ReadyGate): Promise<number> {
  return (await scrape(gate))('headgate_drift_snapshot_timestamp_seconds');
}

test('kill -9: the provisional baseline and the counts are there again, and at most a tick is lost', async () => {
  const folder = temporaryFolder();
  const data = join(folder, 'data');
  const gate = await start(folder, data);
  await ask(gate, 170);
  const before = await waitFor(async () => {
    const view = await driftOf(gate);
    return rowsIn(view) === 120 ? view : undefined;
  }, 'all rows in whole ticks');
  expect(before).toMatchObject({ resumedFrom: null });
  expect(before.features[0]).toMatchObject({ provisional: true, baselineRows: 50 });
  const counted = Date.now() / 1000;
  await waitFor(async () => ((await snapshotAt(gate)) > counted ? true : undefined), 'a snapshot of them');
  await ask(gate, 7);
  gate.process.kill('SIGKILL');
  await gate.exited;

  const next = await start(folder, data);
  const after = await driftOf(next);
  expect(rowsIn(after)).toBeGreaterThanOrEqual(120);
  expect(rowsIn(after)).toBeLessThanOrEqual(127);
  expect(after.features[0]).toMatchObject({ provisional: true, baselineRows: 50, since: before.features[0]?.since });
  const resumed = Date.parse(after.resumedFrom ?? '') / 1000;
  expect(resumed).toBeGreaterThan(counted);
  expect(next.output()).toMatch(/drift goes on from the snapshot of .* \(1 models\); rows after it are lost/);
  const numbers = await scrape(next);
  expect(numbers('headgate_drift_restart_lost_seconds')).toBeGreaterThan(0);

  // A stop loses nothing: what came until then is in the next run.
  await ask(next, 30);
  const known = rowsIn(after) + 30;
  await waitFor(async () => (rowsIn(await driftOf(next)) === known ? true : undefined), 'the rows of this run');
  await next.stop();
  const third = await start(folder, data);
  expect(third.output()).toMatch(/nothing is lost/);
  expect(rowsIn(await driftOf(third))).toBe(known);
  await third.stop('SIGKILL');

  // Damaged: refused in words, and drift starts anew.
  const [name = ''] = readdirSync(join(data, 'drift')).filter((one) => /\.(drift|adopted)$/.test(one));
  const path = join(data, 'drift', name);
  writeFileSync(path, readFileSync(path).fill(0, 300, 310));
  const fourth = await start(folder, data);
  expect(fourth.output()).toMatch(/the drift snapshot of the last run is not used: .*set aside as .*\.refused/);
  expect(await driftOf(fourth)).toMatchObject({ features: [], resumedFrom: null });
  await fourth.stop();
  rmSync(folder, { recursive: true });
});
