// How an operation becomes true, in an order that a crash at any moment cannot break: what it adds lies whole and synchronised in
// staging; the manifest says it in one line; then files are renamed into place, replaced ones and compacted segments deleted. The
// last part may be done twice, and is, after a crash. Our own readers go by the manifest alone. Who reads the folder itself may see
// old and new files side by side for the moment between the renames and the deletions.

import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { SegmentEntry } from '../segments/segment-name.ts';
import { listSegments } from '../segments/segment-name.ts';
import type { StorePaths } from './layout.ts';
import { syncFolder } from './layout.ts';
import type { Manifest, ManifestLog, Operation, StoredFile } from './manifest.ts';

/** Whether somebody else has not read a segment yet. */
export type IsHeld = (segment: SegmentEntry) => Promise<boolean>;

/** Name under which a file lies in staging: its own, without the partition. */
export function stagedPath(paths: StorePaths, id: string, path: string): string {
  return join(paths.staging, id, basename(path));
}

/**
 * Where a file or an index of the manifest lies at this moment, for a reader: what the last operation added may still be on its way
 * out of staging, or wait there for someone to finish what a crash cut short.
 */
export function locate(
  paths: StorePaths,
  { last }: Manifest,
): { file(path: string): string; index(name: string): string } {
  const recent = new Set(last?.add.flatMap(({ path, index }) => [path, index]));
  const place = (name: string, final: string): string => {
    if (last === null || !recent.has(name) || existsSync(final)) return final;
    const staged = stagedPath(paths, last.id, name);
    return existsSync(staged) ? staged : final;
  };
  return {
    file: (path) => place(path, join(paths.root, path)),
    index: (name) => place(name, join(paths.indexes, name)),
  };
}

export async function commit(paths: StorePaths, manifest: ManifestLog, operation: Operation): Promise<void> {
  const staged = join(paths.staging, operation.id);
  await mkdir(staged, { recursive: true, mode: 0o750 });
  await syncFolder(staged);
  const before = new Map(manifest.files);
  await manifest.commit(operation);
  await carryOut(paths, manifest, operation, before);
  await rm(staged, { recursive: true, force: true });
}

/** After a crash: do what the last line says, and clear away what no line speaks of. */
export async function recover(paths: StorePaths, manifest: ManifestLog): Promise<void> {
  await mkdir(paths.staging, { recursive: true, mode: 0o750 });
  await mkdir(paths.indexes, { recursive: true, mode: 0o750 });
  if (manifest.last !== null && manifest.last.op !== 'snapshot')
    await carryOut(paths, manifest, manifest.last, manifest.files);
  await rm(paths.staging, { recursive: true, force: true });
  await mkdir(paths.staging, { recursive: true, mode: 0o750 });
  const used = new Set([...manifest.files.values()].map(({ index }) => index));
  for (const name of await readdir(paths.indexes)) if (!used.has(name)) await rm(join(paths.indexes, name));
}

async function carryOut(
  paths: StorePaths,
  manifest: ManifestLog,
  operation: Operation,
  before: ReadonlyMap<string, StoredFile>,
): Promise<void> {
  const folders = new Set<string>();
  const place = async (from: string, to: string): Promise<void> => {
    await mkdir(dirname(to), { recursive: true, mode: 0o750 });
    await rename(from, to).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
      // It is in place already where this is done for the second time.
      if (!existsSync(to)) throw new Error(lostProblem(paths, to), { cause: error });
    });
    // Up to the root: the folders of a model or a day may be new.
    for (let folder = dirname(to); folder.startsWith(paths.root); folder = dirname(folder)) folders.add(folder);
  };
  const indexes = new Set(operation.add.map(({ index }) => index));
  for (const name of indexes) await place(stagedPath(paths, operation.id, name), join(paths.indexes, name));
  for (const { path } of operation.add) await place(stagedPath(paths, operation.id, path), join(paths.root, path));
  for (const folder of folders) await syncFolder(folder);
  for (const path of operation.remove) await rm(join(paths.root, path), { force: true });
  await dropIndexes(paths, manifest, operation, before);
}

/** Nothing may be deleted in its name: the segments it was made of may be all that is left. */
function lostProblem({ manifest }: StorePaths, path: string): string {
  return `${path}: the manifest names it, but it is neither here nor in staging; put it back from a copy, or set ${manifest} aside: the Parquet files stay readable, and a new store is begun`;
}

/** An index goes with the last of its files. */
async function dropIndexes(
  paths: StorePaths,
  manifest: ManifestLog,
  { remove }: Operation,
  before: ReadonlyMap<string, StoredFile>,
): Promise<void> {
  const touched = new Set(remove.flatMap((path) => before.get(path)?.index ?? []));
  for (const { index } of manifest.files.values()) touched.delete(index);
  for (const index of touched) await rm(join(paths.indexes, index), { force: true });
}

/** Segments whose rows are in the store go, unless somebody still reads them. @returns how many went */
export async function releaseSegments(folder: string, manifest: ManifestLog, isHeld: IsHeld): Promise<number> {
  let released = 0;
  for (const entry of await listSegments(folder)) {
    if (entry.state !== 'capture' || !manifest.segments.has(basename(entry.path)) || (await isHeld(entry))) continue;
    await rm(entry.path, { force: true });
    released += 1;
  }
  return released;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
