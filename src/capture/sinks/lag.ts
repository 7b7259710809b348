// How far a sink is behind: what lies on disk of the logs that it still has to read, behind the place that it has confirmed.

import { open } from 'node:fs/promises';
import { frameAt, MARK } from '../segments/frame.ts';
import { listSegments, type SegmentEntry } from '../segments/segment-name.ts';
import type { LogPosition } from './log-reader.ts';
import { unlessMissing } from './segment-tail.ts';

export interface Lag {
  readonly records: number;
  readonly bytes: number;
}

/** Where the last frame of a segment is looked for. */
const TAIL_BYTES = 256 * 1024;

/** @param position in the log of `replica` */
export async function lagBehind(folder: string, replica: string, position: LogPosition): Promise<Lag> {
  const entries = (await listSegments(folder).catch(unlessMissing)) ?? [];
  const ahead = entries
    .filter((entry) => entry.replica === replica && entry.serial >= position.serial)
    .sort((a, b) => a.serial - b.serial);
  const bytes = ahead.reduce(
    (sum, { serial, bytes }) => sum + Math.max(0, serial === position.serial ? bytes - position.offset : bytes),
    0,
  );
  for (const entry of ahead.reverse()) {
    const last = await lastSequence(entry);
    if (last !== undefined) return { records: Math.max(0, last - position.sequence), bytes };
  }
  return { records: 0, bytes };
}

async function lastSequence({ path, bytes }: SegmentEntry): Promise<number | undefined> {
  const file = await open(path, 'r').catch(unlessMissing);
  if (file === null) return undefined;
  try {
    for (let length = TAIL_BYTES; ; length *= 4) {
      const from = Math.max(0, bytes - length);
      const buffer = Buffer.allocUnsafeSlow(bytes - from);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
      const tail = buffer.subarray(0, bytesRead);
      for (let at = tail.lastIndexOf(MARK); at !== -1; at = at === 0 ? -1 : tail.lastIndexOf(MARK, at - 1)) {
        const frame = frameAt(tail, at);
        if (frame !== undefined) return frame.sequence;
      }
      if (from === 0) return undefined;
    }
  } finally {
    await file.close();
  }
}
