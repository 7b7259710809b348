import { expect, test } from 'vitest';
import { beat, createPulse } from '../../src/drift/verdict/pulse.ts';

/** @returns the tick at which a gap is seen first, -1 for none */
function firstGap(calls: readonly number[]): number {
  const pulse = createPulse();
  return calls.findIndex((count, tick) => {
    beat(pulse, tick, count);
    return pulse.gap;
  });
}

const times = (count: number, calls: readonly number[]) => Array.from({ length: count }, () => calls).flat();

test('a silence is a gap once twenty calls should have come', () => {
  expect(firstGap([...times(50, [25]), 0])).toBe(50);
  expect(firstGap([...times(50, [5]), ...times(10, [0])])).toBe(53);
  expect(firstGap([...times(60, [1]), ...times(19, [0])])).toBe(-1);
  expect(firstGap([...times(60, [1]), ...times(20, [0])])).toBe(79);
});

test('rare calls make no gap of what lies between them', () => {
  expect(firstGap(times(100, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]))).toBe(-1);
  expect(firstGap(times(20, [4, 0, 0, 0]))).toBe(-1);
  expect(firstGap(times(50, [0]))).toBe(-1);
});

test('calls that come back end the gap, and the silence does not lower the rate', () => {
  const pulse = createPulse();
  let tick = 0;
  for (; tick < 50; tick++) beat(pulse, tick, 30);
  for (; tick < 500; tick++) beat(pulse, tick, 0);
  expect(pulse.gap).toBe(true);
  beat(pulse, tick++, 30);
  expect(pulse).toMatchObject({ gap: false, rate: 30 });
  beat(pulse, tick, 0);
  expect(pulse.gap).toBe(true);
});
