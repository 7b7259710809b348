// What a snapshot holds of one model, as plain data.

import type { Baseline, Side } from '../baseline/baseline.ts';
import type { Provisional } from '../baseline/provisional.ts';
import { type SavedGroup, saveGroup } from '../counts/saved-group.ts';
import type { StreamGroup } from '../counts/stream-group.ts';
import { type SavedProvisional, type SavedReference, saveProvisional, saveReference } from './saved-baseline.ts';

export interface SavedModel {
  readonly name: string;
  /** What the counts rest on: they are of no use to a model for which it differs. */
  readonly basis: string;
  readonly tickMs: number;
  readonly windowTicks: number;
  readonly judgedTick: number;
  /** Unix milliseconds at which it was taken. */
  readonly at: number;
  /** When the baseline file was made (ISO). */
  readonly baselineMade: string | null;
  /** Bins and baselines of what is counted, for whoever reads the snapshot without the file: version, side, column. */
  readonly references: readonly (readonly [string, Side, string, SavedReference])[];
  /** Version, side, column. */
  readonly provisionals: readonly (readonly [string, Side, string, SavedProvisional])[];
  readonly groups: readonly SavedGroup[];
}

/** What is saved of a watch. */
interface Watched {
  readonly name: string;
  readonly basis: string;
  readonly tickMs: number;
  readonly windowTicks: number;
  readonly judgedTick: number;
  readonly at: number;
  readonly baseline: Baseline | null;
  readonly provisionals: ReadonlyMap<string, Readonly<Record<Side, ReadonlyMap<string, Provisional>>>>;
  readonly groups: ReadonlyMap<string, StreamGroup>;
}

const SIDES: readonly Side[] = ['request', 'response'];

export function saveModel(watch: Watched): SavedModel {
  const { name, basis, tickMs, windowTicks, judgedTick, at, baseline, provisionals, groups } = watch;
  return {
    ...{ name, basis, tickMs, windowTicks, judgedTick, at },
    baselineMade: baseline?.made ?? null,
    references: referencesOf([...groups.values()]),
    provisionals: [...provisionals].flatMap(([version, sides]) =>
      SIDES.flatMap((side) =>
        [...sides[side]].map(([column, one]) => [version, side, column, saveProvisional(one)] as const),
      ),
    ),
    groups: [...groups.values()].map(saveGroup),
  };
}

/** Roles of one version share theirs. */
function referencesOf(groups: readonly StreamGroup[]): SavedModel['references'] {
  const found = new Map<string, readonly [string, Side, string, SavedReference]>();
  for (const { version, side, streams } of groups) {
    for (const { name, reference } of streams) {
      const key = `${side} ${version} ${name}`;
      if (reference !== null && !found.has(key)) found.set(key, [version, side, name, saveReference(reference)]);
    }
  }
  return [...found.values()];
}
