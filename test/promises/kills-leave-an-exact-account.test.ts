// Promise 3 over many kills: at random moments under load, kill -9. Each time the folder alone says what became of every record:
// the accounts balance, the rows are those that were counted, none is half there and none twice, and the next gate says the same.
// HEADGATE_TEST_KILLS=100 (npm run kills) does it a hundred times.

import { readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CapturesView } from '../../src/admin/view.ts';
import { sumOfDrops } from '../../src/capture/counters.ts';
import { ledgerOf } from '../../src/capture/ledger.ts';
import { closingAccount, difference, type ProcessAccount } from '../../src/capture/segments/closing.ts';
import { everyFrameOf } from '../../src/capture/segments/frame.ts';
import { listSegments } from '../../src/capture/segments/segment-name.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { BODY, createCaller } from '../serve/caller.ts';
import { byReplica, captured, gaps } from '../serve/captured.ts';
import {
  inferenceUpstream,
  type ReadyGate,
  startServe,
  temporaryFolder,
  type Upstream,
  waitFor,
} from '../serve/served-gate.ts';

const KILLS = Number(process.env.HEADGATE_TEST_KILLS ?? 4);
const SEED = Number(process.env.HEADGATE_TEST_SEED ?? 11);
const CLIENTS = 16;
/** A client may have its answer before the gate has counted it. */
const SLACK_MS = 250;

let upstream: Upstream;
beforeAll(async () => {
  upstream = await inferenceUpstream();
});
afterAll(() => upstream.close());

interface Answered {
  readonly decision: string;
  readonly at: number;
}

/** Ask until the gate is gone. */
async function load(gate: ReadyGate, killAfterMs: number): Promise<Answered[]> {
  const caller = createCaller(CLIENTS);
  const answers: Answered[] = [];
  let gone = false;
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (!gone) {
      const { status, decision } = await caller.ask(gate.dataUrl);
      if (status === 200) answers.push({ decision, at: Date.now() });
      else gone = true;
    }
  });
  await waitFor(async () => (answers.length > 20 ? true : undefined), 'the first answers');
  const until = Date.now() + killAfterMs;
  await waitFor(async () => (Date.now() >= until ? true : undefined), 'the moment to kill');
  gate.process.kill('SIGKILL');
  await gate.exited;
  await Promise.all(clients);
  caller.close();
  return answers;
}

/** undefined: killed before its first commit. */
async function accountOf(data: string, pid: number | undefined): Promise<ProcessAccount | undefined> {
  const own = (await listSegments(join(data, 'captures'))).filter((entry) => entry.pid === pid);
  for (const { path } of own) {
    for (const frame of everyFrameOf(readFileSync(path), () => undefined)) {
      if (!frame.isLedger) continue;
      for (const { received, captured: written, sampledOut, dropped, pending } of ledgerOf(frame).models.values())
        expect(received).toBe(written + sampledOut + sumOfDrops(dropped) + pending);
    }
  }
  return closingAccount(own[0]?.replica ?? '', own);
}

test(
  `${KILLS} kills at random moments`,
  async () => {
    const random = createSeededRandom(SEED);
    const folder = temporaryFolder();
    const data = join(folder, 'data');
    const yaml = `
listen: { host: 127.0.0.1, port: 0, drain: 1s }
admin: { port: 0 }
data: ${data}
captures: { keep: 64MiB }
models:
  m: { versions: { one: { url: "${upstream.url}" } }, timeout: { connect: 5s, firstByte: 10s, total: 20s } }
`;
    let before: ProcessAccount | undefined;
    let early = 0;
    let lost = 0;
    let received = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const gate = await startServe(yaml, { folder });
      if (before !== undefined) {
        const told = await waitFor(async () => {
          const view = (await (await fetch(`${gate.adminUrl}/api/v1/captures`)).json()) as CapturesView;
          return view.ended.at(-1)?.replica === before?.replica ? view : undefined;
        }, 'the account of the one before');
        expect(told.ended.at(-1)).toMatchObject({ replica: before.replica, end: 'killed', ...before.total });
        expect(gate.output()).toContain('this process was killed');
      }
      const answers = await load(gate, Math.floor(random() * 700));
      before = await accountOf(data, gate.process.pid);
      if (before === undefined) {
        // Its first commit was still to come: what it had answered is from this very moment.
        early += 1;
        expect(
          (await listSegments(join(data, 'captures'))).filter(
            ({ pid, bytes }) => pid === gate.process.pid && bytes > 1000,
          ),
        ).toEqual([]);
        expect(answers.filter((answer) => answer.at < Date.now() - 2000)).toEqual([]);
        continue;
      }
      const { total, models, replica, at } = before;
      expect(replica).toContain(`${hostname().replaceAll(/[^\w.-]/g, '_')}-${gate.process.pid}-`);
      expect([total, ...Object.values(models)].map(difference)).toEqual([total, ...Object.values(models)].map(() => 0));

      const { rows, damage } = await captured(data);
      expect(damage.filter(({ torn }) => !torn)).toEqual([]);
      const own = byReplica(rows).get(replica) ?? [];
      expect(own.length).toBe(total.captured);
      // Nothing was dropped, hence no sequence number is missing.
      expect(sumOfDrops(total.dropped)).toBe(0);
      expect(gaps(own)).toEqual([]);
      const ids = new Set(rows.map((row) => row.decision_id));
      expect(ids.size).toBe(rows.length);
      for (const { request, response } of own) {
        expect(Buffer.from(request ?? []).toString()).toBe(BODY);
        expect(Buffer.from(response ?? []).toString()).toMatch(/"data":\[0\.5\]\}\]\}$/);
      }
      // What was answered well before the last ledger is there, or among those that are counted as lost.
      const missing = answers.filter((answer) => answer.at < at - SLACK_MS && !ids.has(answer.decision));
      expect(missing.length).toBeLessThanOrEqual(total.lost);
      // And no more is counted as lost than was in memory: what was answered and is not on disk, and the calls under way, one a client.
      const unwritten = answers.filter((answer) => !ids.has(answer.decision));
      expect(total.lost).toBeLessThanOrEqual(unwritten.length + CLIENTS);
      lost += total.lost;
      received += total.received;
    }
    process.stdout.write(
      `${KILLS} kills: ${received} received as the ledgers say, ${lost} of them lost with memory; ${early} killed before their first commit\n`,
    );
    rmSync(folder, { recursive: true, force: true });
  },
  30_000 + 20_000 * KILLS,
);
