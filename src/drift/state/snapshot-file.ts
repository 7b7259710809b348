// A snapshot on disk: a line that says what it is, a line per model, and a line with the number of models and the checksum of all
// before it. Written beside the old one, synchronised, and renamed over it, so that there is always one whole snapshot. Whatever is not
// exactly that is refused, with the reason: counts that are half right would be worse than none.

import { type FileHandle, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { plainOf, textOf } from './plain-text.ts';
import type { SavedModel } from './saved-model.ts';

export const SNAPSHOT_FORMAT = 'headgate-drift/1';
/** Larger files are not read: 60,000 columns need some 200 MB. */
const BYTES_MAX = 1024 ** 3;
/** Text gathered before a write, and with it the longest time without a pause. */
const SLICE_BYTES = 256 * 1024;

/** Whose counts these are. */
export interface SnapshotHead {
  /** The first of the processes that counted one after the other. */
  readonly lineage: string;
  /** How many restarts it has seen. */
  readonly epoch: number;
  /** The process that wrote it, and its sign of life (capture/segments/process-life.ts). */
  readonly replica: string;
  readonly birth: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** Whether the process said so at its end: nothing is lost. */
  readonly closed: boolean;
}

export interface Snapshot {
  readonly head: SnapshotHead;
  readonly models: readonly SavedModel[];
}

export type SnapshotReading =
  | { readonly ok: true; readonly snapshot: Snapshot }
  | { readonly ok: false; readonly problem: string };

export interface Written {
  readonly bytes: number;
  /** Time on the thread, in slices: the rest was waiting for the disk. */
  readonly busyMs: number;
  /** The longest slice. */
  readonly sliceMs: number;
}

/**
 * @param models taken one by one while it is written, so that each is whole but they are not of one moment
 * @param now monotonic milliseconds
 * @throws the error of the file system; the old snapshot is then as it was
 */
export async function writeSnapshot(
  path: string,
  head: SnapshotHead,
  models: Iterable<SavedModel>,
  now: () => number,
): Promise<Written> {
  const fresh = `${path}.new`;
  const file = await open(fresh, 'w', 0o640);
  try {
    const written = await writeLines(file, head, models, now);
    await file.sync();
    await file.close();
    await rename(fresh, path);
    return written;
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(fresh, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function writeLines(
  file: FileHandle,
  head: SnapshotHead,
  models: Iterable<SavedModel>,
  now: () => number,
): Promise<Written> {
  let [checksum, count, bytes, busyMs, sliceMs] = [0, 0, 0, 0, 0];
  let began = now();
  let pending: Buffer[] = [];
  let gathered = 0;
  const add = (text: string): void => {
    const line = Buffer.from(`${text}\n`);
    checksum = crc32(line, checksum);
    pending.push(line);
    gathered += line.length;
  };
  const flush = async (): Promise<void> => {
    const slice = now() - began;
    busyMs += slice;
    sliceMs = Math.max(sliceMs, slice);
    bytes += gathered;
    await file.writev(pending);
    pending = [];
    gathered = 0;
    began = now();
  };
  add(JSON.stringify({ format: SNAPSHOT_FORMAT, ...head }));
  for (const model of models) {
    add(textOf(model));
    count++;
    if (gathered >= SLICE_BYTES) await flush();
  }
  add(JSON.stringify({ models: count, crc32: checksum }));
  await flush();
  return { bytes, busyMs, sliceMs };
}

/** Read and check all of it. */
export async function readSnapshot(path: string): Promise<SnapshotReading> {
  try {
    const { size } = await stat(path);
    if (size > BYTES_MAX) return refused(`it is larger than ${BYTES_MAX / 1024 ** 2} MiB`);
    return parseSnapshot(await readFile(path));
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
}

export function parseSnapshot(bytes: Buffer): SnapshotReading {
  try {
    const lines = linesOf(bytes);
    const [first] = lines;
    const last = lines.at(-1);
    if (first === undefined || last === undefined || lines.length < 2) return refused('it is cut off');
    const head = headOf(first.text);
    if (typeof head === 'string') return refused(head);
    const end = JSON.parse(last.text) as { readonly models?: unknown; readonly crc32?: unknown };
    if (end.models !== lines.length - 2) return refused('it is cut off');
    if (end.crc32 !== crc32(bytes.subarray(0, last.start)))
      return refused('its checksum is wrong: it was changed or damaged');
    const models = lines.slice(1, -1).map(({ text }) => plainOf(text) as SavedModel);
    return { ok: true, snapshot: { head, models } };
  } catch (error) {
    return refused(`it cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}

const refused = (problem: string): SnapshotReading => ({ ok: false, problem });

/** @returns the problem where it is no head of this format */
function headOf(text: string): SnapshotHead | string {
  const found: unknown = text.startsWith('{') ? JSON.parse(text) : null;
  if (typeof found !== 'object' || found === null || !('format' in found)) return 'it is no snapshot of Headgate';
  const { format, ...head } = found as SnapshotHead & { readonly format: unknown };
  if (format === SNAPSHOT_FORMAT) return head;
  return `its format is ${JSON.stringify(format)}, and this Headgate reads "${SNAPSHOT_FORMAT}" alone`;
}

/** Every line must end with a line feed: one that does not was not written to its end. */
function linesOf(bytes: Buffer): { readonly start: number; readonly text: string }[] {
  const lines: { start: number; text: string }[] = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    lines.push({ start, text: bytes.toString('utf8', start, end) });
    start = end + 1;
  }
  return start === bytes.length ? lines : [];
}
