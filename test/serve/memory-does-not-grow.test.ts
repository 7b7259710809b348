// Promise 6, the process's half: memory and handles stay within bounds, however long it runs. Scale: HEADGATE_REQUESTS
// (default 30000); the first third is warm-up.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createCaller } from './caller.ts';
import { scrape, settled } from './scrape.ts';
import { inferenceUpstream, type ReadyGate, startServe, waitFor } from './served-gate.ts';

const REQUESTS = Number(process.env.HEADGATE_REQUESTS ?? 30_000);
const CONNECTIONS = 32;
/** 10 KB: kept by a record, a comparison, a shadow. */
const BODY = JSON.stringify({
  inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP64', data: [1] }],
  parameters: { padding: 'x'.repeat(10_000) },
});

/**
 * What may be added after the warm-up: indexes of recent decisions that are not full yet, and garbage that V8 is in no hurry
 * to collect. A leak of every body goes beyond it.
 */
const growthMax = (requests: number): number => 100 * 1024 ** 2 + 0.15 * requests * BODY.length;

function residentBytes({ process: { pid } }: ReadyGate): number {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

const handles = ({ process: { pid } }: ReadyGate): number => readdirSync(`/proc/${pid}/fd`).length;

test.skipIf(process.platform !== 'linux')(
  `${REQUESTS} requests with shadows, capture and comparison: memory and handles stay where they are`,
  async () => {
    const upstreams = [await inferenceUpstream(), await inferenceUpstream(0.7)];
    const gate = await startServe(
      `listen: { host: 127.0.0.1, port: 0, drain: 1s }\nadmin: { port: 0 }\ndata: ./data\nmodels: { m: { versions: { one: { url: "${upstreams[0]?.url}" }, two: { url: "${upstreams[1]?.url}" } }, champion: one, mirror: { two: 25% }, sticky: { header: account-id }, timeout: { connect: 5s, firstByte: 20s, total: 30s } } }\n`,
    );
    const atRest = handles(gate);
    const run = async (count: number): Promise<void> => {
      const caller = createCaller(CONNECTIONS);
      const asks = Array.from({ length: count }, (_, n) => ({ unit: `acct-${n}`, body: BODY }));
      const answers = await caller.askAll(gate.dataUrl, asks);
      caller.close();
      expect(answers.filter(({ status }) => status !== 200).length).toBe(0);
    };
    const third = Math.ceil(REQUESTS / 3);
    await run(third);
    await settled(gate, third);
    const warm = residentBytes(gate);
    for (const _ of [2, 3]) await run(third);
    const numbers = await settled(gate, 3 * third);
    expect(residentBytes(gate) - warm).toBeLessThan(growthMax(2 * third));
    expect(numbers('headgate_decisions_total', { role: 'champion' })).toBe(3 * third);

    // Clients have left; what stays open are kept connections to the upstreams, which are bounded.
    await waitFor(
      async () => ((await scrape(gate))('headgate_connections') === 0 ? true : undefined),
      'clients to leave',
    );
    await waitFor(async () => (handles(gate) <= atRest + 8 ? true : undefined), 'handles to be closed');
    expect(await gate.stop()).toBe(0);
    await Promise.all(upstreams.map((upstream) => upstream.close()));
  },
  300_000,
);
