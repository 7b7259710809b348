// Reads the segments of one process in the order written, from any place on, also while they are being written. It waits for
// nothing: a reading that finds nothing new is empty. What was deleted before it could be read is counted.

import { readdir } from 'node:fs/promises';
import { type CaptureRow, rowOf } from '../row.ts';
import { type Frame, MAGIC } from '../segments/frame.ts';
import { parseSegmentName } from '../segments/segment-name.ts';
import { openTail, type SegmentTail, unlessMissing } from './segment-tail.ts';

/** A place in the log of one process: behind the record with this sequence. */
export interface LogPosition {
  readonly serial: number;
  readonly offset: number;
  readonly sequence: number;
}

export const LOG_START: LogPosition = { serial: 0, offset: 0, sequence: 0 };

export interface LogRecord {
  readonly row: CaptureRow;
  readonly bytes: number;
  /** The place behind it. */
  readonly end: LogPosition;
}

export interface LogReading {
  readonly records: readonly LogRecord[];
  /** Behind everything that was looked at. */
  readonly end: LogPosition;
  /** Records, at most, that were deleted before they could be read: what capture had dropped between them counts as well. */
  readonly cut: number;
}

export interface LogReader {
  /** What comes next, within bounds but at least one record where there is one. @throws the error of the file system */
  read(recordsMax: number, bytesMax: number): Promise<LogReading>;
  close(): Promise<void>;
}

export interface LogReaderOptions {
  readonly folder: string;
  readonly replica: string;
  readonly from: LogPosition;
  /** Told in words of bytes that are no record. */
  readonly report: (message: string) => void;
}

/** Serials of the segments that a process has in the folder, in order. */
export async function serialsOf(folder: string, replica: string): Promise<number[]> {
  const names = (await readdir(folder).catch(unlessMissing)) ?? [];
  const serials = names.map(parseSegmentName).flatMap((name) => (name?.replica === replica ? [name.serial] : []));
  return serials.sort((a, b) => a - b);
}

export function createLogReader({ folder, replica, from, report }: LogReaderOptions): LogReader {
  let at = from;
  let tail: SegmentTail | null = null;
  /** Whether segments are missing before the next record. */
  let isCut = false;

  const tell = (bytes: number): void =>
    report(`${folder}: ${replica}, segment ${at.serial}: ${bytes} bytes are no record and were stepped over`);

  async function leave(): Promise<void> {
    await tail?.close();
    tail = null;
  }

  function moveTo(serial: number, expected: number): void {
    if (serial === at.serial) return;
    if (serial !== expected) isCut = true;
    at = { ...at, serial, offset: 0 };
  }

  /** The segment at the position, or the next one that there is. */
  async function enter(): Promise<SegmentTail | null> {
    if (tail !== null) return tail;
    const serial = (await serialsOf(folder, replica)).find((one) => one >= at.serial);
    if (serial === undefined) return null;
    // Where the segment of the position is gone, nobody knows whether it had been read to its end: sequences will tell.
    moveTo(serial, at.serial === 0 ? 1 : at.serial);
    tail = await openTail(folder, replica, serial);
    return tail;
  }

  /** A process writes one segment at a time: where there is a later one, this one is complete. @returns whether to go on */
  async function leaveIfComplete(current: SegmentTail): Promise<boolean> {
    const serial = (await serialsOf(folder, replica)).find((one) => one > at.serial);
    if (serial === undefined) return false;
    const { frames, next } = await current.piece(at.offset, at.sequence);
    if (frames.length > 0 || next > at.offset) return true;
    const left = (await current.size()) - Math.max(at.offset, MAGIC.length);
    if (left > 0) tell(left);
    await leave();
    moveTo(serial, at.serial + 1);
    return true;
  }

  return {
    async read(recordsMax, bytesMax) {
      const records: LogRecord[] = [];
      let bytes = 0;
      let cut = 0;
      for (;;) {
        const current = await enter();
        if (current === null) break;
        const { frames, next, damaged } = await current.piece(at.offset, at.sequence);
        for (const { frame, end } of frames) {
          // A ledger bears the number of the row before it, which may be gone.
          if (frame.isLedger) {
            at = { ...at, offset: end };
            continue;
          }
          const isFull = records.length >= recordsMax || (records.length > 0 && bytes + frame.length > bytesMax);
          if (isFull) return { records, end: at, cut };
          // One that was read before its batch was taken back and written anew is passed over.
          if (frame.sequence > at.sequence) {
            if (isCut) cut += frame.sequence - at.sequence - 1;
            isCut = false;
            at = { ...at, offset: end, sequence: frame.sequence };
            const row = read(frame);
            if (row === undefined) tell(frame.length);
            else records.push({ row, bytes: frame.length, end: at });
            bytes += frame.length;
          } else at = { ...at, offset: end };
        }
        if (damaged > 0) tell(damaged);
        const hasMoved = frames.length > 0 || next !== at.offset;
        at = { ...at, offset: next };
        if (!hasMoved && !(await leaveIfComplete(current))) break;
      }
      return { records, end: at, cut };
    },
    close: leave,
  };
}

/** undefined where a frame checks out and is no row all the same: another version of Headgate may have written it. */
function read(frame: Frame): CaptureRow | undefined {
  try {
    return rowOf(frame);
  } catch {
    return undefined;
  }
}
