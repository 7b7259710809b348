// The file system as segments need it: create, append at a place, synchronise, cut, close. A seam, so that a test can hand in
// a disk that fails.

import { mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface SegmentFile {
  /** Write all bytes at `position`. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Until the bytes are on stable storage (fdatasync). */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Whether the file still has a name: one that was deleted takes bytes that nobody will ever read. */
  isThere(): Promise<boolean>;
  close(): Promise<void>;
}

/** @throws where the file exists, or cannot be made */
export type CreateSegmentFile = (path: string) => Promise<SegmentFile>;

export const createSegmentFile: CreateSegmentFile = (path) => createSegmentFileIn(path, syncFolder);

/** @param syncOf synchronises the folder; where it fails the file is taken back, and no group counts as captured in it */
export async function createSegmentFileIn(
  path: string,
  syncOf: (folder: string) => Promise<void>,
): Promise<SegmentFile> {
  const handle = await open(path, 'wx', 0o640).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    // The folder was deleted under a running gate.
    await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    return open(path, 'wx', 0o640);
  });
  try {
    await syncOf(dirname(path));
  } catch (error) {
    if (!isUnsupported(error)) {
      await handle.close();
      await rm(path, { force: true });
      throw error;
    }
  }
  return {
    async write(bytes, position) {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
        done += bytesWritten;
      }
    },
    sync: () => handle.datasync(),
    truncate: (length) => handle.truncate(length),
    async isThere() {
      return (await handle.stat()).nlink > 0;
    },
    close: () => handle.close(),
  };
}

/** Or a power cut could take the name of a file whose bytes are safe. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Some systems cannot synchronise a folder, or open one: then nothing better is left. A disk that fails says otherwise. */
function isUnsupported(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EPERM', 'EACCES'].includes(String(code));
}
