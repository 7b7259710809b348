// What the bound on false alarms rests on: no bet gains on average under any law of the ball, by brute force and by simulation.

import { expect, test } from 'vitest';
import { sharesOf, watchStream } from '../../benchmarks/simulations/fleet-of-streams.ts';
import { DIRECTION_Z, highestShare, logPrice } from '../../src/drift/verdict/ball.ts';
import { detectable, logThreshold } from '../../src/drift/verdict/budget.ts';
import { jumpEvidence } from '../../src/drift/verdict/jump.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';

const random = createSeededRandom(17);

/** The largest mean payoff over p (1 +- tolerance): mass moves to what pays most, as far as each bin lets it. */
function largestMean(shares: Float64Array, tolerance: number, payoff: Float64Array): number {
  const order = [...shares.keys()].sort((one, other) => (payoff[other] ?? 0) - (payoff[one] ?? 0));
  let free = tolerance;
  let mean = 0;
  for (const b of order) {
    const share = shares[b] ?? 0;
    const given = Math.min(free, 2 * tolerance * share);
    free -= given;
    mean += (share * (1 - tolerance) + given) * (payoff[b] ?? 0);
  }
  return mean;
}

test('the price of a bet is never below the largest mean over the ball, and little above it', () => {
  for (let i = 0; i < 2000; i++) {
    const bins = 2 + Math.floor(random() * 30);
    const weights = Float64Array.from({ length: bins }, () => random() ** 3 + 1e-6);
    const total = weights.reduce((sum, one) => sum + one, 0);
    const shares = weights.map((one) => one / total);
    const payoff = Float64Array.from({ length: bins }, () => Math.exp(2 * random() - 1));
    const tolerance = random() * 0.5;
    const price = Math.exp(logPrice({ shares, tolerance, rows: 1e15 }, payoff));
    const largest = largestMean(shares, tolerance, payoff);
    expect(price).toBeGreaterThanOrEqual(largest * (1 - 1e-6));
    // Exact but for the centre, which is 1 instead of the median payoff.
    expect(price).toBeLessThanOrEqual(largest + tolerance * Math.max(...payoff.map((one) => Math.abs(one - 1))) + 1e-6);
  }
});

test("a rare bin's highest share is above the exact Poisson limit", () => {
  const level = 2.9e-7;
  for (const count of [0, 1, 2, 5, 10, 30]) {
    const limit = highestShare((count + 0.5) / 1e6, 1e6) * 1e6;
    let term = Math.exp(-limit);
    let below = term;
    for (let k = 1; k <= count; k++) {
      term *= limit / k;
      below += term;
    }
    expect(below).toBeLessThanOrEqual(level);
  }
  expect(DIRECTION_Z).toBe(5);
});

test('the jump bet has mean 1 at most at the worst law of the ball, over all counts of small ticks', () => {
  const shares = Float64Array.of(0.02, 0.28, 0.7);
  const ball = { shares, tolerance: 0.1, rows: 1e12 };
  for (const rows of [5, 20, 40]) {
    for (const law of [
      [0.022, 0.278, 0.7],
      [0.02, 0.308, 0.672],
      [0.02, 0.28, 0.7],
    ]) {
      let mean = 0;
      for (let a = 0; a <= rows; a++) {
        for (let b = 0; a + b <= rows; b++) {
          const counts = Float64Array.of(a, b, rows - a - b);
          let log = 0;
          counts.forEach((count, bin) => {
            for (let k = 1; k <= count; k++) log += Math.log((law[bin] ?? 0) / k);
          });
          for (let k = 1; k <= rows; k++) log += Math.log(k);
          mean += Math.exp(log + jumpEvidence(ball, counts, rows, 1));
        }
      }
      expect(mean).toBeLessThanOrEqual(1 + 1e-9);
    }
  }
});

test('a fleet without drift stays within a budget that is small enough to be met', () => {
  const streams = 100;
  const ticks = 150;
  const allowed = 10;
  const threshold = Math.log((streams * ticks) / allowed);
  const quiet = { baselineRows: 10_000, tolerance: 0.1, rowsPerTick: 50 };
  const worlds = [
    { ...quiet, name: 'known', baselineRows: Number.POSITIVE_INFINITY, tolerance: 0 },
    { ...quiet, name: 'tolerance 0', tolerance: 0 },
    { ...quiet, name: 'wobble', wobble: 0.08 },
    { ...quiet, name: 'seasons', season: 0.5 },
    { ...quiet, name: 'bursts', burst: 4, overdispersion: 4 },
  ];
  for (const world of worlds) {
    const alarms = Array.from({ length: streams }, () => watchStream(world, ticks, ticks, [threshold], random)).filter(
      ({ firstAlarms }) => firstAlarms[0] !== -1,
    ).length;
    expect(alarms, world.name).toBeLessThanOrEqual(allowed);
  }
});

test('at the budget of 40,000 columns looked at every minute, shifts are found in as many rows as promised', () => {
  const threshold = logThreshold(40_000, 60_000, 1);
  expect(threshold).toBeCloseTo(19.81, 2);
  const median = (mean: number, tolerance: number) => {
    const world = {
      name: '',
      baselineRows: Number.POSITIVE_INFINITY,
      tolerance,
      rowsPerTick: 20,
      change: () => sharesOf(mean),
    };
    const rows = Array.from({ length: 41 }, () => {
      const [at = -1] = watchStream(world, 1000, 50, [threshold], random).firstAlarms;
      expect(at).toBeGreaterThanOrEqual(50);
      return (at - 49) * 20;
    }).sort((one, other) => one - other);
    return rows[20];
  };
  expect(median(0.2, 0)).toBeLessThanOrEqual(1000);
  expect(median(0.5, 0)).toBeLessThanOrEqual(250);
  expect(median(0.5, 0.1)).toBeLessThanOrEqual(350);
});

test('the threshold shares one budget, and what could be found grows with the rows', () => {
  expect(logThreshold(1, 60_000, 1)).toBeCloseTo(Math.log(10_080), 12);
  expect(logThreshold(100, 60_000, 10)).toBeCloseTo(Math.log(100_800), 12);
  expect(logThreshold(1, 7 * 86_400_000, 100)).toBeCloseTo(Math.log(20), 12);
  expect(detectable(0, 1000, 0.1, 20)).toBe(Number.POSITIVE_INFINITY);
  expect(detectable(400, 1e12, 0, 17)).toBeCloseTo(Math.sqrt(0.1), 5);
});
