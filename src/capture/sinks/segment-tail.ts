// One segment, read piece by piece while it may still be written. A frame that is not whole yet is waited for; damage, and a
// batch that was written and taken back, are stepped over to the next frame that checks out.

import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { FRAME_HEAD_BYTES, type Frame, frameAt, frameLengthAt, framesOf, MAGIC } from '../segments/frame.ts';
import { segmentName } from '../segments/segment-name.ts';

export interface TailFrame {
  readonly frame: Frame;
  /** Offset in the segment behind it. */
  readonly end: number;
}

export interface Piece {
  readonly frames: readonly TailFrame[];
  /** Offset to go on from. */
  readonly next: number;
  /** Bytes stepped over, since they are no frame. */
  readonly damaged: number;
}

export interface SegmentTail {
  /** What stands at `offset`: no frames where there is nothing whole yet. @param sequence of the frame read last */
  piece(offset: number, sequence: number): Promise<Piece>;
  size(): Promise<number>;
  close(): Promise<void>;
}

const CHUNK_BYTES = 256 * 1024;
/** More than capture ever holds of one record: a longer frame is damage. */
const FRAME_BYTES_MAX = 256 * 1024 ** 2;

/** @returns null where the segment is not there, under either name */
export async function openTail(folder: string, replica: string, serial: number): Promise<SegmentTail | null> {
  // It may be closed, hence renamed, between the two attempts: the second name is the last one it gets.
  for (const state of ['open', 'capture'] as const) {
    const file = await open(join(folder, segmentName(replica, serial, state)), 'r').catch(unlessMissing);
    if (file !== null) return createTail(file);
  }
  return null;
}

export function unlessMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

function createTail(file: FileHandle): SegmentTail {
  /** Size when a search found nothing: not searched again before there is more. */
  let searchedBytes = -1;

  async function bytesAt(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await file.read(buffer, 0, length, offset);
    return buffer.subarray(0, bytesRead);
  }

  const size = async (): Promise<number> => (await file.stat()).size;

  /** Reads the whole segment: it is rare. */
  async function search(offset: number, sequence: number): Promise<Piece> {
    const bytes = await size();
    const nothing = { frames: [], next: offset, damaged: 0 };
    if (bytes === searchedBytes) return nothing;
    for (const frame of framesOf(await bytesAt(0, bytes), () => undefined)) {
      if (frame.sequence > sequence)
        return { frames: [], next: frame.offset, damaged: Math.max(0, frame.offset - offset) };
    }
    searchedBytes = bytes;
    return nothing;
  }

  return {
    size,
    async piece(offset, sequence) {
      const skipped = offset === 0 ? MAGIC.length : 0;
      const frames: TailFrame[] = [];
      for (let wanted = CHUNK_BYTES; ; ) {
        const chunk = await bytesAt(offset, wanted);
        let at = skipped;
        for (let frame = frameAt(chunk, at); frame !== undefined; frame = frameAt(chunk, at)) {
          at += frame.length;
          frames.push({ frame, end: offset + at });
        }
        if (frames.length > 0) return { frames, next: offset + at, damaged: 0 };
        const left = chunk.length - at;
        const length = frameLengthAt(chunk, at);
        const isWhole = length === undefined ? left >= FRAME_HEAD_BYTES : length <= left || length > FRAME_BYTES_MAX;
        if (isWhole || (left <= 0 && offset > (await size()))) return search(offset, sequence);
        // Not written yet, or longer than what was read.
        if (length === undefined || chunk.length < wanted) return { frames, next: offset, damaged: 0 };
        wanted = skipped + length;
      }
    },
    close: () => file.close(),
  };
}
