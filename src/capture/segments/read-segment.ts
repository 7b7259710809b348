// Reads the rows of one segment file, closed or still being written. Damage is skipped, told, and never thrown.

import { readFile } from 'node:fs/promises';
import { type CaptureRow, ROW_ID_AT, rowIdBytes, rowOf } from '../row.ts';
import { type Damage, framesOf } from './frame.ts';

/**
 * Rows in the order written. Bodies are views of the file as read (at most the size at which segments are closed, and a batch).
 * @param decisionId rows of this decision only; the others are not even parsed
 * @throws the error of the file system
 */
export async function* readSegment(
  path: string,
  onDamage: (damage: Damage) => void = () => undefined,
  decisionId: string | null = null,
): AsyncGenerator<CaptureRow> {
  const bytes = await readFile(path);
  const id = decisionId === null ? null : rowIdBytes(decisionId);
  if (id !== null && !bytes.includes(id)) return;
  for (const frame of framesOf(bytes, onDamage)) {
    const isWanted = id === null || frame.payload.subarray(ROW_ID_AT, ROW_ID_AT + id.length).equals(id);
    if (isWanted) yield rowOf(frame);
  }
}
