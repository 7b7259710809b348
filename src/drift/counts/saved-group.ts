// A stream group as plain data, and back: its cells, and what each column's verdict remembers. Loading adds: into a new group it is
// a restoration, into one that has counts a merge.

import type { Role } from '../../model.ts';
import type { Frequent } from '../../statistics/space-saving.ts';
import type { Side } from '../baseline/baseline.ts';
import type { Cause } from '../cause/cause.ts';
import { isSilent, type Verdict } from '../verdict/verdict.ts';
import type { StreamGroup } from './stream-group.ts';
import type { SavedCells } from './window-cells.ts';

export interface SavedStream {
  readonly name: string;
  /** Of its run of cells; `size` is 0 for a column without bins yet. */
  readonly offset: number;
  readonly size: number;
  readonly verdict: Verdict;
  readonly psi: number | null;
  readonly rows: number;
  readonly cause: Cause | null;
  readonly newcomers?: readonly Frequent[];
}

export interface SavedGroup {
  readonly version: string;
  readonly role: Role;
  readonly side: Side;
  readonly lastTick: number;
  readonly cells: SavedCells;
  readonly streams: readonly SavedStream[];
}

export function saveGroup({ version, role, side, lastTick, windows, streams }: StreamGroup): SavedGroup {
  return {
    ...{ version, role, side, lastTick },
    cells: windows.save(),
    streams: streams.map(({ name, offset, binning, verdict, psi, rows, cause, newcomers }) => ({
      ...{ name, offset, size: binning?.size ?? 0 },
      ...{ verdict, psi, rows, cause },
      ...(newcomers === null ? {} : { newcomers: newcomers.top() }),
    })),
  };
}

/** @returns columns that found no place: over a bound, or with other bins here */
export function loadGroup(group: StreamGroup, saved: SavedGroup): number {
  const moves: { readonly from: number; readonly to: number; readonly size: number }[] = [];
  let refused = 0;
  for (const { name, offset, size, newcomers, ...told } of saved.streams) {
    const stream = group.streamOf(name);
    if (stream === undefined || (size > 0 && stream.binning?.size !== size)) {
      refused++;
      continue;
    }
    Object.assign(stream, told);
    if (isSilent(told.verdict)) group.pulse.gap = true;
    if (newcomers !== undefined) group.welcome(stream, newcomers);
    if (size > 0) moves.push({ from: offset, to: stream.offset, size });
  }
  const length = moves.reduce((most, { to, size }) => Math.max(most, to + size), 0);
  group.windows.add(saved.cells, (counts) => {
    const moved = new Float64Array(length);
    for (const { from, to, size } of moves) {
      for (let i = 0; i < size; i++) moved[to + i] = counts[from + i] ?? 0;
    }
    return moved;
  });
  group.resume(saved.lastTick);
  return refused;
}
