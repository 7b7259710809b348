// Statistics within 1e-12 and p-values within 1e-9 of scipy's, on 13,000 cases recorded by oracle/record.py: random ones of all
// sizes with ties, constants, disjoint samples and empty bins. Every third case here; all of them with HEADGATE_ORACLE=full.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { chiSquareTail } from '../../src/statistics/chi-square.ts';
import { twoSampleChiSquare } from '../../src/statistics/contingency.ts';
import {
  hellingerDistance,
  jensenShannonDivergence,
  lInfinity,
  totalVariation,
} from '../../src/statistics/histogram-distances.ts';
import { ksOfSamples } from '../../src/statistics/kolmogorov-smirnov.ts';
import { kolmogorovTail } from '../../src/statistics/kolmogorov-tail.ts';
import { psiOf } from '../../src/statistics/psi.ts';
import { wassersteinOfSamples } from '../../src/statistics/wasserstein.ts';
import { chiSquarePoint, histogramPair, kolmogorovPoint, samplePair } from './oracle/cases.ts';

interface Recorded {
  readonly numpy: string;
  readonly scipy: string;
  readonly samples: readonly (readonly (number | null)[])[];
  readonly histograms: readonly (readonly (number | null)[])[];
  readonly kolmogorov: readonly number[];
  readonly chiSquare: readonly number[];
}

const recorded = JSON.parse(
  gunzipSync(readFileSync(new URL('oracle/scipy.json.gz', import.meta.url))).toString(),
) as Recorded;
const STRIDE = process.env.HEADGATE_ORACLE === 'full' ? 1 : 3;

/** Absolute below 1, relative above. */
const STATISTIC = 1e-12;
const P = 1e-9;

/** The cases that differ, each with both values. */
interface Differences {
  readonly found: string[];
  /** Largest error, as a part of what is tolerated. */
  worst: number;
}

function compare(into: Differences, name: string, ours: number, theirs: number | null, tolerance: number): void {
  if (theirs === null) {
    if (!Number.isNaN(ours)) into.found.push(`${name}: ${ours} for NaN`);
    return;
  }
  const scale = tolerance === P ? Math.max(theirs, 1e-290) : Math.max(1, Math.abs(theirs));
  const error = Math.abs(ours - theirs) / scale;
  into.worst = Math.max(into.worst, error / tolerance);
  if (!(error <= tolerance)) into.found.push(`${name}: ${ours} for ${theirs}`);
}

function over(count: number, each: (index: number, into: Differences) => void): void {
  const into: Differences = { found: [], worst: 0 };
  for (let index = 0; index < count; index += STRIDE) each(index, into);
  // The edges, whatever the stride.
  for (let index = 0; index < 8; index++) each(index, into);
  expect(into.found.slice(0, 20)).toEqual([]);
  expect(into.worst).toBeLessThanOrEqual(1);
}

describe(`scipy ${recorded.scipy}, numpy ${recorded.numpy}`, () => {
  test('two-sample Kolmogorov-Smirnov and Wasserstein-1, from samples', () => {
    over(recorded.samples.length, (index, into) => {
      const { baseline, current } = samplePair(index);
      const [d = null, p = null, wasserstein = null] = recorded.samples[index] ?? [];
      const [sorted, sortedCurrent] = [baseline.sort(), current.sort()];
      const ks = ksOfSamples(sorted, sortedCurrent);
      compare(into, `D ${index}`, ks.statistic, d, STATISTIC);
      compare(into, `p ${index} (${baseline.length}, ${current.length})`, ks.p, p, P);
      compare(into, `W ${index}`, wassersteinOfSamples(sorted, sortedCurrent), wasserstein, STATISTIC);
    });
  });

  test('chi-square, Jensen-Shannon, Hellinger, total variation, L-infinity, PSI, from counts', () => {
    over(recorded.histograms.length, (index, into) => {
      const { baseline, current } = histogramPair(index);
      const row = recorded.histograms[index] ?? [];
      const [chi = null, p = null, js = null, js2 = null, hellinger = null, tv = null, linf = null, psi = null] = row;
      const found = twoSampleChiSquare(baseline, current);
      compare(into, `chi ${index}`, found.statistic, chi, STATISTIC);
      compare(into, `chi p ${index}`, found.p, p, P);
      const divergence = jensenShannonDivergence(baseline, current);
      compare(into, `JS ${index}`, Math.sqrt(divergence), js, STATISTIC);
      compare(into, `JS base 2 ${index}`, Math.sqrt(divergence / Math.LN2), js2, STATISTIC);
      compare(into, `Hellinger ${index}`, hellingerDistance(baseline, current), hellinger, STATISTIC);
      compare(into, `TV ${index}`, totalVariation(baseline, current), tv, STATISTIC);
      compare(into, `L-infinity ${index}`, lInfinity(baseline, current), linf, STATISTIC);
      compare(into, `PSI ${index}`, psiOf(baseline, current).psi, psi, STATISTIC);
    });
  });

  test('the tail of Kolmogorov’s law, down to 1e-280', () => {
    over(recorded.kolmogorov.length, (index, into) => {
      const [n, d] = kolmogorovPoint(index);
      compare(into, `kstwo ${n} ${d}`, kolmogorovTail(n, d), recorded.kolmogorov[index] ?? null, P);
    });
  });

  test('the tail of the chi-square law, up to 10,000 degrees of freedom', () => {
    over(recorded.chiSquare.length, (index, into) => {
      const [df, x] = chiSquarePoint(index);
      compare(into, `chi2 ${df} ${x}`, chiSquareTail(x, df), recorded.chiSquare[index] ?? null, P);
    });
  });
});
