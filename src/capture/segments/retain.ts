// How much capture may stay on disk: closed segments beyond the bound are deleted, the longest untouched first.

import { rm } from 'node:fs/promises';
import { listSegments } from './segment-name.ts';

export interface Retained {
  readonly deleted: number;
  readonly deletedBytes: number;
}

/** @param bytesMax for all segments of the folder, open ones counted but never deleted */
export async function retainSegments(folder: string, bytesMax: number): Promise<Retained> {
  const entries = await listSegments(folder);
  let total = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  let deleted = 0;
  let deletedBytes = 0;
  for (const entry of entries) {
    if (total <= bytesMax) break;
    if (entry.state === 'open') continue;
    await rm(entry.path, { force: true });
    total -= entry.bytes;
    deleted += 1;
    deletedBytes += entry.bytes;
  }
  return { deleted, deletedBytes };
}
