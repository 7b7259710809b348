// Chance as an argument: a source of uniform numbers, real or seeded.

/** Uniform in [0, 1). */
export type Random = () => number;

/** A small seeded generator (mulberry32) for tests, the demo and simulations; not for secrets. */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
