import { expect, test } from 'vitest';
import { numericBinning } from '../../src/drift/baseline/binning.ts';
import { createReference, referenceOf } from '../../src/drift/baseline/reference.ts';

test('without seasons the shares are one array: smoothed, none 0, with the sum 1', () => {
  const reference = referenceOf([1, 1, 1, 2, 3, null, 4, 5, 6, 7]);
  const shares = reference.shares(0);
  expect(reference.shares(1_700_000_000_000)).toBe(shares);
  expect(shares).toHaveLength(reference.counts.length);
  expect(Math.min(...shares)).toBeGreaterThan(0);
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  expect(reference.overdispersion).toBe(1);
});

test('half a row is added to every bin', () => {
  const reference = createReference(
    numericBinning(Float64Array.of(0, 1, 2)),
    Float64Array.of(1, 0, 0, 0, 0, 0, 0, 6, 3),
    false,
  );
  expect([...reference.shares(0)].map((share) => share * (10 + 4.5))).toEqual(
    [1.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 6.5, 3.5].map((n) => expect.closeTo(n, 12)),
  );
});
