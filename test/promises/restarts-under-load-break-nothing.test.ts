// Promise 5, restarts: two gates behind a balancer that follows /readyz, stopped and started anew in turn while requests run.
// Scale: HEADGATE_RESTARTS (default 4).

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Asked, createCaller } from '../serve/caller.ts';
import { byReplica, captured, gaps } from '../serve/captured.ts';
import { type ReadyGate, startServe, startUpstream, temporaryFolder, waitFor } from '../serve/served-gate.ts';

const RESTARTS = Number(process.env.HEADGATE_RESTARTS ?? 4);
const CLIENTS = 8;
const DRAIN = '4s';

/** As a Kubernetes service does it: a pod that is not ready gets no new request, a little after it said so. */
function createBalancer() {
  const members = new Map<number, { gate: ReadyGate; ready: boolean }>();
  let turn = 0;
  let stopped = false;
  const probing = (async () => {
    while (!stopped) {
      for (const member of members.values()) {
        const response = await fetch(`${member.gate.dataUrl}/readyz`).catch(() => undefined);
        await response?.arrayBuffer();
        member.ready = response?.status === 200;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return {
    members,
    pick(): ReadyGate | undefined {
      const ready = [...members.values()].filter((member) => member.ready);
      return ready[turn++ % ready.length]?.gate;
    },
    stop: () => {
      stopped = true;
      return probing;
    },
  };
}

test(`${RESTARTS} restarts under load: no failed request, no reset connection, each record once and of one generation`, async () => {
  const upstream = await startUpstream((request, response) => {
    request.resume();
    request.on('end', () => setTimeout(() => response.end('{"outputs":[]}'), 5));
  });
  const data = join(temporaryFolder(), 'data');
  const folders = [temporaryFolder(), temporaryFolder()];
  /** What each process ran, by its pid. */
  const generations = new Map<number, string>();
  const yaml = (n: number): string =>
    `listen: { host: 127.0.0.1, port: 0, drain: ${DRAIN} }\nadmin: { port: 0 }\ndata: ${data}\nmodels: { m: { versions: { one: { url: "${upstream.url}" }, two: { url: "${upstream.url}" } }, champion: one, split: { one: ${50 + n}, two: 10 }, timeout: { connect: 5s, firstByte: 10s, total: 20s } } }\n`;
  const start = async (slot: number, n: number): Promise<ReadyGate> => {
    const gate = await startServe(yaml(n), { folder: folders[slot] ?? '' });
    const config = (await (await fetch(`${gate.adminUrl}/api/v1/config`)).json()) as { generation: string };
    generations.set(gate.process.pid ?? 0, config.generation);
    return gate;
  };

  const balancer = createBalancer();
  for (const slot of [0, 1]) balancer.members.set(slot, { gate: await start(slot, 0), ready: false });
  const isReady = (slot: number): Promise<true> =>
    waitFor(async () => (balancer.members.get(slot)?.ready === true ? true : undefined), `gate ${slot} to be ready`);
  for (const slot of [0, 1]) await isReady(slot);

  // The load: each client asks again as soon as it has been answered.
  const caller = createCaller(CLIENTS);
  const answers: Asked[] = [];
  let running = true;
  let nobody = 0;
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (running) {
      const gate = balancer.pick();
      if (gate === undefined) nobody++;
      else answers.push(await caller.ask(gate.dataUrl));
      if (gate === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });

  const exits: (number | null)[] = [];
  for (let n = 1; n <= RESTARTS; n++) {
    const slot = n % 2;
    const leaving = balancer.members.get(slot)?.gate;
    exits.push((await leaving?.stop()) ?? null);
    const gate = await start(slot, n);
    balancer.members.set(slot, { gate, ready: false });
    await isReady(slot);
    const before = answers.length;
    await waitFor(async () => (answers.length > before + 20 ? true : undefined), 'traffic between two restarts');
  }
  running = false;
  await Promise.all(clients);
  await balancer.stop();
  for (const { gate } of balancer.members.values()) exits.push(await gate.stop());
  caller.close();
  await upstream.close();

  expect(nobody).toBe(0);
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(exits).toEqual(Array(RESTARTS + 2).fill(0));
  // Those who were asked while they drained said so.
  expect(answers.filter(({ closes }) => closes).length).toBeGreaterThan(0);

  const { rows, damage } = await captured(data);
  expect(damage).toEqual([]);
  expect(rows.length).toBe(answers.length);
  expect(new Set(rows.map((row) => row.decision_id))).toEqual(new Set(answers.map(({ decision }) => decision)));
  const replicas = byReplica(rows);
  expect(replicas.size).toBe(RESTARTS + 2);
  for (const [replica, ofReplica] of replicas) {
    expect(gaps(ofReplica)).toEqual([]);
    const pid = Number(/-(\d+)-[0-9a-z]+$/.exec(replica)?.[1]);
    expect(new Set(ofReplica.map(({ generation }) => generation))).toEqual(new Set([generations.get(pid)]));
  }
  for (const folder of [...folders, join(data, '..')]) rmSync(folder, { recursive: true, force: true });
}, 240_000);
