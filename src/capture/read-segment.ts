// Reads the rows of one segment file, closed or still being written. Damage is skipped, told, and never thrown.

import { readFile } from 'node:fs/promises';
import { type Damage, framesOf } from './frame.ts';
import { type CaptureRow, rowOf } from './row.ts';

/**
 * Rows in the order written. Bodies are views of the file as read (at most the size at which segments are closed, and a batch).
 * @throws the error of the file system
 */
export async function* readSegment(
  path: string,
  onDamage: (damage: Damage) => void = () => undefined,
): AsyncGenerator<CaptureRow> {
  for (const frame of framesOf(await readFile(path), onDamage)) yield rowOf(frame);
}
