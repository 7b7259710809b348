// durability: acked, over processes: whatever answer a client has had, kill -9 at any moment, its record is on disk. And the
// price in words: several clients share one commit.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { type Asked, BODY, createCaller } from '../serve/caller.ts';
import { captured } from '../serve/captured.ts';
import { inferenceUpstream, startServe, temporaryFolder, type Upstream, waitFor } from '../serve/served-gate.ts';

const CLIENTS = 12;
const KILLS = Number(process.env.HEADGATE_TEST_ACKED_KILLS ?? 3);
const SEED = Number(process.env.HEADGATE_TEST_SEED ?? 5);

let upstream: Upstream;
beforeAll(async () => {
  upstream = await inferenceUpstream();
});
afterAll(() => upstream.close());

test(
  'every answer that a client has had is on record, whenever the gate is killed',
  async () => {
    const random = createSeededRandom(SEED);
    const folder = temporaryFolder();
    const data = join(folder, 'data');
    const yaml = `
listen: { host: 127.0.0.1, port: 0, drain: 1s }
admin: { port: 0 }
data: ${data}
captures: { commit: { timeout: 20s } }
models: { m: { versions: { one: { url: "${upstream.url}" } }, capture: { durability: acked }, timeout: { connect: 5s, firstByte: 10s, total: 20s } } }
`;
    const answers: Asked[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const gate = await startServe(yaml, { folder });
      const caller = createCaller(CLIENTS);
      const before = answers.length;
      let gone = false;
      const clients = Array.from({ length: CLIENTS }, async () => {
        while (!gone) {
          const answer = await caller.ask(gate.dataUrl);
          if (answer.status === 0) gone = true;
          else answers.push(answer);
        }
      });
      const enough = before + 50 + Math.floor(random() * 300);
      await waitFor(async () => (answers.length >= enough ? true : undefined), `${enough} answers`);
      gate.process.kill('SIGKILL');
      await gate.exited;
      await Promise.all(clients);
      caller.close();
    }
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    const { rows, damage } = await captured(data);
    expect(damage.filter(({ torn }) => !torn)).toEqual([]);
    const byId = new Map(rows.map((row) => [row.decision_id, row]));
    expect(byId.size).toBe(rows.length);
    for (const { decision, body } of answers) {
      const row = byId.get(decision);
      expect(Buffer.from(row?.request ?? []).toString()).toBe(BODY);
      expect(Buffer.from(row?.response ?? []).toString()).toBe(body);
    }
    process.stdout.write(
      `${KILLS} kills under acked: ${answers.length} answers that clients had, each on record; ${rows.length} records, none twice\n`,
    );
    rmSync(folder, { recursive: true, force: true });
  },
  60_000 * KILLS,
);

test('a drain waits for the records that answers wait for', async () => {
  const folder = temporaryFolder();
  const data = join(folder, 'data');
  const yaml = `
listen: { host: 127.0.0.1, port: 0, drain: 4s }
admin: { port: 0 }
data: ${data}
models: { m: { versions: { one: { url: "${upstream.url}" } }, capture: { durability: acked } } }
`;
  const gate = await startServe(yaml, { folder });
  const caller = createCaller(CLIENTS);
  const all = caller.askAll(gate.dataUrl, Array(300).fill({}));
  await waitFor(async () => ((await captured(data)).rows.length > 20 ? true : undefined), 'records');
  expect(await gate.stop()).toBe(0);
  const answers = await all;
  caller.close();
  const answered = answers.filter(({ status }) => status !== 0);
  expect(answered.length).toBeGreaterThan(20);
  expect(answered.filter(({ status }) => status !== 200)).toEqual([]);
  const ids = new Set((await captured(data)).rows.map((row) => row.decision_id));
  expect(answered.filter(({ decision }) => !ids.has(decision))).toEqual([]);
  rmSync(folder, { recursive: true, force: true });
});
