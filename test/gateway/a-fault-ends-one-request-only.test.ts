// An exception inside the data path is a fault of the gate's own. It ends the request that met it, with 500 or, where the
// head has left, with a broken connection; it is reported with its stack and counted; nothing else notices.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { failureIndex } from '../../src/errors.ts';
import { Answer } from '../../src/gateway/answer.ts';
import { Calls } from '../../src/gateway/calls.ts';
import { RequestBody } from '../../src/gateway/request-body.ts';
import { raw } from '../../src/protocols/raw.ts';
import type { TestGate } from './gate-fixture.ts';
import { model, plan, startGate, until, version } from './gate-fixture.ts';

const upstream = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    if (request.url === '/silent') return;
    if (request.url === '/reset') request.socket.destroy();
    else {
      // Without a length: only the end says that it is whole.
      response.write('hel');
      response.end('lo');
    }
  });
});
let url = '';
let gate: TestGate;

const fault = (): never => {
  throw new Error('injected fault');
};

beforeAll(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
});

afterAll(() => {
  upstream.closeAllConnections();
  upstream.close();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await gate.close();
});

const start = async (): Promise<void> => {
  gate = await startGate(
    plan([model([version('champion', url)], { timeout: { connectMs: 250, firstByteMs: 100, totalMs: 5000 } })]),
  );
};

async function call(path: string): Promise<{ readonly status: number; readonly code: string | null } | 'broken'> {
  try {
    const response = await fetch(`${gate.url}${path}`, { method: 'POST', body: 'a body' });
    await response.text();
    return { status: response.status, code: response.headers.get('headgate-error') };
  } catch {
    return 'broken';
  }
}

/** Nothing is left of the request, one fault was reported, and the next request is served. */
async function survived(faults = 1): Promise<void> {
  vi.restoreAllMocks();
  await until(() => gate.inflight() === 0 && gate.counter('champion', 'champion', 'inflight') === 0, 'a quiet gate');
  expect(gate.problems.map(String)).toEqual(Array(faults).fill('Error: injected fault'));
  for (const problem of gate.problems) expect((problem as Error).stack).toMatch(/src\/gateway\//);
  expect(await call('/x')).toEqual({ status: 200, code: null });
}

test.each([
  ['before a model is known', () => vi.spyOn(raw, 'isDecision').mockImplementationOnce(fault), '/x'],
  ['with a piece of the body', () => vi.spyOn(RequestBody.prototype, 'take').mockImplementationOnce(fault), '/x'],
  ['at the end of the body', () => vi.spyOn(RequestBody.prototype, 'end').mockImplementationOnce(fault), '/x'],
  ['as the call begins', () => vi.spyOn(Calls.prototype, 'begin').mockImplementationOnce(fault), '/x'],
])('%s: 500 internal, counted as refused', async (_when, inject, path) => {
  const spy = inject();
  await start();
  expect(await call(path)).toEqual({ status: 500, code: 'internal' });
  expect(spy).toHaveBeenCalled();
  await until(() => gate.refused('internal') === 1, 'the count');
  await survived();
});

test.each([
  ['when the upstream fails', () => vi.spyOn(Calls.prototype, 'ended').mockImplementationOnce(fault), '/reset'],
  ['at a deadline', () => vi.spyOn(Calls.prototype, 'stop').mockImplementationOnce(fault), '/silent'],
])('%s: 500 internal, recorded as that', async (_when, inject, path) => {
  await start();
  inject();
  expect(await call(path)).toEqual({ status: 500, code: 'internal' });
  const [record] = await gate.records(1);
  expect(record).toMatchObject({ status: 500, failure: failureIndex('internal') });
  expect(gate.counter('champion', 'champion', 'failures', failureIndex('internal'))).toBe(1);
  await survived();
});

test.each([
  ['with a piece of the answer', () => vi.spyOn(Answer.prototype, 'take').mockImplementationOnce(fault)],
  ['at the end of the answer', () => vi.spyOn(Calls.prototype, 'ended').mockImplementationOnce(fault)],
])('%s: the connection is broken, the record says why', async (_when, inject) => {
  await start();
  inject();
  expect(await call('/x')).toBe('broken');
  const [record] = await gate.records(1);
  expect(record).toMatchObject({ status: 200, failure: failureIndex('internal') });
  await survived();
});

test('a fault while a fault is being dealt with: the connection is broken, the books are closed', async () => {
  await start();
  vi.spyOn(RequestBody.prototype, 'abandon').mockImplementation(fault);
  expect(await call('/reset')).toBe('broken');
  await survived(2);
});

test('requests beside the one that met a fault do not notice', async () => {
  await start();
  let decisions = 0;
  const begin = Calls.prototype.begin;
  vi.spyOn(Calls.prototype, 'begin').mockImplementation(function (this: Calls, ...args) {
    // A retry begins again: on a busy machine some of these connections take longer than they may.
    if (this.version !== -1) return begin.apply(this, args);
    decisions++;
    return decisions % 10 === 0 ? fault() : begin.apply(this, args);
  });
  const answers = await Promise.all(Array.from({ length: 200 }, () => call('/x')));
  const codes = answers.map((answer) => (answer === 'broken' ? answer : answer.status));
  expect(codes.filter((code) => code === 200).length).toBe(180);
  expect(codes.filter((code) => code === 500).length).toBe(20);
  await until(() => gate.refused('internal') === 20, 'the count');
  await survived(20);
});
