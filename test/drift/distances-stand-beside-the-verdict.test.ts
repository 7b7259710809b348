import { describe, expect, test } from 'vitest';
import { parseBaseline } from '../../src/drift/baseline/baseline.ts';
import { numericBinning } from '../../src/drift/baseline/binning.ts';
import { writeBaseline } from '../../src/drift/baseline/write-baseline.ts';
import { parseAsked } from '../../src/drift/distances/conventions/conventions.ts';
import { deequ } from '../../src/drift/distances/conventions/deequ.ts';
import { tfdv } from '../../src/drift/distances/conventions/tfdv.ts';
import { type Distance, distancesOfBins } from '../../src/drift/distances/distances.ts';
import { createDriftEngine } from '../../src/drift/engine.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import type { Value } from '../../src/protocols/protocol.ts';
import { modelPlan, tableOf } from './plans.ts';

const MADE = '2023-11-01T00:00:00.000Z';

function parsed(text: string) {
  const found = parseAsked(text);
  if ('unknown' in found) throw new Error(found.unknown);
  return found;
}

const asked = (text: string, features: readonly string[] | null = null) => ({ distances: parsed(text), features });

/** An engine that has judged one window of these columns against a baseline file. */
function judged(baseline: Readonly<Record<string, Value[]>>, current: Readonly<Record<string, (Value | undefined)[]>>) {
  const clock = createManualClock(1_700_000_000_000);
  const engine = createDriftEngine({ clock });
  const read = parseBaseline(writeBaseline('credit', { request: tableOf(baseline) }, MADE));
  if (!read.ok) throw new Error(read.problems.join());
  engine.configure(modelPlan(), read.baseline);
  const key = { model: 'credit', version: 'old', role: 'champion', caller: '', response: null } as const;
  engine.observe({ ...key, at: clock.wall(), request: tableOf(current) });
  clock.advance(1000);
  engine.tick();
  return engine;
}

const named = (distances: readonly Distance[] | undefined, name: string) =>
  distances?.find((distance) => distance.name === name);

const random = createSeededRandom(3);
const normal = (rows: number, shift = 0): number[] =>
  Array.from({ length: rows }, () => random() + random() + random() + shift);

test('none unless asked for; all of them, with their bounds, where they are; the verdict is the same', () => {
  const engine = judged({ amount: normal(5000) }, { amount: normal(2000, 0.5) });
  const [plain] = engine.report('credit')?.features ?? [];
  expect(plain).not.toHaveProperty('distances');
  const [feature] = engine.report('credit', asked('all'))?.features ?? [];
  expect(feature?.status).toBe(plain?.status);
  expect(feature?.distances?.map(({ name }) => name)).toEqual([
    'psi',
    'ks',
    'chiSquare',
    'jensenShannon',
    'jensenShannonBase2',
    'jensenShannonDivergence',
    'wasserstein',
    'hellinger',
    'totalVariation',
    'lInfinity',
  ]);
  expect(named(feature?.distances, 'psi')?.value).toBeCloseTo(feature?.psi ?? Number.NaN, 12);
  const ks = named(feature?.distances, 'ks');
  expect(ks?.value).toBe(ks?.bounds?.low);
  expect(ks?.p).toBeLessThan(1e-50);
  // A shift of 1/2 moves every row by 1/2; rows beyond the range are counted at its end.
  expect(named(feature?.distances, 'wasserstein')?.value).toBeGreaterThan(0.4);
  expect(named(feature?.distances, 'wasserstein')?.bounds?.high).toBeNull();
  const [js, js2, bits] = ['jensenShannon', 'jensenShannonBase2', 'jensenShannonDivergence'].map(
    (name) => named(feature?.distances, name)?.value ?? Number.NaN,
  );
  expect((js2 ?? 0) ** 2).toBeCloseTo(bits ?? 0, 12);
  expect(js).toBeCloseTo((js2 ?? 0) * Math.sqrt(Math.LN2), 12);
});

test('nulls are a bin of their own: they show over all rows, and not among values', () => {
  const values = normal(2000);
  const engine = judged({ amount: normal(5000) }, { amount: values.map((value, i) => (i % 5 === 0 ? null : value)) });
  const [feature] = engine.report('credit', asked('psi,totalVariation,ks'))?.features ?? [];
  expect(named(feature?.distances, 'psi')?.value).toBeGreaterThan(0.5);
  expect(named(feature?.distances, 'psi')?.amongValues).toBeLessThan(0.03);
  expect(named(feature?.distances, 'totalVariation')?.value).toBeGreaterThan(0.19);
  expect(named(feature?.distances, 'ks')?.value).toBeLessThan(0.05);
});

test('an empty window, a constant column, and categories have what is defined for them', () => {
  const cards = (rows: number, share: number) =>
    Array.from({ length: rows }, (_, i) => (i < rows * share ? 'amex' : 'visa'));
  const engine = judged(
    { gone: normal(500), same: new Array(500).fill(7), card: cards(500, 0.5) },
    { gone: new Array(300).fill(undefined), same: new Array(300).fill(7), card: cards(300, 0.2) },
  );
  const features = engine.report('credit', asked('all'))?.features ?? [];
  const of = (name: string) => features.find(({ feature }) => feature === name)?.distances;
  expect(named(of('gone'), 'ks')).toMatchObject({ value: null, p: null, bounds: null });
  expect(named(of('gone'), 'totalVariation')).toMatchObject({ value: 1, amongValues: null });
  expect(named(of('same'), 'ks')).toMatchObject({ value: 0, p: 1 });
  expect(named(of('same'), 'chiSquare')).toMatchObject({ value: 0, p: 1 });
  expect(named(of('card'), 'ks')).toBeUndefined();
  expect(named(of('card'), 'chiSquare')?.variant).toContain("Yates' correction");
  expect(named(of('card'), 'lInfinity')?.value).toBeCloseTo(0.3, 12);
});

test('only the columns asked for, and distances for a thousand of them at most, the largest PSI first', () => {
  const wide = (rows: number, worst: number) =>
    Object.fromEntries(
      Array.from({ length: 1010 }, (_, c) => [
        `c${c}`,
        Array.from({ length: rows }, (_, i) => (i % 2) + (c === worst ? 9 : 0)),
      ]),
    );
  const clock = createManualClock(1_700_000_000_000);
  const engine = createDriftEngine({ clock, featuresMax: 2000 });
  const read = parseBaseline(writeBaseline('credit', { request: tableOf(wide(100, -1)) }, MADE));
  if (!read.ok) throw new Error(read.problems.join());
  engine.configure(modelPlan(), read.baseline);
  const key = { model: 'credit', version: 'old', role: 'champion', caller: '', response: null } as const;
  engine.observe({ ...key, at: clock.wall(), request: tableOf(wide(100, 1009)) });
  clock.advance(1000);
  engine.tick();
  const all = engine.report('credit', asked('psi'))?.features ?? [];
  expect(all.filter(({ distances }) => distances !== undefined)).toHaveLength(1000);
  expect(all.find(({ feature }) => feature === 'c1009')?.distances).toHaveLength(1);
  const few = engine.report('credit', asked('psi', ['c7', 'none']));
  expect(few?.features.map(({ feature, distances }) => [feature, distances?.length])).toEqual([['c7', 1]]);
});

test('a baseline knows its age: from its file, or from the tick its last row came', () => {
  const engine = judged({ amount: normal(500) }, { amount: normal(500) });
  expect(engine.report('credit')?.features[0]?.baselineAt).toBe(MADE);
  const clock = createManualClock(1_700_000_000_000);
  const fresh = createDriftEngine({ clock });
  fresh.configure(modelPlan(), null);
  const key = { model: 'credit', version: 'old', role: 'champion', caller: '', response: null } as const;
  const see = (rows: number) => fresh.observe({ ...key, at: clock.wall(), request: tableOf({ amount: normal(rows) }) });
  const at = () => fresh.report('credit')?.features[0]?.baselineAt;
  see(600);
  clock.advance(1000);
  fresh.tick();
  expect(at()).toBeNull();
  see(600);
  for (const _ of [1, 2, 3]) {
    clock.advance(1000);
    fresh.tick();
    expect(at()).toBe('2023-11-14T22:13:22.000Z');
  }
});

describe('conventions from bins', () => {
  // Special bins first: null, missing, NaN, infinite, wrong type, below, above.
  const binning = numericBinning(Float64Array.of(0, 1, 2, 3));
  const pair = {
    binning,
    baseline: Float64Array.of(5, 0, 0, 0, 0, 0, 0, 50, 30, 20),
    current: Float64Array.of(0, 0, 0, 0, 0, 0, 0, 20, 30, 50),
  };

  test('what bins do not determine is null and says what it needs', () => {
    const engine = judged({ amount: normal(500), card: ['a', 'b', 'a', 'a'] }, { amount: normal(500) });
    const features = engine.report('credit', asked('evidently,nannyml'))?.features ?? [];
    for (const { name, value, variant } of features.find(({ feature }) => feature === 'amount')?.distances ?? []) {
      expect([name, value]).toEqual([name, null]);
      expect(variant).toMatch(/needs the rows, since .*: headgate drift --baseline FILE.csv --current FILE.csv/);
    }
  });

  test('Deequ: unsmoothed index, infinite on an empty bin; L-infinity of distinct values, less 1.8 sqrt((n+m)/nm)', () => {
    const index = 0.3 * Math.log(0.5 / 0.2) * 2;
    expect(named(deequ.ofBins(pair), 'deequ.psi')?.value).toBeCloseTo(index, 14);
    expect(named(deequ.ofBins(pair), 'deequ.lInfinity')?.value).toBeNull();
    const numeric = { baseline: Float64Array.of(1, 1, 1, 2, 3, 4), current: Float64Array.of(3, 4, 5, 6) };
    const found = deequ.ofSamples({ numeric, categories: null, binned: pair });
    expect(named(found, 'deequ.lInfinity')?.value).toBe(0.5);
    expect(named(found, 'deequ.lInfinityRobust')?.value).toBe(0);
    const emptied = { ...pair, current: Float64Array.of(0, 0, 0, 0, 0, 0, 0, 50, 50, 0) };
    expect(named(deequ.ofBins(emptied), 'deequ.psi')).toMatchObject({
      value: null,
      variant: expect.stringContaining('infinite'),
    });
  });

  test('TFDV: NaN never equals NaN, and what is out of range on either side meets nothing', () => {
    const own = named(distancesOfBins(pair, ['jensenShannon']), 'jensenShannonDivergence');
    expect(named(tfdv.ofBins(pair), 'tfdv.jensenShannonDivergence')?.value).toBeCloseTo(own?.amongValues ?? 0, 14);
    const same = Float64Array.of(0, 0, 10, 0, 0, 0, 0, 40, 30, 20);
    const found = tfdv.ofBins({ binning, baseline: same, current: same });
    // A tenth of the rows is wholly different: a tenth of a bit.
    expect(named(found, 'tfdv.jensenShannonDivergence')?.value).toBeCloseTo(0.1, 14);
  });

  test('TFDV: histograms of different borders are cut at the borders of both, rows spread evenly', () => {
    // 0 to 10 against 5 to 15, both even: half of the rows meet, half do not; half a bit.
    const even = (low: number) => Float64Array.from({ length: 1001 }, (_, i) => low + i / 100);
    const found = tfdv.ofSamples({ numeric: { baseline: even(0), current: even(5) }, categories: null, binned: pair });
    expect(named(found, 'tfdv.jensenShannonDivergence')?.value).toBeCloseTo(0.5, 2);
    const points = { baseline: Float64Array.of(3, 3), current: Float64Array.of(3, 3, 3) };
    expect(
      named(tfdv.ofSamples({ numeric: points, categories: null, binned: pair }), 'tfdv.jensenShannonDivergence')?.value,
    ).toBe(0);
  });
});

test('names that there are not are told', () => {
  expect(parseAsked('psi,mahalanobis')).toEqual({ unknown: 'mahalanobis' });
  expect(parseAsked('')).toEqual({ unknown: '' });
  expect(parsed('tfdv, ks')).toEqual({ own: ['ks'], conventions: ['tfdv'] });
});
