// The distances that people know, beside the verdict and never part of it: of a column's window from its baseline, with p-values
// where there is a law. docs/drift.md defines each; what bins cannot tell is given as bounds.

import { twoSampleChiSquare } from '../../statistics/contingency.ts';
import {
  hellingerDistance,
  jensenShannonDivergence,
  lInfinity,
  totalVariation,
} from '../../statistics/histogram-distances.ts';
import { ksOfBins, ksOfSamples } from '../../statistics/kolmogorov-smirnov.ts';
import { PSI_SMOOTHING, psiOf, psiTail } from '../../statistics/psi.ts';
import { wassersteinOfBins, wassersteinOfSamples } from '../../statistics/wasserstein.ts';
import { edgesOf } from '../baseline/binning.ts';
import { type BinnedPair, inOrder, isPointBin, type NumericSamples, valueCounts } from './distance-inputs.ts';

export const DISTANCES = [
  'psi',
  'ks',
  'chiSquare',
  'jensenShannon',
  'wasserstein',
  'hellinger',
  'totalVariation',
  'lInfinity',
] as const;
export type DistanceName = (typeof DISTANCES)[number];

export interface Distance {
  /** One of DISTANCES, a form of one (`jensenShannonBase2`), or a convention's own (`evidently.psi`). */
  readonly name: string;
  /** Over all rows, with nulls and other special values as bins of their own where bins are compared; null: `variant` says why. */
  readonly value: number | null;
  /** Over plain values alone: without null, missing, NaN, infinite and wrong types. Null where `value` is of these already. */
  readonly amongValues: number | null;
  /** `share`: of rows, 0 to 1. `column`: the column's own unit. */
  readonly unit: 'nats' | 'bits' | 'sqrt nats' | 'sqrt bits' | 'share' | 'chi-square' | '0 to 1' | 'column';
  /** Between these the figure of the rows themselves lies, where bins leave it open; null for no upper bound. */
  readonly bounds: { readonly low: number; readonly high: number | null } | null;
  /** Chance of as large a value without drift, if rows are independent; one look, one column. Null where no law is used. */
  readonly p: number | null;
  /** Which of the things that carry this name it is. */
  readonly variant: string;
}

type Measure = (pair: BinnedPair) => readonly Distance[];

export const known = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** A distance without p and bounds; what is not finite is null. */
export function plain(name: string, value: number, unit: Distance['unit'], variant: string): Distance {
  return { name, value: known(value), amongValues: null, unit, bounds: null, p: null, variant };
}

/** A distance of shares: over all rows, and over plain values. */
function ofShares(
  of: (baseline: ArrayLike<number>, current: ArrayLike<number>) => number,
  name: string,
  unit: Distance['unit'],
  variant: string,
): Measure {
  return (pair) => {
    const values = valueCounts(pair);
    const amongValues = known(of(values.baseline, values.current));
    return [{ ...plain(name, of(pair.baseline, pair.current), unit, variant), amongValues }];
  };
}

const psi: Measure = (pair) => {
  const found = psiOf(pair.baseline, pair.current);
  const values = valueCounts(pair);
  const variant = `baseline's bins, ${PSI_SMOOTHING} added to every count; p by the noncentral chi-square law at no effect`;
  const head = plain('psi', found.psi, 'nats', variant);
  const amongValues = known(psiOf(values.baseline, values.current).psi);
  return [{ ...head, amongValues, p: head.value === null ? null : psiTail(found, 0) }];
};

const chiSquare: Measure = (pair) => {
  const found = twoSampleChiSquare(pair.baseline, pair.current);
  const values = valueCounts(pair);
  const notes = ['two-sample contingency', `${found.df} degrees of freedom`];
  if (found.corrected) notes.push("Yates' correction");
  if (found.thinCells > 0.2) notes.push('too few rows for its law: over 20 % of cells expect fewer than 5');
  const amongValues = known(twoSampleChiSquare(values.baseline, values.current).statistic);
  const head = plain('chiSquare', found.statistic, 'chi-square', notes.join(', '));
  return [{ ...head, amongValues, p: known(found.p) }];
};

const ks: Measure = (pair) => {
  if (pair.binning.kind === 'categorical') return [];
  const found = ksOfBins(inOrder(pair.baseline), inOrder(pair.current), isPointBin(pair.binning));
  const variant =
    'two-sample, at the bins’ borders: the lower bound; p asymptotic at it (never too small); plain values';
  const bounds = known(found.low) === null ? null : { low: found.low, high: found.high };
  return [{ ...plain('ks', found.low, 'share', variant), bounds, p: known(found.p) }];
};

const wasserstein: Measure = (pair) => {
  if (pair.binning.kind === 'categorical') return [];
  const found = wassersteinOfBins(edgesOf(pair.binning), inOrder(pair.baseline), inOrder(pair.current));
  const beyond = found.high === null ? '; values beyond the baseline’s range stand at its ends' : '';
  const variant = `Wasserstein-1, rows spread evenly within bins${beyond}; plain values`;
  const bounds = known(found.low) === null ? null : { low: found.low, high: found.high };
  return [{ ...plain('wasserstein', found.value, 'column', variant), bounds }];
};

const divergenceIn = (base: number, of: (divergence: number) => number) =>
  ((baseline, current) => of(jensenShannonDivergence(baseline, current) / Math.log(base))) satisfies typeof lInfinity;

const jensenShannon: readonly Measure[] = [
  ofShares(divergenceIn(Math.E, Math.sqrt), 'jensenShannon', 'sqrt nats', 'distance, base e (scipy)'),
  ofShares(divergenceIn(2, Math.sqrt), 'jensenShannonBase2', 'sqrt bits', 'distance, base 2'),
  ofShares(
    divergenceIn(2, (bits) => bits),
    'jensenShannonDivergence',
    'bits',
    'divergence, base 2',
  ),
];

const MEASURES: Readonly<Record<DistanceName, Measure>> = {
  psi,
  ks,
  chiSquare,
  jensenShannon: (pair) => jensenShannon.flatMap((measure) => measure(pair)),
  wasserstein,
  hellinger: ofShares(hellingerDistance, 'hellinger', '0 to 1', 'shares of the baseline’s bins, not smoothed'),
  totalVariation: ofShares(totalVariation, 'totalVariation', 'share', 'shares of the baseline’s bins, not smoothed'),
  lInfinity: ofShares(lInfinity, 'lInfinity', 'share', 'shares of the baseline’s bins, not smoothed'),
};

export function distancesOfBins(pair: BinnedPair, names: readonly DistanceName[]): readonly Distance[] {
  return names.flatMap((name) => MEASURES[name](pair));
}

/** As distancesOfBins, with those that rows give exactly taken from the rows. */
export function distancesOfSamples(
  pair: BinnedPair,
  samples: NumericSamples | null,
  names: readonly DistanceName[],
): readonly Distance[] {
  return names.flatMap((name) => {
    if (samples === null || (name !== 'ks' && name !== 'wasserstein')) return MEASURES[name](pair);
    const { baseline, current } = samples;
    if (name === 'wasserstein') {
      const value = wassersteinOfSamples(baseline, current);
      return [plain('wasserstein', value, 'column', 'Wasserstein-1 of the rows; plain values')];
    }
    const { statistic, p, method } = ksOfSamples(baseline, current);
    return [{ ...plain('ks', statistic, 'share', `two-sample, p ${method}; plain values`), p: known(p) }];
  });
}
