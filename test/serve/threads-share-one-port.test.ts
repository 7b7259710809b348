// listen.threads: several threads accept on one port, stick alike, and their counters add up.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Caller, createCaller } from './caller.ts';
import { scrape, settled } from './scrape.ts';
import { inferenceUpstream, startServe, startUpstream, type Upstream, waitFor } from './served-gate.ts';

let upstream: Upstream;
let caller: Caller;
beforeAll(async () => {
  upstream = await inferenceUpstream();
  caller = createCaller(32);
});
afterAll(async () => {
  caller.close();
  await upstream.close();
});

const yaml = (url: string, listen: string): string =>
  `listen: { host: 127.0.0.1, drain: 1s, threads: 2, ${listen} }\nadmin: { port: 0 }\ndata: ./data\nmodels: { m: { versions: { one: { url: "${url}" }, two: { url: "${url}" } }, champion: one, split: { one: 60, two: 40 }, sticky: { header: account-id }, timeout: { connect: 5s, firstByte: 30s, total: 40s } } }\n`;

/** Every thread may have one call in flight: as many as hang are threads that have taken connections. */
test('both threads take connections', async () => {
  const hanging: ServerResponse[] = [];
  const slow = await startUpstream((request, response) => {
    request.resume();
    hanging.push(response);
  });
  const gate = await startServe(yaml(slow.url, 'port: 0, inflight: 1'));
  // A connection each, so that the kernel spreads them; those that find their thread busy are refused.
  const callers = Array.from({ length: 64 }, () => createCaller(1));
  const asking = callers.map((one) => one.ask(gate.dataUrl));
  await waitFor(async () => {
    const numbers = await scrape(gate);
    return numbers('headgate_refused_total', { code: 'overloaded' }) === 62 ? true : undefined;
  }, 'all but one call per thread to be refused');
  expect((await scrape(gate))('headgate_inflight')).toBe(2);
  for (const response of hanging) response.end('{"outputs":[]}');
  const statuses = (await Promise.all(asking)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200).length).toBe(2);
  expect(statuses.filter((status) => status === 503).length).toBe(62);
  for (const one of callers) one.close();
  expect(await gate.stop()).toBe(0);
  await slow.close();
});

test('a unit sticks whichever thread it meets, and the counters of both add up', async () => {
  const port = await freePort();
  const gate = await startServe(yaml(upstream.url, `port: ${port}`));
  expect(new URL(gate.dataUrl).port).toBe(String(port));
  const asks = Array.from({ length: 200 }, (_, n) => ({ unit: `acct-${n}` }));
  const first = (await caller.askAll(gate.dataUrl, asks)).map(({ version }) => version);
  for (let round = 0; round < 4; round++) {
    // Other connections, hence other threads.
    const other = createCaller(32);
    const answers = await other.askAll(gate.dataUrl, asks);
    expect(answers.map(({ version }) => version)).toEqual(first);
    other.close();
  }
  const numbers = await settled(gate, 1000);
  expect(numbers('headgate_decisions_total')).toBe(1000);
  for (const version of ['one', 'two']) {
    const expected = 5 * first.filter((name) => name === version).length;
    expect(numbers('headgate_decisions_total', { version })).toBe(expected);
  }
  expect(numbers('headgate_received_total')).toBe(1000);
  expect(numbers('headgate_capture_captured_total')).toBe(1000);
  expect(await gate.stop()).toBe(0);
});

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
