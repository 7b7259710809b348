import { afterEach, expect, test } from 'vitest';
import type { RetryPlan } from '../../src/config/plan.ts';
import type { TestGate } from '../gateway/gate-fixture.ts';
import { model, plan, startGate, until, version } from '../gateway/gate-fixture.ts';
import type { RawUpstream, Wire } from '../gateway/wire.ts';
import { dial, OK, rawUpstream, request, statusOf, valuesOf } from '../gateway/wire.ts';

// A kept connection may be closed by the upstream at the very moment it is used again. What was sent over it then may have
// been executed or not: it is sent again only where that does no harm, or the model says so, and never once an answer began.

let gate: TestGate;
let upstream: RawUpstream;
let client: Wire;
let executed: string[];

afterEach(async () => {
  client.destroy();
  await gate.settled();
  await gate.close();
  await upstream.close();
});

type Death = (wire: Wire) => void | Promise<void>;

/** The first request on each connection is answered; a second on the first connection meets its death. */
async function start(death: Death, fastLane: boolean, on: RetryPlan['on'] = ['connect']): Promise<void> {
  executed = [];
  upstream = await rawUpstream(async (wire, self) => {
    for (let turn = 0; ; turn++) {
      const { startLine, body } = await wire.message();
      executed.push(`${startLine.split(' ')[0]} ${body}`);
      if (turn === 1 && self.wires[0] === wire) await death(wire);
      else wire.write(OK);
    }
  });
  gate = await startGate(
    plan([model([version('champion', upstream.url)], { retry: { attempts: 2, on, budget: 1 } })], { fastLane }),
  );
  client = await dial(gate.port);
  client.write(request('POST', '/m', [], 'first'));
  expect(statusOf(await client.message())).toBe(200);
}

const DEATHS = {
  'a reset': (wire) => wire.reset(),
  'an end': (wire) => wire.end(),
  'half a head': async (wire) => {
    wire.write('HTTP/1.1 20');
    await new Promise((resolve) => setTimeout(resolve, 20));
    wire.end();
  },
  'an interim answer': async (wire) => {
    wire.write('HTTP/1.1 102 Processing\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 20));
    wire.reset();
  },
} satisfies Record<string, Death>;

type Case = readonly [death: keyof typeof DEATHS, method: string, on: RetryPlan['on'], status: number, times: number];

const CASES: readonly Case[] = [
  ['a reset', 'GET', ['connect'], 200, 2],
  ['an end', 'GET', ['connect'], 200, 2],
  ['a reset', 'POST', ['connect'], 502, 1],
  ['an end', 'POST', ['connect'], 502, 1],
  ['a reset', 'DELETE', ['connect'], 502, 1],
  ['a reset', 'POST', ['connect', 'reset'], 200, 2],
  ['an end', 'POST', ['connect', 'reset'], 200, 2],
  ['half a head', 'POST', ['connect', 'reset'], 502, 1],
  ['half a head', 'GET', ['connect', 'reset'], 502, 1],
  ['an interim answer', 'POST', ['connect', 'reset'], 502, 1],
  ['an interim answer', 'GET', ['connect'], 502, 1],
];

test.each(CASES)(
  '%s where %s waits, with retry.on %j: %i, sent %i time(s)',
  async (...[death, method, on, status, times]) => {
    await start(DEATHS[death], true, on);
    client.write(request(method, '/m', [], 'second'));
    const answer = await client.message();
    expect(statusOf(answer)).toBe(status);
    if (status === 502) expect(valuesOf(answer.headers, 'headgate-error')).toEqual(['upstream_reset']);
    expect(executed).toEqual(['POST first', ...Array<string>(times).fill(`${method} second`)]);
    // A DELETE decides nothing, and is not recorded.
    if (method !== 'DELETE') expect((await gate.records(2))[1]).toMatchObject({ attempts: times, status });
  },
);

test.each([true, false])('an interim answer counts as one in either lane (fast lane %s)', async (fastLane) => {
  await start(DEATHS['an interim answer'], fastLane, ['connect', 'reset']);
  client.write(request('POST', '/m', [], 'second'));
  expect(statusOf(await client.message())).toBe(502);
  expect(executed).toEqual(['POST first', 'POST second']);
});

test('an answer that breaks off in its body is never asked for again', async () => {
  await start(
    (wire) => {
      wire.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
      setTimeout(() => wire.reset(), 20);
    },
    true,
    ['connect', 'reset'],
  );
  client.write(request('GET', '/m', [], 'second'));
  await client.seen('half');
  expect(['end', 'reset']).toContain(await client.over());
  expect(executed).toEqual(['POST first', 'GET second']);
});

test('an end that crosses the request on its way: the request was not read, and POST is not sent again all the same', async () => {
  await start(DEATHS['an end'], true);
  const [kept] = upstream.wires;
  kept?.socket.pause();
  kept?.socket.end();
  client.write(request('POST', '/m', [], 'second'));
  const answer = await client.message();
  // Either the end was seen in time, and another connection was opened, or it was not: then nobody knows.
  expect([200, 502]).toContain(statusOf(answer));
  expect(executed.filter((one) => one === 'POST second').length).toBeLessThanOrEqual(1);
});

test('a connection that says how long it is kept is not used beyond that, nor one that is kept no longer', async () => {
  executed = [];
  upstream = await rawUpstream(async (wire) => {
    for (;;) {
      const { startLine } = await wire.message();
      executed.push(startLine.split(' ')[0] ?? '');
      wire.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok');
    }
  });
  gate = await startGate(plan([model([version('champion', upstream.url, { connectionsMax: 1 })])], { fastLane: true }));
  client = await dial(gate.port);
  const other = await dial(gate.port);
  for (const wire of [client, other]) wire.write(request('POST', '/m', [], 'a'));
  for (const wire of [client, other]) expect(statusOf(await wire.message())).toBe(200);
  await until(() => upstream.wires.every(({ ended }) => ended !== 'no'), 'the end of both connections');
  expect(upstream.wires.length).toBe(2);
  other.destroy();
});
