// What lies on disk after the gate has stopped: every row of every segment, through the same reader that the gate uses.

import { join } from 'node:path';
import type { CaptureRow } from '../../src/capture/row.ts';
import { readSegment } from '../../src/capture/segments/read-segment.ts';
import { listSegments } from '../../src/capture/segments/segment-name.ts';
import type { CardHolder } from './card-holders.ts';
import { FEATURE_COUNT } from './lanes.ts';

/** @throws where a segment has bytes that are no row */
export async function readCaptured(data: string): Promise<CaptureRow[]> {
  const rows: CaptureRow[] = [];
  for (const { path } of await listSegments(join(data, 'captures'))) {
    const segment = readSegment(path, (damage) => {
      throw new Error(`${path} is damaged at ${damage.offset}, ${damage.length} bytes`);
    });
    for await (const row of segment) rows.push(row);
  }
  return rows;
}

/** Why a record does not hold the row that was asked about and one prediction for it, or null where it does. */
export function misreading(record: CaptureRow, holder: CardHolder): string | null {
  const { features, predictions, rows, unit } = record;
  if (rows !== 1) return `has ${rows} rows`;
  if (unit !== holder.unit) return `has the unit ${unit}, not ${holder.unit}`;
  const names = Object.keys(features ?? {});
  if (names.length !== FEATURE_COUNT) return `has ${names.length} features: ${names.join(', ')}`;
  for (const [name, value] of Object.entries(holder.features)) {
    const read = features?.[name]?.[0];
    if (read !== value) return `has ${name} = ${read}, not ${value}`;
  }
  const probabilities = Object.values(predictions ?? {}).map(([value]) =>
    typeof value === 'number' ? value : Number.NaN,
  );
  const sum = probabilities.reduce((total, value) => total + value, 0);
  // Two classes: the columns are their probabilities.
  return probabilities.length === 2 && Math.abs(sum - 1) < 1e-9
    ? null
    : `has the predictions ${JSON.stringify(predictions)}`;
}
