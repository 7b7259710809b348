// Whether a sink has not read a segment yet. Sinks say how far they are in data/sinks/SINK/REPLICA.json; one that has given no sign of
// life for a day holds nothing back; where a cursor cannot be read nothing is let go. What is held counts towards captures.keep, so that a dead sink cannot fill the disk.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SegmentEntry } from '../segments/segment-name.ts';

const SILENT_MS = 86_400_000;

/** Of a cursor, what matters here. */
interface Reached {
  readonly position?: { readonly serial?: number };
  readonly done?: boolean;
}

/** @param data absolute path of the data folder */
export async function isHeldBySinks(
  data: string,
  { replica, serial, modifiedMs }: SegmentEntry,
  now: number,
): Promise<boolean> {
  const folder = join(data, 'sinks');
  for (const sink of await readdir(folder).catch(noneOfMissing)) {
    const own = join(folder, sink);
    if ((await lastSign(own)) < now - SILENT_MS) continue;
    const reached = await readReached(join(own, `${replica}.json`));
    const isUnread =
      reached === undefined
        ? modifiedMs > now - SILENT_MS
        : reached.done !== true && (reached.position?.serial ?? 0) <= serial;
    if (isUnread) return true;
  }
  return false;
}

async function lastSign(folder: string): Promise<number> {
  const names = await readdir(folder).catch(noneOfMissing);
  const times = [folder, ...names.map((name) => join(folder, name))].map((path) =>
    stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      (error: unknown) => {
        if (isMissing(error)) return 0;
        throw error;
      },
    ),
  );
  return Math.max(...(await Promise.all(times)));
}

/** @returns undefined where there is none */
async function readReached(path: string): Promise<Reached | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Reached;
  } catch (error) {
    if (isMissing(error)) return undefined;
    // Damaged: its sink begins again from the start of the log.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function noneOfMissing(error: unknown): string[] {
  if (isMissing(error)) return [];
  throw error;
}

/** Or in the place of a folder lies a file, which is no sink's. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
