// The cases of record.py once more, to the bit: the same generator, the same order of draws, operations that IEEE 754 fixes.

import { createSeededRandom, type Random } from '../../../src/kernel/random.ts';

const POWERS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];
const power = (index: number): number => POWERS[index] ?? 1;

function size(random: Random): number {
  const [kind, u] = [random(), random()];
  if (kind < 0.7) return 1 + Math.floor(u * 200);
  if (kind < 0.95) return 1 + Math.floor(u * 1000);
  if (kind < 0.985) return 1 + Math.floor(u * 4000);
  return 10_001 + Math.floor(u * 30_000);
}

const EDGES: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 2],
  [2, 2],
  [10_000, 10_000],
  [9999, 10_000],
  [10_001, 3],
  [300_000, 200_000],
  [1, 10_000],
];

interface Shape {
  readonly kind: number;
  readonly shift: number;
  readonly scale: number;
}

function values(random: Random, count: number, { kind, shift, scale }: Shape): Float64Array {
  const drawn = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const [a, b, c] = [random(), random(), random()];
    if (kind < 0.4) drawn[i] = (a + b - c) * scale + shift;
    else if (kind < 0.7) drawn[i] = Math.floor((a + b) * scale * 10 + shift * 4);
    else if (kind < 0.8) drawn[i] = a * a * a * a * scale * 1e6 + shift;
    else if (kind < 0.9) drawn[i] = a + (shift > 0 ? 10 : 0);
    else drawn[i] = shift < 0.3 ? 7 : 8;
  }
  return drawn;
}

export interface Pair {
  readonly baseline: Float64Array;
  readonly current: Float64Array;
}

export function samplePair(index: number): Pair {
  const random = createSeededRandom(index * 7919 + 1);
  const drawn = [size(random), size(random)] as const;
  const [n, m] = EDGES[index] ?? drawn;
  const [kind, u, v, w, x] = [random(), random(), random(), random(), random()];
  const shift = u < 0.4 ? 0 : v * 0.5;
  const scale = w < 0.7 ? 1 : 0.5 + x;
  return {
    baseline: values(random, n, { kind, shift: 0, scale: 1 }),
    current: values(random, m, { kind, shift, scale }),
  };
}

export function histogramPair(index: number): Pair {
  const random = createSeededRandom(index * 7919 + 2);
  const bins = 1 + Math.floor(random() * 40);
  const high = power(Math.floor(random() * 7));
  const other = power(Math.floor(random() * 7));
  const related = random() < 0.5;
  const zeros = random() * 0.5;
  const [baseline, current] = [new Float64Array(bins), new Float64Array(bins)];
  for (let bin = 0; bin < bins; bin++) {
    const [u, v, w, x] = [random(), random(), random(), random()];
    baseline[bin] = w < zeros ? 0 : Math.floor(u * u * high * 10);
    current[bin] = x < zeros ? 0 : Math.floor((related ? u * u : v * v) * other * (9 + v));
  }
  return { baseline, current };
}

export function kolmogorovPoint(index: number): readonly [n: number, d: number] {
  const random = createSeededRandom(index * 7919 + 3);
  const n = 1 + Math.floor(random() * power(1 + Math.floor(random() * 6)));
  const [kind, u] = [random(), random()];
  if (kind < 0.6) return [n, (0.2 + u * 3) / Math.sqrt(n)];
  if (kind < 0.8) return [n, (u * 18) / Math.sqrt(n)];
  if (kind < 0.9) return [n, (0.4 + u * 1.2) / n];
  return [n, u];
}

export function chiSquarePoint(index: number): readonly [df: number, x: number] {
  const random = createSeededRandom(index * 7919 + 4);
  const df = 1 + Math.floor(random() * power(1 + Math.floor(random() * 4)));
  const [u, v] = [random(), random()];
  return [df, df * u * u * (v < 0.7 ? 4 : 60)];
}

/** Of record_tools.py. */
export function categoricalPair(index: number): { readonly baseline: string[]; readonly current: string[] } {
  const random = createSeededRandom(index * 7919 + 5);
  const [n, m] = [20 + Math.floor(random() * 500), 20 + Math.floor(random() * 500)];
  const [kinds, others] = [2 + Math.floor(random() * 12), 2 + Math.floor(random() * 12)];
  const draw = (count: number, of: number): string[] =>
    Array.from({ length: count }, () => {
      const u = random();
      return `c${Math.floor(u * u * of)}`;
    });
  return { baseline: draw(n, kinds), current: draw(m, others) };
}

/** Of record_tools.py: counts below, above, infinite, NaN, and in bins 0 to 1, 1 to 2, ... */
export function binsPair(index: number): readonly (readonly number[])[] {
  const random = createSeededRandom(index * 7919 + 6);
  const bins = 2 + Math.floor(random() * 10);
  return [0, 1].map(() => {
    const special = Array.from({ length: 4 }, () => Math.max(0, Math.floor(random() * 40) - 20));
    return [...special, ...Array.from({ length: bins }, () => 1 + Math.floor(random() * 200))];
  });
}
