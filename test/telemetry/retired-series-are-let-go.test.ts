import { expect, test } from 'vitest';
import { createMeters, type MeterBlock } from '../../src/telemetry/meters.ts';
import { createSums, totalOf } from '../../src/telemetry/sums.ts';

test('a series leaves the sums when all threads have retired it, and never goes back before', () => {
  const sums = createSums();
  const add = (block: MeterBlock): void => sums.add(block);
  const threads = [createMeters(0, add), createMeters(1, add)];
  const [first, second] = threads.map((meters) => meters.series('m', 'v', 'champion'));
  const count = (meter = first): void => meter?.finished('split', 200, -1, 1, 1, 0, 0);
  const total = (): number | undefined => {
    sums.refresh();
    return sums.series[0] === undefined ? undefined : totalOf(sums.series[0].cells);
  };
  for (const meter of [first, second, second]) count(meter);
  expect(total()).toBe(3);
  first?.retire();
  expect(total()).toBe(3);
  // The name comes back on one thread while the other still has it.
  count(threads[0]?.series('m', 'v', 'champion'));
  expect(total()).toBe(4);
  threads[0]?.series('m', 'v', 'champion').retire();
  second?.retire();
  expect(total()).toBeUndefined();
  expect(sums.find('m', 'v', 'champion')).toBeUndefined();
});
