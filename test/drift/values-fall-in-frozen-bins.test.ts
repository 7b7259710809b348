import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ABOVE,
  BELOW,
  binOf,
  categoricalBinning,
  countValues,
  edgesOf,
  INFINITE,
  MISSING,
  NAN,
  NEVER_SEEN,
  NULL,
  numericBinning,
  OTHER,
  SPECIALS,
  WRONG_TYPE,
} from '../../src/drift/baseline/binning.ts';
import { afterward, quantileEdges } from '../../src/drift/baseline/quantile-edges.ts';
import { createReference, referenceOf } from '../../src/drift/baseline/reference.ts';
import { createRecentValues } from '../../src/drift/counts/recent-values.ts';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const clumped = fc.oneof(finite, fc.integer({ min: -3, max: 3 }), fc.constantFrom(0, 1e308, -1e308, 5e-324));

describe('numbers', () => {
  test('the guide table finds the bin that a plain search finds', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(clumped, { minLength: 2, maxLength: 40, comparator: 'SameValueZero' }),
        fc.array(clumped),
        (unsorted, values) => {
          const edges = Float64Array.from(unsorted).sort();
          const binning = numericBinning(edges);
          for (const value of [...values, ...edges]) {
            const above = edges.filter((edge) => edge <= value).length;
            const expected = above === 0 ? BELOW : above === edges.length ? ABOVE : SPECIALS + above - 1;
            expect(binOf(binning, value)).toBe(expected);
          }
        },
      ),
    );
  });

  test('what is no plain number has its own bin', () => {
    const binning = numericBinning(Float64Array.of(0, 1));
    const values = [null, undefined, Number.NaN, Infinity, -Infinity, 'x', true, -0.1, 1];
    expect(values.map((value) => binOf(binning, value))).toEqual([
      NULL,
      MISSING,
      NAN,
      INFINITE,
      INFINITE,
      WRONG_TYPE,
      WRONG_TYPE,
      BELOW,
      ABOVE,
    ]);
  });

  test('every value from the first asked for is counted once', () => {
    const binning = numericBinning(Float64Array.of(0, 10, 20));
    const cells = new Uint32Array(2 + binning.size);
    countValues(binning, [99, 1, 2, null, 15, 5, 6], 1, cells, 2);
    expect([...cells]).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 0, 4, 1]);
  });

  test('the last numbers of each column are kept, finite ones given back', () => {
    const recent = createRecentValues();
    const [one, two] = [recent.reserve(), recent.reserve()];
    recent.remember(one, ['x', 1, null, 2]);
    recent.remember(
      two,
      Array.from({ length: 300 }, (_, i) => i),
    );
    recent.reserve();
    recent.remember(one, [Number.NaN, 3]);
    recent.remember(two, [-1]);
    expect([...recent.valuesOf(one)]).toEqual([1, 2, 3]);
    expect([...recent.valuesOf(two).toSorted()]).toEqual([-1, ...Array.from({ length: 127 }, (_, i) => 173 + i)]);
  });
});

describe('edges of a sample', () => {
  test('ascend, hold every value of the sample, and leave no bin empty', () => {
    fc.assert(
      fc.property(fc.array(clumped, { minLength: 1, maxLength: 400 }), (values) => {
        const edges = quantileEdges(Float64Array.from(values).sort());
        expect(edges.length).toBeGreaterThanOrEqual(2);
        expect(edges.length).toBeLessThanOrEqual(100);
        for (let i = 1; i < edges.length; i++) expect(edges[i]).toBeGreaterThan(edges[i - 1] as number);
        const { counts } = referenceOf(values);
        expect(counts.subarray(0, SPECIALS).every((count) => count === 0)).toBe(true);
        expect(counts.subarray(SPECIALS).every((count) => count > 0)).toBe(true);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(values.length);
      }),
    );
  });

  test('distinct values spread over twenty bins of equal counts', () => {
    const { counts } = referenceOf(Array.from({ length: 1000 }, (_, i) => i * 1.5));
    expect([...counts.subarray(SPECIALS)]).toEqual(new Array(20).fill(50));
  });

  test('a value that many rows share stands alone', () => {
    const values = [...new Array(300).fill(0), ...Array.from({ length: 700 }, (_, i) => 1 + i)];
    const { binning, counts } = referenceOf(values);
    expect(binOf(binning, 0)).not.toBe(binOf(binning, 0.5));
    expect(counts[binOf(binning, 0)]).toBe(300);
    const constant = referenceOf([5, 5, 5]).binning;
    expect(constant.kind === 'numeric' && [...edgesOf(constant)]).toEqual([5, afterward(5)]);
  });

  test('the next double is the next double', () => {
    expect(afterward(1)).toBe(1 + Number.EPSILON);
    expect(afterward(-1)).toBe(-1 + Number.EPSILON / 2);
    expect(afterward(0)).toBe(5e-324);
    expect(afterward(-0)).toBe(5e-324);
    fc.assert(
      fc.property(finite, (value) => {
        const next = afterward(value);
        expect(next).toBeGreaterThan(value);
        expect([value, next]).toContain(value + (next - value) / 2);
      }),
    );
  });
});

describe('categories', () => {
  const binning = categoricalBinning(['a', 'true'], ['rare'], false);

  test('known, pooled, never seen, and of another type', () => {
    const values = ['a', true, 'rare', 'new', 7, null, undefined, Number.NaN, 'x'.repeat(129)];
    expect(values.map((value) => binOf(binning, value))).toEqual([
      SPECIALS,
      SPECIALS + 1,
      OTHER,
      NEVER_SEEN,
      WRONG_TYPE,
      NULL,
      MISSING,
      NAN,
      OTHER,
    ]);
    expect(binOf(categoricalBinning(['a'], [], true), 'new')).toBe(OTHER);
  });

  test('codes may be numbers', () => {
    const codes = categoricalBinning(['1', '2'], [], false);
    expect([1, '2', 3].map((value) => binOf(codes, value))).toEqual([SPECIALS, SPECIALS + 1, NEVER_SEEN]);
  });

  test('a sample keeps its most frequent 64, pools the rest, and says where it was cut', () => {
    const values = Array.from({ length: 100 }, (_, i) => new Array<string>(i < 10 ? 5 : 1).fill(`c${i}`)).flat();
    const { binning: made, counts } = referenceOf(values);
    if (made.kind !== 'categorical') throw new Error('a column of texts is categorical');
    expect(made.categories.slice(0, 3)).toEqual(['c0', 'c1', 'c2']);
    expect([made.categories.length, made.open, counts[OTHER], counts[NEVER_SEEN]]).toEqual([64, false, 36, 0]);
    const many = referenceOf(Array.from({ length: 300 }, (_, i) => `c${i}`));
    expect(many.binning).toMatchObject({ open: true });
    expect(many.counts[OTHER]).toBe(300 - 64);
  });
});

test('the median of a reference is that of its sample, within a bin', () => {
  expect(referenceOf(Array.from({ length: 1000 }, (_, i) => i)).median).toBeCloseTo(500, -1);
  expect(createReference(numericBinning(Float64Array.of(0, 1)), new Float64Array(8), false).median).toBeNull();
});
