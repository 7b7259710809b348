// The conventions there are, and what somebody asked for: distances of our own, those of other tools, or all.

import { DISTANCES, type DistanceName } from '../distances.ts';
import { CONVENTION_NAMES, type Convention, type ConventionName } from './convention.ts';
import { deequ } from './deequ.ts';
import { evidently } from './evidently.ts';
import { nannyml } from './nannyml.ts';
import { tfdv } from './tfdv.ts';

export const CONVENTIONS: Readonly<Record<ConventionName, Convention>> = { evidently, nannyml, tfdv, deequ };

export interface AskedDistances {
  readonly own: readonly DistanceName[];
  readonly conventions: readonly ConventionName[];
}

export const ASKABLE = ['all', ...DISTANCES, ...CONVENTION_NAMES] as const;

/** @param text names with commas between; `all` is every distance of our own @returns the first name that there is not */
export function parseAsked(text: string): AskedDistances | { readonly unknown: string } {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !ASKABLE.some((each) => each === name));
  if (unknown !== undefined) return { unknown };
  return {
    own: DISTANCES.filter((name) => names.includes(name) || names.includes('all')),
    conventions: CONVENTION_NAMES.filter((name) => names.includes(name)),
  };
}
