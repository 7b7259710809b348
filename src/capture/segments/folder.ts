// The folder that holds the segments: made where it is missing, refused in words that help where it cannot be used.

import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** @param data absolute path of the data folder */
export function capturesFolder(data: string): string {
  return join(data, 'captures');
}

/**
 * @param data absolute path of the data folder
 * @returns path of the folder for segments
 * @throws Error with folder, reason and remedy
 */
export async function openFolder(data: string): Promise<string> {
  const folder = capturesFolder(data);
  try {
    await makeFolder(folder);
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return folder;
  } catch (error) {
    throw new Error(
      `${folder}: captures cannot be written there: ${textOf(error)}; let this user write to the folder, or name another one under "data"`,
      { cause: error },
    );
  }
}

/** Of a folder that a disk does not let it make, `recursive` says that something is missing: asked plainly, it says why. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o750 }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    await mkdir(folder, { mode: 0o750 });
  });
}

/** An error in words, without its stack. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
