// The contract of a convention: figures as another tool computes them, so that a dashboard kept for years can go on. Each is
// tested against the tool itself, or against its documented formula where the tool cannot be installed.

import type { BinnedPair, CategorySamples, NumericSamples } from '../distance-inputs.ts';
import type { Distance } from '../distances.ts';

export const CONVENTION_NAMES = ['evidently', 'nannyml', 'tfdv', 'deequ'] as const;
export type ConventionName = (typeof CONVENTION_NAMES)[number];

export interface RowSamples {
  readonly numeric: NumericSamples | null;
  readonly categories: CategorySamples | null;
  /** The same rows in the baseline's bins. */
  readonly binned: BinnedPair;
}

export interface Convention {
  readonly name: ConventionName;
  /** From counts in frozen bins: what they do not determine is null, and says that it needs the rows. */
  ofBins(pair: BinnedPair): readonly Distance[];
  /** From the rows; nulls are left out, as these tools do. */
  ofSamples(samples: RowSamples): readonly Distance[];
}

/** Said where bins are not enough. */
export const needsRows = (why: string): string =>
  `needs the rows, ${why}: headgate drift --baseline FILE.csv --current FILE.csv`;
