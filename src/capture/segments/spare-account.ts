// The accounts of a process where its segments cannot take them: a full disk refuses every ledger, and what was dropped meanwhile would be
// counted nowhere after a kill. Hence a file is written to its whole size at the start (`accounts/REPLICA.spare`), and overwritten in place:
// blocks that a file has need no new room. Two slots take turns, so that a kill in the middle of one leaves the other.
//
//   4096   a frame (frame.ts): JSON { slotBytes, birth }, birth being what process-life.ts says of the process
//   n, n   the slots, each of slotBytes: a ledger of every model (ledger.ts), or zeros

import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isLater, type Ledger, ledgerOf } from '../ledger.ts';
import { FRAME_HEAD_BYTES, frameAt, sealFrame } from './frame.ts';
import { parseReplica, type ReplicaName } from './segment-name.ts';

const SUFFIX = '.spare';
const HEAD_BYTES = 4096;
/** Some two hundred models; a process with more gets larger slots while there is room for them. */
const SLOT_BYTES_MIN = 16 * 1024;

export interface SpareAccount {
  /** Take the room for ledgers of so many bytes. @throws where there is none */
  prepare(ledgerBytes: number): Promise<void>;
  /** Bytes of a ledger for which there is room. */
  readonly room: number;
  /** Put a ledger of every model in the place of the one before the last. @throws where it is not on disk */
  write(ledger: Buffer): Promise<void>;
  /** Write no more; what was written stays for whoever settles the account. */
  close(): Promise<void>;
  /** The account is elsewhere, or there is none. */
  remove(): Promise<void>;
}

export interface SpareEntry extends ReplicaName {
  readonly path: string;
  readonly modifiedMs: number;
}

export interface SpareContent {
  /** The later of the two; null where none was written. */
  readonly ledger: Ledger | null;
  readonly birth: string;
}

/** @param captures folder of the segments @param birth of this process, '' where the system does not tell */
export function createSpareAccount(captures: string, replica: string, birth: string): SpareAccount {
  const folder = folderOf(captures);
  const path = join(folder, `${replica}${SUFFIX}`);
  let file: FileHandle | null = null;
  let slotBytes = 0;
  let turn = 0;

  async function allocate(bytes: number): Promise<FileHandle> {
    const unfinished = `${path}.tmp`;
    await mkdir(folder, { recursive: true, mode: 0o750 });
    const next = await open(unfinished, 'w', 0o640);
    try {
      await writeAll(next, empty(bytes, birth), 0);
      await next.sync();
      await rename(unfinished, path);
    } catch (error) {
      await next.close().catch(() => undefined);
      await rm(unfinished, { force: true }).catch(() => undefined);
      throw error;
    }
    await file?.close().catch(() => undefined);
    [file, slotBytes, turn] = [next, bytes, 0];
    return next;
  }

  async function close(): Promise<void> {
    await file?.close().catch(() => undefined);
    file = null;
  }

  /** Large enough, and still under its name: a file that was deleted takes what nobody will read. */
  async function fitting(bytes: number): Promise<FileHandle> {
    if (file !== null && bytes <= slotBytes && (await file.stat()).nlink > 0) return file;
    return allocate(Math.max(SLOT_BYTES_MIN, 2 ** Math.ceil(Math.log2(Math.max(1, bytes)))));
  }

  return {
    async prepare(ledgerBytes) {
      await fitting(ledgerBytes);
    },
    get room() {
      return slotBytes;
    },
    async write(ledger) {
      const target = await fitting(ledger.length);
      await writeAll(target, ledger, HEAD_BYTES + turn * slotBytes);
      await target.datasync();
      turn = 1 - turn;
    },
    close,
    async remove() {
      await close();
      await rm(path, { force: true });
    },
  };
}

/** @param captures folder of the segments */
function folderOf(captures: string): string {
  return join(dirname(captures), 'accounts');
}

function empty(slotBytes: number, birth: string): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES + 2 * slotBytes);
  const length = bytes.write(JSON.stringify({ slotBytes, birth }), FRAME_HEAD_BYTES);
  sealFrame(bytes, 0, length, 0);
  return bytes;
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}

/** Those that are there: of processes at work, and of killed ones that nobody has settled yet. */
export async function listSpares(captures: string): Promise<SpareEntry[]> {
  const entries: SpareEntry[] = [];
  const folder = folderOf(captures);
  for (const name of await readdir(folder).catch(() => [])) {
    const replica = name.endsWith(SUFFIX) ? parseReplica(name.slice(0, -SUFFIX.length)) : undefined;
    const path = join(folder, name);
    const facts = replica === undefined ? undefined : await stat(path).catch(() => undefined);
    if (replica !== undefined && facts !== undefined) entries.push({ ...replica, path, modifiedMs: facts.mtimeMs });
  }
  return entries;
}

/** Nothing where the file is gone or is none of ours. */
export async function readSpare(spare: SpareEntry | undefined): Promise<SpareContent> {
  const bytes = spare === undefined ? Buffer.alloc(0) : await readFile(spare.path).catch(() => Buffer.alloc(0));
  const head = frameAt(bytes, 0);
  if (head === undefined) return { ledger: null, birth: '' };
  const { slotBytes, birth } = JSON.parse(head.payload.toString()) as { slotBytes: number; birth: string };
  let ledger: Ledger | null = null;
  for (const slot of [0, 1]) {
    const frame = frameAt(bytes, HEAD_BYTES + slot * slotBytes);
    const found = frame?.isLedger ? ledgerOf(frame) : null;
    if (found !== null && (ledger === null || isLater(found, ledger))) ledger = found;
  }
  return { ledger, birth };
}
