import { expect, test } from 'vitest';
import { createManualClock } from '../../src/kernel/clock.ts';
import { createMeters } from '../../src/telemetry/meters.ts';
import { createSums } from '../../src/telemetry/sums.ts';
import { createTraffic, TICKS } from '../../src/telemetry/traffic.ts';

function setup() {
  const clock = createManualClock();
  const sums = createSums();
  const meter = createMeters(0, sums.add).series('m', 'v', 'champion');
  const traffic = createTraffic(sums, clock);
  const second = (calls: number, ms = 4, status = 200) => {
    for (let i = 0; i < calls; i++) meter.finished('split', status, -1, ms, ms, 0, 0);
    clock.advance(1000);
    traffic.tick();
  };
  return { clock, traffic, second, of: () => traffic.of('m', 'v', 'champion') };
}

test('rates come from the time that passed, not from the number of ticks', () => {
  const { clock, traffic, second, of } = setup();
  expect(of()).toBeUndefined();
  second(100);
  clock.advance(3000);
  traffic.tick();
  expect(of()).toMatchObject({ total: 100, perSecond: 25, history: [100, 0] });
  traffic.tick();
  expect(of()?.history).toHaveLength(2);
});

test('the rate forgets what is long over, the totals never', () => {
  const { second, of } = setup();
  for (let i = 0; i < 5; i++) second(10, 4, 500);
  expect(of()).toMatchObject({ errors: 50, errorsPerSecond: 10 });
  for (let i = 0; i < 10; i++) second(20);
  expect(of()).toMatchObject({ errors: 50, errorsPerSecond: 0, perSecond: 20, total: 250 });
});

test('latencies are of the last minute', () => {
  const { second, of } = setup();
  for (let i = 0; i < 10; i++) second(10, 500);
  expect(of()?.latencyMs.p50).toBeGreaterThan(400);
  for (let i = 0; i < 61; i++) second(10, 2);
  expect(of()?.latencyMs.p99).toBeLessThanOrEqual(2);
});

test('the history is bounded and oldest first', () => {
  const { second, of } = setup();
  for (let i = 0; i < TICKS + 30; i++) second(i);
  const history = of()?.history ?? [];
  expect(history).toHaveLength(TICKS);
  expect([history[0], history.at(-1)]).toEqual([30, TICKS + 29]);
});
