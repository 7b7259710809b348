// What a data folder holds: every row of every segment, closed or not, through the reader that the commands use.

import { join } from 'node:path';
import type { CaptureRow } from '../../src/capture/row.ts';
import type { Damage } from '../../src/capture/segments/frame.ts';
import { readSegment } from '../../src/capture/segments/read-segment.ts';
import { listSegments } from '../../src/capture/segments/segment-name.ts';

export interface Captured {
  readonly rows: readonly CaptureRow[];
  readonly damage: readonly Damage[];
}

/** @param data the data folder; rows of a replica are in the order written */
export async function captured(data: string): Promise<Captured> {
  const rows: CaptureRow[] = [];
  const damage: Damage[] = [];
  const segments = await listSegments(join(data, 'captures'));
  segments.sort((a, b) => (a.replica < b.replica ? -1 : a.replica > b.replica ? 1 : a.serial - b.serial));
  for (const { path } of segments) {
    for await (const row of readSegment(path, (one) => damage.push(one))) rows.push(row);
  }
  return { rows, damage };
}

/** Rows of each replica. */
export function byReplica(rows: readonly CaptureRow[]): ReadonlyMap<string, readonly CaptureRow[]> {
  return Map.groupBy(rows, ({ replica }) => replica);
}

/** Sequence numbers that are not one more than the one before, from 1; none where nothing is missing or twice. */
export function gaps(rows: readonly CaptureRow[]): string[] {
  return rows.flatMap(({ sequence }, at) => (sequence === at + 1 ? [] : [`${sequence} at place ${at + 1}`]));
}
