// durability: acked. Nothing that the client would take for a whole answer leaves before the record is on disk; without the
// record the client hears so, in time; what is not recorded, and shadows, wait for nothing; the bytes are the same.

import { afterEach, expect, test } from 'vitest';
import type { Awaited } from '../../src/capture/handover/settling.ts';
import type { ModelPlan } from '../../src/config/plan.ts';
import { failureIndex } from '../../src/errors.ts';
import { model, plan, standstill, startGate, type TestGate, until, version } from './gate-fixture.ts';
import { answering, ask, dial, type RawUpstream, rawUpstream, request, statusOf, valuesOf } from './wire.ts';

const ACKED = {
  sample: 1,
  bodies: 'full',
  redact: [],
  redactHeaders: [],
  hash: null,
  headers: [],
  durability: 'acked',
} as const;
const POST = request('POST', '/v2/models/m/infer', ['headgate-decision: d-1'], '{}');

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

interface Acked {
  readonly gate: TestGate;
  readonly awaited: Awaited[];
  /** The oldest record that is waited for is on disk, or lost. */
  settle(captured: boolean): Promise<void>;
}

async function acked(upstream: RawUpstream, changes: Partial<ModelPlan> = {}, timeoutMs = 60_000): Promise<Acked> {
  const awaited: Awaited[] = [];
  const made = plan([model([version('champion', upstream.url)], { capture: ACKED, ...changes })], {
    bodyBytesHeld: 64 * 1024,
  });
  const captures = { ...made.captures, commit: { ...made.captures.commit, timeoutMs } };
  const gate = await startGate({ ...made, captures }, { onAwaited: (one) => awaited.push(one) });
  open.push(upstream, gate);
  return {
    gate,
    awaited,
    async settle(captured) {
      await until(() => awaited.length > 0, 'a record that is waited for');
      const { slab = 0, records = [] } = awaited.shift() ?? {};
      gate.gateway.settle({ kind: 'settled', slab, lost: captured ? [] : [...records.keys()] });
    },
  };
}

const head = (more: string): string => `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${more}\r\n\r\n`;

test('no byte of an answer leaves before its record is on disk, and then all of it, as it came', async () => {
  const { gate, awaited, settle } = await acked(await answering(`${head('Content-Length: 4')}true`));
  const wire = await dial(gate.port);
  wire.write(POST);
  await until(() => awaited.length === 1, 'the record');
  await standstill(() => wire.buffer.length, 30);
  expect(wire.text).toBe('');
  const [record] = await gate.records(1);
  expect(record).toMatchObject({ decisionId: 'd-1', status: 200, failure: -1, responseBytes: 4 });
  await settle(true);
  const answer = await wire.message();
  expect(statusOf(answer)).toBe(200);
  expect(answer.body.toString()).toBe('true');
  await gate.settled();
  expect((await gate.records(1)).length).toBe(1);
  expect(gate.counter('champion', 'champion', 'statuses', 2)).toBe(1);
});

test('an answer whose record is lost is a 503 that says so, and counts', async () => {
  const { gate, settle } = await acked(await answering(`${head('Content-Length: 4')}true`));
  const wire = await dial(gate.port);
  wire.write(POST);
  await settle(false);
  const answer = await wire.message();
  expect(statusOf(answer)).toBe(503);
  expect(valuesOf(answer.headers, 'headgate-error')).toEqual(['capture_unavailable']);
  expect(valuesOf(answer.headers, 'retry-after')).toEqual(['1']);
  expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'capture_unavailable', decision: 'd-1' });
  await gate.settled();
  expect(gate.counter('champion', 'champion', 'failures', failureIndex('capture_unavailable'))).toBe(1);
  expect((await gate.records(1)).length).toBe(1);
});

test('the wait has an end: then 503, and what comes later is nobody’s', async () => {
  const { gate, settle } = await acked(await answering(`${head('Content-Length: 4')}true`), {}, 50);
  const answer = await ask(gate.port, POST);
  expect(statusOf(answer)).toBe(503);
  expect(JSON.parse(answer.body.toString()).detail).toMatch(/not on disk within 50 ms/);
  await settle(true);
  await gate.settled();
});

test('where no slab is left there is nothing to wait for', async () => {
  const upstream = await answering(`${head('Content-Length: 4')}true`);
  const made = plan([model([version('champion', upstream.url)], { capture: ACKED })]);
  const gate = await startGate(made, { returnSlabs: false, onAwaited: () => undefined });
  open.push(upstream, gate);
  // Each is handed over in a slab of its own, and no slab comes back.
  const wires = [];
  for (let i = 0; i < 64; i++) {
    const wire = await dial(gate.port);
    wire.write(POST);
    wires.push(wire);
    await gate.records(i + 1);
  }
  const answer = await ask(gate.port, POST);
  expect(statusOf(answer)).toBe(503);
  expect(valuesOf(answer.headers, 'headgate-error')).toEqual(['capture_unavailable']);
  for (const wire of wires) wire.destroy();
  await gate.settled();
});

test('a failure of the upstream is answered once it is on record', async () => {
  const upstream = await rawUpstream(async (wire) => {
    await wire.message();
    wire.write(`${head('Content-Length: 9')}half`);
    wire.reset();
  });
  const { gate, awaited, settle } = await acked(upstream, { fallback: false });
  const wire = await dial(gate.port);
  wire.write(POST);
  await until(() => awaited.length === 1, 'the record');
  expect(wire.text).toBe('');
  await settle(true);
  const answer = await wire.message();
  // Nothing of the half had left: the client is told, where it would else have met a broken connection.
  expect(statusOf(answer)).toBe(502);
  expect(valuesOf(answer.headers, 'headgate-error')).toEqual(['upstream_reset']);
  const [record] = await gate.records(1);
  expect(record).toMatchObject({ status: 502, failure: failureIndex('upstream_reset'), responseBytes: 0 });
  await gate.settled();
});

test.each([
  ['an announced length', 'Content-Length: 200000', 'x'.repeat(200_000), false],
  ['chunks', 'Transfer-Encoding: chunked', `30d40\r\n${'x'.repeat(200_000)}\r\n0\r\n\r\n`, false],
  ['events', 'Content-Type: text/event-stream\r\nTransfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n', true],
])('a long answer with %s goes out as it comes, but for its end', async (_, framing, body, short) => {
  for (const captured of [true, false]) {
    const upstream = await answering(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n${body}`);
    const { gate, awaited, settle } = await acked(upstream);
    const wire = await dial(gate.port);
    wire.write(POST);
    await until(() => awaited.length === 1, 'the record');
    await until(() => wire.text.includes(short ? 'hello' : 'xxxxx'), 'what goes before');
    await standstill(() => wire.buffer.length, 30);
    const [got = '', sent = ''] = [wire.text.split('\r\n\r\n', 2)[1], body];
    expect(got.replaceAll(/[^x]/g, '').length).toBeLessThanOrEqual(200_000);
    expect(wire.text.endsWith('0\r\n\r\n')).toBe(false);
    expect(wire.ended).toBe('no');
    if (framing.startsWith('Content-Length')) expect(got.length).toBeLessThan(sent.length);
    await settle(captured);
    if (captured) expect((await wire.message()).body.length).toBe(short ? 5 : 200_000);
    else await wire.over();
    await gate.settled();
  }
});

test('what sampling leaves out waits for nothing, nor does a shadow', async () => {
  const upstream = await answering(`${head('Content-Length: 4')}true`);
  const shadow = await answering(`${head('Content-Length: 4')}true`);
  const versions = [version('champion', upstream.url), version('watcher', shadow.url)];
  const mirrors = [{ version: 1, share: 1, timeoutMs: 2000, callsMax: 64, bytesMax: 1024 ** 2 }];
  const made = plan([model(versions, { capture: { ...ACKED, sample: 0 }, mirrors })]);
  const awaited: Awaited[] = [];
  const gate = await startGate(made, { onAwaited: (one) => awaited.push(one) });
  open.push(upstream, shadow, gate);
  expect(statusOf(await ask(gate.port, POST))).toBe(200);
  await gate.records(2);
  gate.swap(plan([model(versions, { capture: ACKED, mirrors })]));
  const wire = await dial(gate.port);
  wire.write(POST);
  const records = await gate.records(4);
  expect(records.map(({ role }) => role).sort()).toEqual(['champion', 'champion', 'shadow', 'shadow']);
  await until(() => awaited.length === 1, 'the record');
  expect(awaited[0]?.records.length).toBe(1);
  wire.destroy();
  await gate.settled();
});

test('a client that leaves while it waits leaves one record', async () => {
  const { gate, awaited, settle } = await acked(await answering(`${head('Content-Length: 4')}true`));
  const wire = await dial(gate.port);
  wire.write(POST);
  await until(() => awaited.length === 1, 'the record');
  wire.reset();
  await until(() => gate.inflight() === 0, 'the end of the decision');
  await settle(true);
  await gate.settled();
  expect((await gate.records(1)).length).toBe(1);
});

test('the bytes are those of a gate that does not wait', async () => {
  const answers = [
    `${head('Content-Length: 4')}true`,
    `${head('Content-Length: 0')}`,
    'HTTP/1.1 204 No Content\r\n\r\n',
    `${head('Transfer-Encoding: chunked\r\nTrailer: x-sum')}3\r\nabc\r\n2\r\nde\r\n0\r\nx-sum: 1\r\n\r\n`,
    `HTTP/1.1 404 Nicht da\r\nX-A: b\r\nx-a: \xe9\r\nContent-Length: 1\r\n\r\n!`,
  ];
  for (const answer of answers) {
    const upstream = await answering(Buffer.from(answer, 'latin1'));
    const versions = [version('champion', upstream.url)];
    const gate = await startGate(plan([model(versions)]));
    open.push(upstream, gate);
    for (const method of ['POST', 'HEAD']) {
      if (method === 'HEAD' && answer.includes('chunked')) continue;
      const message = request(method, '/v2/models/m/infer', ['headgate-decision: d-1', 'TE: trailers']);
      gate.swap(plan([model(versions)]));
      const plain = await ask(gate.port, message, method === 'HEAD');
      gate.swap(plan([model(versions, { capture: ACKED })]));
      const held = await ask(gate.port, message, method === 'HEAD');
      for (const part of ['startLine', 'headers', 'body', 'trailers', 'framing'] as const)
        expect(held[part]).toEqual(plain[part]);
      plain.wire.destroy();
      held.wire.destroy();
    }
    await gate.settled();
  }
});
