// The manifest: which Parquet files are the store, and which segments went into them. A log of whole operations, one line of JSON
// each, synchronised before anything is done in its name: what a line says and the disk does not show yet is done again after a
// crash (compact.ts). A line that was cut off never happened.

import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { TypedColumn } from './feature-types.ts';
import { syncFolder } from './layout.ts';
import { steadySince } from './trusted-time.ts';

/** A Parquet file of the store. */
export interface StoredFile {
  /** Below the root of the store. */
  readonly path: string;
  readonly model: string;
  readonly date: string;
  readonly rows: number;
  readonly bytes: number;
  /** Unix ms of its first and last decision. */
  readonly from: number;
  readonly to: number;
  /** `records`: bodies, features and predictions have been let go. */
  readonly kept: 'all' | 'records';
  /** Name of the index that finds its decisions. */
  readonly index: string;
}

export interface Operation {
  /** `look`: nothing was to be done; its time counts. */
  readonly op: 'compact' | 'merge' | 'expire' | 'snapshot' | 'look';
  /** Of the run; names the folder in staging that holds what is added. */
  readonly id: string;
  readonly at: string;
  /** Names of segments that went in. */
  readonly segments: readonly string[];
  readonly add: readonly StoredFile[];
  /** Paths of files that are no longer part of the store. */
  readonly remove: readonly string[];
  /** Models whose columns are others now. */
  readonly types: Readonly<Record<string, readonly TypedColumn[]>>;
}

/** What the operations until now add up to. */
export interface Manifest {
  readonly files: ReadonlyMap<string, StoredFile>;
  /** Segments that are in the store, as long as a snapshot found them on disk. */
  readonly segments: ReadonlySet<string>;
  readonly types: ReadonlyMap<string, readonly TypedColumn[]>;
  readonly last: Operation | null;
  /** Unix ms of the last step of the clock from one operation to the next; minus infinity: none is known. */
  readonly steadySince: number;
}

/** The manifest as its only writer has it: who holds the lock of the store. */
export interface ManifestLog extends Manifest {
  /** From the moment that this returns the operation has happened. */
  commit(operation: Operation): Promise<void>;
  /** Begin the log anew, where it says much that no longer counts. @param isThere whether a segment is still on disk */
  shorten(isThere: (segment: string) => boolean, at: string): Promise<void>;
}

/** Lines beyond those that the files of the store need. */
const LINES_MAX = 2000;

/** @throws where it cannot be read, or a line in it is damaged */
export async function openManifest(path: string): Promise<ManifestLog> {
  const text = await readFile(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  const files = new Map<string, StoredFile>();
  const segments = new Set<string>();
  const types = new Map<string, readonly TypedColumn[]>();
  let last: Operation | null = null;
  let since = Number.NEGATIVE_INFINITY;
  let [lines, bytes] = [0, 0];

  function take(operation: Operation): void {
    for (const removed of operation.remove) files.delete(removed);
    for (const file of operation.add) files.set(file.path, file);
    for (const segment of operation.segments) segments.add(segment);
    for (const [model, columns] of Object.entries(operation.types)) types.set(model, columns);
    since = steadySince(since, last?.at ?? null, operation.at);
    last = operation;
    lines += 1;
  }

  for (let end = text.indexOf(10); end !== -1; end = text.indexOf(10, bytes)) {
    take(operationOf(text.toString('utf8', bytes, end), `${path}: line ${lines + 1}`));
    bytes = end + 1;
  }

  return {
    files,
    segments,
    types,
    get last() {
      return last;
    },
    get steadySince() {
      return since;
    },
    async commit(operation) {
      bytes = await append(path, bytes, operation);
      take(operation);
    },
    async shorten(isThere, at) {
      if (lines < LINES_MAX + files.size) return;
      for (const segment of segments) if (!isThere(segment)) segments.delete(segment);
      const snapshot: Operation = {
        op: 'snapshot',
        id: '',
        at,
        segments: [...segments],
        add: [...files.values()],
        remove: [],
        types: Object.fromEntries(types),
      };
      const next = `${path}.next`;
      const written = await append(next, 0, snapshot);
      await rename(next, path);
      await syncFolder(dirname(path));
      [bytes, lines, last] = [written, 1, snapshot];
    },
  };
}

function operationOf(line: string, where: string): Operation {
  try {
    return JSON.parse(line) as Operation;
  } catch (error) {
    throw new Error(
      `${where} is damaged; set the file aside: the Parquet files beside it stay readable, and a new store is begun`,
      { cause: error },
    );
  }
}

/** Written over whatever a crash left behind the whole lines. @returns bytes of whole lines */
async function append(path: string, bytes: number, operation: Operation): Promise<number> {
  const handle = await open(path, bytes === 0 ? 'w' : 'r+', 0o640);
  const line = Buffer.from(`${JSON.stringify(operation)}\n`, 'utf8');
  try {
    await handle.truncate(bytes);
    for (let done = 0; done < line.length; ) {
      done += (await handle.write(line, done, line.length - done, bytes + done)).bytesWritten;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (bytes === 0) await syncFolder(dirname(path));
  return bytes + line.length;
}
