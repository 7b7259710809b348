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
  /** Of the baseline file, for whoever reads the snapshot without it: side and column. */
  readonly baseline: {
    readonly made: string | null;
    readonly columns: readonly (readonly [Side, string, SavedReference])[];
  } | null;
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
  const columnsOf = (file: Baseline) =>
    SIDES.flatMap((side) => [...file[side]].map(([column, one]) => [side, column, saveReference(one)] as const));
  return {
    ...{ name, basis, tickMs, windowTicks, judgedTick, at },
    baseline: baseline === null ? null : { made: baseline.made, columns: columnsOf(baseline) },
    provisionals: [...provisionals].flatMap(([version, sides]) =>
      SIDES.flatMap((side) =>
        [...sides[side]].map(([column, one]) => [version, side, column, saveProvisional(one)] as const),
      ),
    ),
    groups: [...groups.values()].map(saveGroup),
  };
}
