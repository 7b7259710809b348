// One column watched without a gate: references of normal scores, ticks of rows, and the verdict they lead to.

import { binOf, numericBinning, SPECIALS } from '../../src/drift/baseline/binning.ts';
import { createReference, type Reference } from '../../src/drift/baseline/reference.ts';
import { createVerdict, follow, type Terms, type Verdict } from '../../src/drift/verdict/verdict.ts';
import type { Random } from '../../src/kernel/random.ts';
import { normalQuantile } from '../../src/statistics/normal.ts';

const BINS = 20;
const EDGES = Float64Array.from([-9, ...Array.from({ length: BINS - 1 }, (_, i) => normalQuantile((i + 1) / BINS)), 9]);
export const BINNING = numericBinning(EDGES);

/** A standard normal number. */
export const normal = (random: Random): number => normalQuantile(Math.max(1e-12, random()));

/** @param rows of the baseline: their expected counts from a million on, else drawn */
export function normalReference(rows: number, random: Random, overdispersion = 1): Reference {
  const counts = new Float64Array(BINNING.size);
  if (rows >= 1_000_000) counts.fill(rows / BINS, SPECIALS);
  else for (let i = 0; i < rows; i++) addTo(counts, normal(random));
  return createReference(BINNING, counts, false, { overdispersion, schema: null, seasons: null });
}

export function addTo(counts: Float64Array, value: number | null): void {
  const bin = binOf(BINNING, value);
  counts[bin] = (counts[bin] as number) + 1;
}

export const TERMS: Terms = { threshold: Math.log(40_000 * 10_080), tolerance: 0.1, tickMs: 60_000, gap: false };

export interface Watched {
  readonly verdict: Verdict;
  /** Judge a tick of rows. */
  see(values: readonly (number | null)[], terms?: Partial<Terms>): Verdict;
  /** The ticks so far. */
  readonly ticks: number;
}

export function watch(reference: Reference, terms: Partial<Terms> = {}): Watched {
  const verdict = createVerdict();
  const counts = new Float64Array(BINNING.size);
  let index = 0;
  return {
    verdict,
    get ticks() {
      return index;
    },
    see(values, now = {}) {
      counts.fill(0);
      for (const value of values) addTo(counts, value);
      const tick = { index, counts, rows: values.length, scale: 1 / reference.overdispersion };
      follow(verdict, reference, tick, { ...TERMS, ...terms, ...now });
      index++;
      return verdict;
    },
  };
}
