import { expect, test } from 'vitest';
import type { CallListener, OutgoingRequest } from '../../src/http/call.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { createBreaker } from '../../src/upstream/breaker.ts';
import { callEndpoint, createEndpoint } from '../../src/upstream/endpoint.ts';
import { createRetryBudget } from '../../src/upstream/retry-budget.ts';
import type { Transport } from '../../src/upstream/transport.ts';

const REQUEST: OutgoingRequest = {
  method: 'GET',
  path: '/',
  headers: '',
  takesTrailers: false,
  announced: -1,
  host: '',
  body: null,
  trailers: null,
};
const LISTENER: CallListener = {
  callSent() {},
  callInformed() {},
  callStarted() {},
  callData() {},
  callEnded() {},
  callFailed() {},
};

test('a call that throws is on no book: a half-open breaker still has its trial to give', () => {
  const clock = createManualClock();
  const breaker = createBreaker({ failures: 1, openMs: 100 }, clock);
  let faulty = true;
  const transport: Transport = {
    call() {
      if (faulty) throw new Error('cannot be written');
      return { abort() {}, pause() {}, resume() {} };
    },
    close: () => Promise.resolve(),
    destroy: () => Promise.resolve(),
  };
  const state = { breaker, healthy: true, inflight: 0 };
  const endpoint = createEndpoint({ origin: 'http://a:80', path: null }, ['m', 'primary', 'one'], transport, state);
  breaker.failed(breaker.taken());
  clock.advance(100);
  expect(() => callEndpoint(endpoint, REQUEST, LISTENER)).toThrow('cannot be written');
  expect(state.inflight).toBe(0);
  expect(breaker.admits()).toBe(true);
  faulty = false;
  const call = callEndpoint(endpoint, REQUEST, LISTENER);
  expect([state.inflight, breaker.admits()]).toEqual([1, false]);
  call.release('succeeded');
  call.release('failed');
  expect([state.inflight, breaker.state]).toEqual([0, 'closed']);
});

test.each([
  ['http://models.test:80', 'models.test'],
  ['https://models.test:443', 'models.test'],
  ['http://models.test:443', 'models.test:443'],
  ['https://models.test:80', 'models.test:80'],
  ['http://127.0.0.1:9101', '127.0.0.1:9101'],
  ['https://[::1]:443', '[::1]'],
  ['http://[::1]:8080', '[::1]:8080'],
])('the host of %s is %s, as a client names it', (origin, host) => {
  const transport: Transport = {
    call: () => ({ abort() {}, pause() {}, resume() {} }),
    close: () => Promise.resolve(),
    destroy: () => Promise.resolve(),
  };
  const breaker = createBreaker({ failures: 1, openMs: 1 }, createManualClock());
  const state = { breaker, healthy: true, inflight: 0 };
  expect(createEndpoint({ origin, path: null }, ['m', 'primary', 'one'], transport, state).authority).toBe(host);
});

test('a budget keeps what it has saved when its fraction changes, and gives nothing at 0', () => {
  const budget = createRetryBudget(0);
  expect(budget.take()).toBe(false);
  budget.configure(0.5);
  for (let i = 0; i < 10; i++) expect(budget.take()).toBe(true);
  expect(budget.take()).toBe(false);
  budget.called();
  budget.configure(0.6);
  expect(budget.take()).toBe(false);
  budget.called();
  expect(budget.take()).toBe(true);
  budget.configure(0);
  budget.called();
  budget.called();
  expect(budget.take()).toBe(false);
});
