// How much capture may stay on disk: closed segments beyond the bound are deleted, the longest untouched first; one
// that cannot be read stays, and the next goes in its place.

import { readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { textOf } from './folder.ts';
import { FRAME_HEAD_BYTES, frameLengthAt, LEDGER_MARK, MAGIC } from './frame.ts';
import { listSegments } from './segment-name.ts';

export interface Retained {
  readonly deleted: number;
  readonly deletedBytes: number;
  /** In the segments that were deleted. */
  readonly records: number;
  /** Of these, those that the store did not have either: they are gone. */
  readonly gone: number;
  /** Paths of segments that could not be read, and why: they stay, since nobody could say what was in them. */
  readonly unreadable: ReadonlyMap<string, string>;
}

/**
 * @param bytesMax for all segments of the folder, open ones counted but never deleted
 * @param stored names of segments that are in the store; asked only where something is to go
 */
export async function retainSegments(
  folder: string,
  bytesMax: number,
  stored: () => Promise<ReadonlySet<string>>,
  read: (path: string) => Promise<Buffer> = readFile,
): Promise<Retained> {
  const entries = await listSegments(folder);
  let total = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  let deleted = 0;
  let deletedBytes = 0;
  let records = 0;
  let gone = 0;
  const unreadable = new Map<string, string>();
  let inStore: ReadonlySet<string> | null = null;
  for (const entry of entries) {
    if (total <= bytesMax) break;
    if (entry.state === 'open') continue;
    inStore ??= await stored();
    let held: number;
    try {
      held = recordsOf(await read(entry.path));
    } catch (error) {
      // Another process was faster.
      if (isMissing(error)) total -= entry.bytes;
      else unreadable.set(entry.path, textOf(error));
      continue;
    }
    await rm(entry.path, { force: true });
    records += held;
    if (!inStore.has(basename(entry.path))) gone += held;
    total -= entry.bytes;
    deleted += 1;
    deletedBytes += entry.bytes;
  }
  return { deleted, deletedBytes, records, gone, unreadable };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** By the heads of the frames alone: what is deleted is not checked byte by byte. */
function recordsOf(segment: Buffer): number {
  let records = 0;
  let offset = MAGIC.length;
  for (let length = frameLengthAt(segment, offset); length !== undefined; length = frameLengthAt(segment, offset)) {
    const payload = offset + FRAME_HEAD_BYTES;
    if (payload + 4 <= segment.length && segment.readUInt32LE(payload) !== LEDGER_MARK) records += 1;
    offset += length;
  }
  return records;
}
