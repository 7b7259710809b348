// The bounds of a group commit: records are written once their group has 1 MiB, without anybody asking, and not before; else when the
// monitor's clock comes round, every 50 ms unless configured otherwise.

import { afterEach, expect, test, vi } from 'vitest';
import { startTicks } from '../../src/monitor/ticks.ts';
import { openCapture } from './open-capture.ts';
import { modelPlan } from './plans.ts';
import { exchange } from './records.ts';

const OF = { generation: 'g', model: modelPlan() };
const NOTHING = { features: null, predictions: null };
const MIB = 1024 ** 2;

afterEach(() => {
  vi.useRealTimers();
});

test('a group of 1 MiB is written without waiting for its time, a smaller one waits', async () => {
  const { capture } = await openCapture();
  const append = (bytes: number): void =>
    capture.append(exchange({ request: [new Uint8Array(bytes)], requestBytes: bytes }), OF, NOTHING);
  for (let i = 0; i < 9; i++) append(100 * 1024);
  const waiting = capture.totals();
  expect(waiting).toMatchObject({ captured: 0, pending: 9 });
  expect(waiting.pendingBytes).toBeLessThan(2 * MIB);
  await new Promise((resolve) => setImmediate(resolve));
  expect(capture.totals().captured).toBe(0);
  for (let i = 0; i < 3; i++) append(100 * 1024);
  await vi.waitFor(() => expect(capture.totals().captured).toBeGreaterThanOrEqual(9), { timeout: 10_000 });
  await capture.close();
  expect(capture.totals()).toMatchObject({ captured: 12, pending: 0 });
});

test('a group that is smaller is written when its time is up, and that time can be changed', () => {
  vi.useFakeTimers();
  let flushes = 0;
  const nothing = (): void => undefined;
  const takers = {
    capture: {
      async flush() {
        flushes += 1;
      },
    },
    store: { tick: nothing },
    traffic: { tick: nothing },
    drift: { tick: nothing },
    comparer: { sweep: nothing },
    fault: (error: unknown): never => {
      throw error;
    },
  } as unknown as Parameters<typeof startTicks>[0];
  const ticks = startTicks(takers, 50);
  vi.advanceTimersByTime(49);
  expect(flushes).toBe(0);
  vi.advanceTimersByTime(1);
  expect(flushes).toBe(1);
  vi.advanceTimersByTime(100);
  expect(flushes).toBe(3);
  ticks.flushEvery(200);
  vi.advanceTimersByTime(199);
  expect(flushes).toBe(3);
  vi.advanceTimersByTime(1);
  expect(flushes).toBe(4);
  ticks.stop();
  vi.advanceTimersByTime(1000);
  expect(flushes).toBe(4);
});
