import { expect, test } from 'vitest';
import { createManualClock } from '../../src/kernel/clock.ts';
import { createBreaker } from '../../src/upstream/breaker.ts';

const options = { failures: 2, openMs: 100 };

test('consecutive failures open it; a success in between starts the count again', () => {
  const breaker = createBreaker(options, createManualClock());
  breaker.failed(breaker.taken());
  breaker.succeeded(breaker.taken());
  breaker.failed(breaker.taken());
  expect(breaker.state).toBe('closed');
  breaker.failed(breaker.taken());
  expect(breaker.state).toBe('open');
  expect(breaker.admits()).toBe(false);
});

test('calls that began before it opened neither close it, nor end its trial, nor lengthen its wait', () => {
  const clock = createManualClock();
  const breaker = createBreaker(options, clock);
  const old = [breaker.taken(), breaker.taken(), breaker.taken(), breaker.taken(), breaker.taken()];
  breaker.failed(old[0] === true);
  breaker.failed(old[1] === true);
  breaker.succeeded(old[2] === true);
  expect(breaker.state).toBe('open');
  breaker.failed(old[3] === true);
  clock.advance(100);
  expect(breaker.state).toBe('half-open');
  const trial = breaker.taken();
  expect(trial).toBe(true);
  breaker.abandoned(old[4] === true);
  expect(breaker.admits()).toBe(false);
  breaker.succeeded(trial);
  expect(breaker.state).toBe('closed');
});

test('each failed trial doubles the wait, up to eight times; success forgets', () => {
  const clock = createManualClock();
  const breaker = createBreaker(options, clock);
  breaker.failed(breaker.taken());
  breaker.failed(breaker.taken());
  for (const wait of [100, 200, 400, 800, 800]) {
    clock.advance(wait - 1);
    expect(breaker.admits()).toBe(false);
    clock.advance(1);
    expect(breaker.admits()).toBe(true);
    breaker.failed(breaker.taken());
  }
  clock.advance(800);
  breaker.succeeded(breaker.taken());
  breaker.failed(breaker.taken());
  breaker.failed(breaker.taken());
  clock.advance(100);
  expect(breaker.admits()).toBe(true);
});

test('a trial that was abandoned leaves room for another', () => {
  const clock = createManualClock();
  const breaker = createBreaker(options, clock);
  breaker.failed(breaker.taken());
  breaker.failed(breaker.taken());
  clock.advance(100);
  const trial = breaker.taken();
  expect(breaker.admits()).toBe(false);
  breaker.abandoned(trial);
  expect(breaker.admits()).toBe(true);
});
