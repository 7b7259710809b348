import { expect, test } from 'vitest';
import { startPulse } from '../../src/gateway/pulse.ts';
import { until } from './gate-fixture.ts';

test('a loop that was blocked shows within two seconds, and so does the collection of garbage', async () => {
  const BLOCKED_MS = 150;
  const told: { p99Ms: number; maxMs: number }[] = [];
  let collectedMs = 0;
  let longestMs = 0;
  const pulse = startPulse({
    loopDelay: (p99Ms, maxMs) => told.push({ p99Ms, maxMs }),
    collected(ms) {
      collectedMs += ms;
    },
    longestCollection(ms) {
      longestMs = Math.max(longestMs, ms);
    },
  });
  await until(() => told.length === 1, 'a first second');
  const garbage: unknown[] = [];
  for (const end = performance.now() + BLOCKED_MS; performance.now() < end; ) garbage.push(new Array(1000).fill({}));
  await until(() => told.length === 2, 'the next second');
  expect(told[1]?.maxMs).toBeGreaterThan(BLOCKED_MS / 2);
  expect(garbage.length).toBeGreaterThan(0);
  await until(() => collectedMs > 0 && longestMs > 0, 'collections, and the longest of them');
  expect(longestMs).toBeLessThanOrEqual(collectedMs);
  pulse.stop();
});
