// Each convention gives what its tool gives on the same rows, as recorded by test/statistics/oracle/record_tools.py from the tools
// themselves.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { numericBinning, SPECIALS } from '../../src/drift/baseline/binning.ts';
import { compareTables } from '../../src/drift/distances/compare-tables.ts';
import type { ConventionName } from '../../src/drift/distances/conventions/convention.ts';
import { deequ } from '../../src/drift/distances/conventions/deequ.ts';
import { tfdv } from '../../src/drift/distances/conventions/tfdv.ts';
import type { Value } from '../../src/protocols/protocol.ts';
import { binsPair, categoricalPair, samplePair } from '../statistics/oracle/cases.ts';
import { tableOf } from './plans.ts';

interface Recorded {
  readonly tool: string;
  readonly numeric: readonly (readonly (number | null)[])[];
  readonly categorical: readonly (readonly (number | null)[])[];
  readonly bins: readonly (readonly (number | null)[])[];
}

const recorded = (tool: string): Recorded =>
  JSON.parse(readFileSync(new URL(`../statistics/oracle/${tool}.json`, import.meta.url), 'utf8')) as Recorded;

function figures(
  convention: ConventionName,
  baseline: readonly Value[],
  current: readonly Value[],
): Map<string, number | null> {
  const asked = { own: [], conventions: [convention] };
  const [column] = compareTables(tableOf({ x: baseline }), tableOf({ x: current }), asked, 0).features;
  return new Map(column?.distances.map(({ name, value }) => [name, value]));
}

/** @param names of the figures, in the order in which they were recorded */
function holds(tool: ConventionName, names: readonly string[], categoricalNames = names): void {
  const { numeric, categorical } = recorded(tool);
  const differences: string[] = [];
  const compare = (where: string, found: number | null | undefined, expected: number | null | undefined): void => {
    // A distance is the root of a divergence whose rounding error near nothing is 1e-16: there roots differ by 1e-8.
    const isRoot = where.includes('jensenShannon') && !where.includes('Divergence');
    const [one, other] = isRoot ? [(found ?? -1) ** 2, (expected ?? -1) ** 2] : [found ?? -1, expected ?? -1];
    if (!(Math.abs(one - other) <= 1e-12 * Math.max(1, other))) differences.push(`${where}: ${found} for ${expected}`);
  };
  for (const [index = 0, ...values] of numeric) {
    const { baseline, current } = samplePair(index ?? 0);
    const found = figures(tool, [...baseline], [...current]);
    names.forEach((name, i) => {
      compare(`${name} ${index}`, found.get(name), values[i]);
    });
  }
  categorical.forEach((values, index) => {
    const { baseline, current } = categoricalPair(index);
    const found = figures(tool, baseline, current);
    categoricalNames.forEach((name, i) => {
      compare(`${name} categorical ${index}`, found.get(name), values[i]);
    });
  });
  expect(differences.slice(0, 10)).toEqual([]);
  expect(numeric.length + categorical.length).toBeGreaterThan(300);
}

test(`PSI and Jensen-Shannon as ${recorded('evidently').tool}`, () => {
  holds('evidently', ['evidently.psi', 'evidently.jensenShannon']);
});

test(`Jensen-Shannon as ${recorded('nannyml').tool}`, () => {
  holds('nannyml', ['nannyml.jensenShannon']);
});

test(`Jensen-Shannon and L-infinity as ${recorded('tfdv').tool}, from rows`, () => {
  holds('tfdv', ['tfdv.jensenShannonDivergence'], ['tfdv.jensenShannonDivergence', 'tfdv.lInfinity']);
});

test(`Jensen-Shannon as ${recorded('tfdv').tool}, from bins with rows out of range, infinite and NaN`, () => {
  const { bins } = recorded('tfdv');
  expect(bins.length).toBeGreaterThan(50);
  bins.forEach(([expected], index) => {
    const [baseline, current] = binsPair(index).map(([below = 0, above = 0, infinite = 0, nan = 0, ...inside]) =>
      // Null, missing, NaN, infinite, wrong type, below, above, then the bins.
      Float64Array.of(0, 0, nan, infinite, 0, below, above, ...inside),
    );
    if (baseline === undefined || current === undefined) throw new Error('no pair');
    const binning = numericBinning(Float64Array.from({ length: baseline.length - SPECIALS + 1 }, (_, i) => i));
    const [found] = tfdv.ofBins({ binning, baseline, current });
    expect(found?.value).toBeCloseTo(expected ?? Number.NaN, 12);
  });
});

test(`L-infinity as ${recorded('deequ').tool}`, () => {
  holds('deequ', ['deequ.lInfinity', 'deequ.lInfinityRobust']);
});

test(`PSI as ${recorded('deequ').tool}, over the same buckets`, () => {
  const { bins } = recorded('deequ');
  expect(bins.length).toBeGreaterThan(50);
  bins.forEach(([expected], index) => {
    const [baseline, current] = binsPair(index).map((side) =>
      Float64Array.of(...new Array<number>(SPECIALS).fill(0), ...side.slice(4)),
    );
    if (baseline === undefined || current === undefined) throw new Error('no pair');
    const binning = numericBinning(Float64Array.from({ length: baseline.length - SPECIALS + 1 }, (_, i) => i));
    const [found] = deequ.ofBins({ binning, baseline, current });
    expect(found).toMatchObject({ name: 'deequ.psi', value: expect.closeTo(expected ?? Number.NaN, 12) });
  });
});
