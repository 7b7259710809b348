import { afterEach, expect, test } from 'vitest';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, startGate, until, version } from './gate-fixture.ts';
import type { RawUpstream } from './wire.ts';
import { answering, ask, dial, OK, rawUpstream, request, statusOf, valuesOf } from './wire.ts';

let gate: TestGate;
let upstream: RawUpstream;

afterEach(async () => {
  await gate.settled();
  await gate.close();
  await upstream.close();
});

test.each([
  ['of the gate', {}, { inflightMax: 2 }],
  ['of the model', { inflightMax: 2 }, {}],
])('over the limit %s: 503 with retry-after, before a byte of the body is read', async (_, more, listen) => {
  upstream = await rawUpstream(async (wire) => {
    await wire.message();
  });
  gate = await startGate(plan([model([version('champion', upstream.url)], more)], listen));
  const waiting = await Promise.all([dial(gate.port), dial(gate.port)]);
  for (const client of waiting) client.write(request('POST', '/m', [], '{}'));
  await until(() => upstream.wires.length === 2, 'two calls');
  // The body never comes: the refusal does not wait for it.
  const refused = await ask(gate.port, 'POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
  expect(statusOf(refused)).toBe(503);
  expect(valuesOf(refused.headers, 'headgate-error')).toEqual(['overloaded']);
  expect(valuesOf(refused.headers, 'retry-after')).toEqual(['1']);
  expect(gate.refused('overloaded')).toBe(1);
  refused.wire.destroy();
  upstream.wires[0]?.write(OK);
  await waiting[0]?.message();
  const admitted = await dial(gate.port);
  admitted.write(request('POST', '/m', [], '{}'));
  await until(() => gate.inflight() === 2, 'the next call');
  for (const client of [...waiting, admitted]) client.destroy();
});

test('a small body that was refused does not cost its connection', async () => {
  upstream = await answering(OK);
  gate = await startGate(plan([model([version('champion', upstream.url)], { inflightMax: 0 })]));
  const client = await dial(gate.port);
  for (let i = 0; i < 3; i++) {
    client.write(request('POST', '/m', [], '{"small":true}'));
    expect(statusOf(await client.message())).toBe(503);
  }
  client.destroy();
});

test('what no model matches is a 404, no_model; health of the port itself is answered', async () => {
  upstream = await answering(OK);
  const match = { paths: ['/v2/models/m'], methods: ['POST'], host: null, headers: {} };
  gate = await startGate(plan([model([version('champion', upstream.url)], { match })]));
  for (const target of ['/v2/models/mm/infer', '/', '/v2/models', '//v2/models/m']) {
    const answer = await ask(gate.port, request('POST', target, [], '{}'));
    expect(statusOf(answer)).toBe(404);
    expect(valuesOf(answer.headers, 'headgate-error')).toEqual(['no_model']);
    expect(valuesOf(answer.headers, 'content-type')).toEqual(['application/problem+json']);
    answer.wire.destroy();
  }
  expect(gate.refused('no_model')).toBe(4);
  for (const bytes of [request('GET', '/healthz'), 'GET /healthz HTTP/1.0\r\n\r\n', request('GET', '/readyz')]) {
    const answer = await ask(gate.port, bytes);
    expect(statusOf(answer)).toBe(200);
    answer.wire.destroy();
  }
  expect(upstream.wires.length).toBe(0);
});

test('calls that are no decisions go to the champion, unassigned, unmirrored and unrecorded', async () => {
  upstream = await answering(OK);
  const other = await answering(OK);
  gate = await startGate(
    plan([
      model([version('champion', upstream.url), version('challenger', other.url)], {
        protocol: 'open-inference',
        split: [0, 1],
        mirrors: [{ version: 1, share: 1, timeoutMs: 1000, callsMax: 8, bytesMax: 1e6 }],
        sticky: { source: { kind: 'header', name: 'account-id' }, missing: 'reject' },
      }),
    ]),
  );
  for (const path of ['/v2/models/m', '/v2/models/m/ready', '/v2/health/live']) {
    const answer = await ask(gate.port, request('GET', path));
    expect(statusOf(answer)).toBe(200);
    expect(valuesOf(answer.headers, 'headgate-version')).toEqual(['champion']);
    answer.wire.destroy();
  }
  expect(upstream.requests.length).toBe(3);
  expect(other.requests.length).toBe(0);
  const decision = await ask(gate.port, request('POST', '/v2/models/m/infer', ['account-id: a'], '{}'));
  expect(valuesOf(decision.headers, 'headgate-version')).toEqual(['challenger']);
  decision.wire.destroy();
  const records = await gate.records(1);
  expect(records.length).toBe(1);
  await other.close();
});

test('a connection over the limit is closed, and counted', async () => {
  upstream = await answering(OK);
  gate = await startGate(plan([model([version('champion', upstream.url)])], { connectionsMax: 2 }));
  const clients = [await dial(gate.port), await dial(gate.port)];
  await until(() => gate.gateCounter('connections') === 2, 'two connections');
  const third = await dial(gate.port);
  await until(() => gate.gateCounter('connectionsRefused') === 1, 'the third to be refused');
  expect(gate.gateCounter('connections')).toBe(2);
  for (const client of [...clients, third]) client.destroy();
});
