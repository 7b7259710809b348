// The confidence sequence and the alarm above a bound hold at every moment together, by simulation: looked at after each loss, never
// wrong more often than their level, for losses of 0 and 1, between them, and of a mean that wanders below the bound. And they are of use:
// a rise is found, and the interval narrows.

import { describe, expect, test } from 'vitest';
import { createSeededRandom, type Random } from '../../src/kernel/random.ts';
import { isAbove, logWealth, riskInterval } from '../../src/statistics/risk-sequence.ts';

const RUNS = 400;
const ROWS = 1500;
const ALPHA = 0.05;

/** Share of the runs in which the alarm was given at any row. */
function alarmed(draw: (random: Random, row: number) => number, bound: number): number {
  let alarms = 0;
  for (let run = 0; run < RUNS; run++) {
    const random = createSeededRandom(run + 1);
    let [n, sum] = [0, 0];
    for (; n < ROWS; ) {
      sum += draw(random, n);
      n++;
      if (!isAbove({ n, sum }, bound, ALPHA)) continue;
      alarms++;
      break;
    }
  }
  return alarms / RUNS;
}

const coin =
  (p: (row: number) => number) =>
  (random: Random, row: number): number =>
    random() < p(row) ? 1 : 0;

describe('never wrong more often than its level, over all looks', () => {
  // 400 runs at 5 % give at most 8.3 % with probability 99.9 %.
  const AT_MOST = 0.083;
  test.each([
    ['a mean at the bound', coin(() => 0.2), 0.2],
    ['a rare loss', coin(() => 0.01), 0.01],
    ['a mean that wanders below the bound', coin((row) => 0.05 + 0.15 * Math.abs(Math.sin(row / 90))), 0.2],
    ['long good, then at the bound', coin((row) => (row < 700 ? 0.02 : 0.2)), 0.2],
    ['losses between 0 and 1', (random: Random) => (random() < 0.5 ? 0.4 * random() : 0.2), 0.2],
  ] as const)('%s', (_, draw, bound) => {
    expect(alarmed(draw, bound)).toBeLessThanOrEqual(AT_MOST);
  });

  test('the interval holds the mean at every row', () => {
    let missed = 0;
    for (let run = 0; run < RUNS; run++) {
      const random = createSeededRandom(10_000 + run);
      let sum = 0;
      for (let n = 1; n <= ROWS; n++) {
        sum += random() < 0.13 ? 1 : 0;
        if (logWealth({ n, sum }, 0.13) < Math.log(1 / ALPHA)) continue;
        missed++;
        break;
      }
    }
    expect(missed / RUNS).toBeLessThanOrEqual(AT_MOST);
  });
});

describe('of use', () => {
  test('a risk of 30 % is found above 20 % within 700 rows in nine of ten runs', () => {
    let found = 0;
    for (let run = 0; run < 100; run++) {
      const random = createSeededRandom(run + 5);
      let sum = 0;
      for (let n = 1; n <= 700; n++) {
        sum += random() < 0.3 ? 1 : 0;
        if (!isAbove({ n, sum }, 0.2, ALPHA)) continue;
        found++;
        break;
      }
    }
    expect(found).toBeGreaterThanOrEqual(90);
  });

  test('the interval is where its wealth reaches the level, and narrows', () => {
    const { low, high } = riskInterval({ n: 1000, sum: 180 }, ALPHA);
    expect(logWealth({ n: 1000, sum: 180 }, low)).toBeCloseTo(Math.log(1 / ALPHA), 9);
    expect(logWealth({ n: 1000, sum: 180 }, high)).toBeCloseTo(Math.log(1 / ALPHA), 9);
    const wide = riskInterval({ n: 100, sum: 18 }, ALPHA);
    expect(high - low).toBeLessThan((wide.high - wide.low) / 2);
    expect(high - low).toBeLessThan(0.1);
  });

  test.each([
    [{ n: 0, sum: 0 }, 0, 1],
    [{ n: 50, sum: 0 }, 0, 0.14],
    [{ n: 50, sum: 50 }, 0.86, 1],
  ])('its edges: %o', (losses, low, high) => {
    const found = riskInterval(losses, ALPHA);
    expect(found.low).toBeCloseTo(low, 1);
    expect(found.high).toBeCloseTo(high, 1);
    expect(isAbove({ n: 0, sum: 0 }, 0, ALPHA)).toBe(false);
  });
});
