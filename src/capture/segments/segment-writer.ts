// Appends batches of frames to the segment of this process, one at a time, and begins the next segment where one is full.
// After a failed write a half-written batch is cut off, so that the segment holds what it held before; where even that
// fails the segment is given up, recovery cuts it later, and the next batch begins another.

import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { textOf } from './folder.ts';
import { MAGIC } from './frame.ts';
import type { CreateSegmentFile, SegmentFile } from './segment-file.ts';
import { segmentName } from './segment-name.ts';

/** A segment of this process. `path` changes when it is closed. */
export interface Segment {
  path: string;
}

export interface SegmentWriter {
  /**
   * Write frames, piece by piece, and synchronise once. One call at a time.
   * @param hasRows false: they are a ledger alone, and a segment of those need not stay
   * @returns the segment and the offset that the first byte has in it
   * @throws the error of the file system
   */
  append(
    pieces: readonly Uint8Array[],
    hasRows?: boolean,
  ): Promise<{ readonly segment: Segment; readonly offset: number }>;
  /**
   * Where the segment is full, close it and begin the next one at once: closed ones may be taken away, and the accounts must always
   * stand in one that is not. To be called once what was appended is accounted for. Never fails: what does is told, and recovery repeats it.
   * @param early also where it is not full, but has rows
   */
  turn(early?: boolean): Promise<void>;
  /** Whether a segment has been begun and not closed. */
  readonly isOpen: boolean;
  /** Close the segment, if one is open; one without rows goes. */
  close(): Promise<void>;
}

export interface SegmentWriterOptions {
  readonly folder: string;
  readonly replica: string;
  /** A segment that has reached this size is closed. */
  readonly segmentBytes: () => number;
  readonly createFile: CreateSegmentFile;
  /** Frames at the head of each segment. */
  readonly head: () => Uint8Array;
  /** Told after each segment that was closed. */
  readonly onClosed: () => void;
  readonly report: (message: string) => void;
}

interface OpenSegment {
  readonly segment: Segment;
  readonly file: SegmentFile;
  readonly serial: number;
  bytes: number;
  hasRows: boolean;
}

export function createSegmentWriter(options: SegmentWriterOptions): SegmentWriter {
  const { folder, replica, segmentBytes, createFile, head, onClosed, report } = options;
  let current: OpenSegment | null = null;
  let serial = 0;

  async function begin(): Promise<OpenSegment> {
    serial += 1;
    const path = join(folder, segmentName(replica, serial, 'open'));
    const file = await createFile(path);
    const opened: OpenSegment = { segment: { path }, file, serial, bytes: 0, hasRows: false };
    try {
      await write(opened, [MAGIC, head()]);
    } catch (error) {
      // Or a full disk would gather an empty file for every attempt.
      await rm(path, { force: true }).catch(() => undefined);
      throw error;
    }
    return opened;
  }

  async function write(target: OpenSegment, pieces: readonly Uint8Array[]): Promise<void> {
    try {
      let end = target.bytes;
      for (const bytes of pieces) {
        await target.file.write(bytes, end);
        end += bytes.length;
      }
      await target.file.sync();
      if (!(await target.file.isThere())) throw new Error('the segment was deleted while it was being written');
      target.bytes = end;
    } catch (error) {
      await undo(target);
      throw error;
    }
  }

  /** A segment that cannot be cut back is given up: frames must never follow half a frame. */
  async function undo(target: OpenSegment): Promise<void> {
    const cut = await target.file.truncate(target.bytes).then(
      () => target.bytes > 0,
      () => false,
    );
    if (cut && (await target.file.isThere().catch(() => true))) return;
    current = null;
    await target.file.close().catch(() => undefined);
  }

  async function end(target: OpenSegment): Promise<void> {
    current = null;
    await target.file.close();
    if (!target.hasRows) {
      await rm(target.segment.path, { force: true });
      return;
    }
    const path = join(folder, segmentName(replica, target.serial, 'capture'));
    await rename(target.segment.path, path);
    target.segment.path = path;
    onClosed();
  }

  return {
    async append(pieces, hasRows = true) {
      current ??= await begin();
      const target = current;
      const offset = target.bytes;
      await write(target, pieces);
      target.hasRows ||= hasRows;
      return { segment: target.segment, offset };
    },
    async turn(early = false) {
      if (current === null || !(early ? current.hasRows : current.bytes >= segmentBytes())) return;
      const { path } = current.segment;
      try {
        await end(current);
      } catch (error) {
        report(
          `${path}: this segment is whole, but could not be closed: ${textOf(error)}; it goes into the store, or is deleted for captures.keep, only once this process has ended`,
        );
      }
      try {
        current = await begin();
      } catch {
        // The next group begins one too, and tells what hinders it.
        current = null;
      }
    },
    get isOpen() {
      return current !== null;
    },
    async close() {
      if (current !== null) await end(current);
    },
  };
}
