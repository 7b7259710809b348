// Promise 5, the data path's half: reloads while requests run. Scale: HEADGATE_RELOADS (default 200).

import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { model, plan, startGate, until, version } from '../gateway/gate-fixture.ts';

const RELOADS = Number(process.env.HEADGATE_RELOADS ?? 200);
const CLIENTS = 8;

const upstream = createServer((message, response) => {
  message.resume();
  message.on('end', () => response.end(message.headers['x-n']));
});
let url = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
});

afterAll(() => {
  upstream.closeAllConnections();
  upstream.close();
});

/** Each generation differs in what matters most: shares, names of other versions, connections. */
function generation(n: number) {
  const versions = [version('champion', url), version('challenger', url, { connectionsMax: 8 + (n % 3) })];
  return plan([model(versions, { split: n % 2 === 0 ? [0.9, 0.1] : [0.5, 0.5] })]);
}

test(`${RELOADS} reloads under load: no failed request, no reset connection, each record of one generation`, async () => {
  const plans = [generation(0)];
  const gate = await startGate(plans[0] as ReturnType<typeof generation>);
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  let sent = 0;
  let right = 0;
  const wrong: string[] = [];
  let running = true;

  const one = (n: number): Promise<void> =>
    new Promise((resolve) => {
      const call = request(
        {
          agent,
          host: '127.0.0.1',
          port: gate.port,
          method: 'POST',
          path: '/x',
          headers: { 'x-n': String(n), 'account-id': `u${n}` },
        },
        (response) => {
          let body = '';
          response.on('data', (chunk: Buffer) => {
            body += chunk.toString();
          });
          response.on('end', () => {
            if (response.statusCode === 200 && body === String(n)) right++;
            else wrong.push(`${response.statusCode} ${body}`);
            resolve();
          });
        },
      );
      call.on('error', (error) => {
        wrong.push(error.message);
        resolve();
      });
      call.end('body');
    });
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (running) await one(sent++);
  });

  for (let n = 1; n <= RELOADS; n++) {
    const before = right;
    const next = generation(n);
    plans.push(next);
    gate.swap(next);
    await until(() => right > before, 'traffic between two reloads');
  }
  running = false;
  await Promise.all(clients);

  expect(wrong).toEqual([]);
  expect(right).toBe(sent);
  const records = await gate.records(sent);
  expect(records.length).toBe(sent);
  // Shares differ from one generation to the next: a decision under two of them shows.
  const splits = new Map(plans.map(({ serial, models }) => [serial, models[0]?.split]));
  const mixed = records.filter((one) => one.propensity !== splits.get(one.serial)?.[one.version]);
  expect(mixed.map(({ serial, version: given, propensity }) => ({ serial, given, propensity }))).toEqual([]);
  expect(new Set(records.map(({ serial }) => serial)).size).toBeGreaterThan(RELOADS / 2);
  expect(new Set(records.map(({ decisionId }) => decisionId)).size).toBe(sent);
  expect(gate.problems).toEqual([]);
  agent.destroy();
  await gate.close();
}, 60_000);

test('a request that arrives across a reload is answered, by a version that the reload has taken away', async () => {
  const before = plan([
    model([version('champion', url)], { sticky: { source: { kind: 'body', tokens: ['unit'] }, missing: 'random' } }),
  ]);
  const gate = await startGate(before);
  const answer = new Promise<number>((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', port: gate.port, method: 'POST', path: '/x', headers: { 'content-length': 13, 'x-n': '7' } },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    call.on('error', reject);
    call.write('{"unit"');
    // The gate has the head and half of the body once it counts the decision as under way.
    until(() => gate.inflight() === 1, 'the request to be under way')
      .then(() => {
        gate.swap(plan([model([version('other', `${url}/elsewhere`)])]));
        call.end(':"u1"}');
      })
      .catch(reject);
  });
  expect(await answer).toBe(200);
  const [record] = await gate.records(1);
  expect(record).toMatchObject({ serial: before.serial, unit: 'u1', status: 200, failure: -1 });
  await gate.close();
});
