// How far a sink has come in the log of one process, on disk: data/sinks/SINK/REPLICA.json, renamed into place, written after
// the other side has confirmed. It also says which process reads that log: its own while it lives, then one that adopts it.

import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { textOf } from '../segments/folder.ts';
import { LOG_START, type LogPosition } from './log-reader.ts';
import { unlessMissing } from './segment-tail.ts';

export interface Cursor {
  /** Of the process that wrote the log. */
  readonly replica: string;
  /** Replica that reads it. */
  readonly owner: string;
  readonly position: LogPosition;
  /** Read to its end, after its process was gone. */
  readonly done: boolean;
}

export interface KnownCursor extends Cursor {
  /** Unix milliseconds of the last write, or sign of life. */
  readonly touchedAt: number;
}

const SUFFIX = '.json';
const FORMAT = 1;
/** A claim is held for the time of one read and one write. */
const CLAIM_REST_MS = 60_000;

export function sinksFolder(data: string): string {
  return join(data, 'sinks');
}

/** @returns whether it was made just now: the sink has never run here */
export async function openSinkFolder(data: string, sink: string): Promise<boolean> {
  const made = await mkdir(join(sinksFolder(data), sink), { recursive: true, mode: 0o750 });
  return made !== undefined;
}

/** Every cursor of a sink. One that cannot be read is as if it were not there, which whoever begins a log anew for it is to tell. */
export async function readCursors(
  data: string,
  sink: string,
  tell: (unreadable: string) => void = () => undefined,
): Promise<KnownCursor[]> {
  const folder = join(sinksFolder(data), sink);
  const names = (await readdir(folder).catch(unlessMissing)) ?? [];
  const found = await Promise.all(
    names.filter((name) => name.endsWith(SUFFIX)).map((name) => readCursor(join(folder, name), tell)),
  );
  return found.filter((cursor) => cursor !== undefined);
}

async function readCursor(path: string, tell: (unreadable: string) => void): Promise<KnownCursor | undefined> {
  try {
    const parsed = JSON.parse(await readFile(path, 'utf8')) as Cursor & { readonly format?: number };
    const { mtimeMs } = await stat(path);
    if (parsed.format !== FORMAT) throw new Error(`its format is ${parsed.format}, not ${FORMAT}`);
    const { replica, owner, position, done } = parsed;
    return { replica, owner, position, done, touchedAt: mtimeMs };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      tell(`${path}: this cursor cannot be read: ${textOf(error)}; the log is delivered again from its start`);
    return undefined;
  }
}

/** @throws the error of the file system */
export async function writeCursor(data: string, sink: string, cursor: Cursor): Promise<void> {
  const path = join(sinksFolder(data), sink, `${cursor.replica}${SUFFIX}`);
  const fresh = `${path}.new`;
  const file = await open(fresh, 'w', 0o640);
  try {
    await file.writeFile(`${JSON.stringify({ format: FORMAT, ...cursor })}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
}

/** A sign of life: the owner still reads. */
export async function touchCursor(data: string, sink: string, replica: string, wallMs: number): Promise<void> {
  const path = join(sinksFolder(data), sink, `${replica}${SUFFIX}`);
  await utimes(path, wallMs / 1000, wallMs / 1000).catch(unlessMissing);
}

export async function deleteCursor(data: string, sink: string, replica: string): Promise<void> {
  await rm(join(sinksFolder(data), sink, `${replica}${SUFFIX}`), { force: true });
}

/**
 * Take over a log: of several processes that try, one gets it.
 * @param mayTake whether the cursor as it stands now may be taken over
 * @returns the position to go on from, or undefined where another process has it
 */
export async function claimCursor(
  data: string,
  sink: string,
  replica: string,
  owner: string,
  wallMs: number,
  mayTake: (found: KnownCursor | undefined) => boolean,
  report: (message: string) => void,
): Promise<LogPosition | undefined> {
  const path = join(sinksFolder(data), sink, `${replica}${SUFFIX}`);
  const claim = `${path}.claim`;
  const held = await open(claim, 'wx', 0o640).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') report(`${claim}: the log of ${replica} cannot be taken over: ${textOf(error)}`);
    return undefined;
  });
  if (held === undefined) {
    await releaseLeft(claim, wallMs);
    return undefined;
  }
  try {
    const unreadable: string[] = [];
    const found = await readCursor(path, (problem) => unreadable.push(problem));
    if (!mayTake(found)) return undefined;
    for (const problem of unreadable) report(problem);
    const position = found?.position ?? LOG_START;
    await writeCursor(data, sink, { replica, owner, position, done: false });
    return position;
  } finally {
    await held.close();
    await rm(claim, { force: true });
  }
}

/** Of a process that died in the middle of a claim: the next attempt finds it gone. */
async function releaseLeft(claim: string, wallMs: number): Promise<void> {
  const facts = await stat(claim).catch(() => undefined);
  if (facts !== undefined && wallMs - facts.mtimeMs > CLAIM_REST_MS) await rm(claim, { force: true });
}
