// The bytes of a segment: a magic number, then frames. A frame can be checked alone and found again behind damage; what its
// payload means is row.ts's. Integers are little-endian.
//
//   segment  8 bytes "HGCAP\0\0\1" (the last one is the version of this layout), then frames
//   frame    4  "HGF\x1e"
//            4  uint32 length of the payload
//            4  uint32 crc32 (zlib's) of everything after it: sequence and payload
//            8  float64 sequence, from 1, of the process that wrote the segment; a gap is a record that was dropped
//            n  payload: a row, or a ledger (ledger.ts), which begins with 0xffffffff; its sequence is that of the row before it

import { crc32 } from 'node:zlib';

export const MAGIC: Buffer = Buffer.from('HGCAP\0\0\x01', 'latin1');
export const FRAME_HEAD_BYTES = 20;
export const MARK: Buffer = Buffer.from('HGF\x1e', 'latin1');
const MARK_NUMBER = MARK.readUInt32LE(0);
const CHECKED_FROM = 12;
/** The first four bytes of a row are a length; none is this long. */
export const LEDGER_MARK = 0xffffffff;

export interface Frame {
  /** Offset of the frame in its segment, and its whole length. */
  readonly offset: number;
  readonly length: number;
  readonly sequence: number;
  /** The accounts of the process, and no row. */
  readonly isLedger: boolean;
  /** A view of what was read. */
  readonly payload: Buffer;
}

/** Bytes of a segment that belong to no whole frame. `torn`: they reach to the end, as after a crash. */
export interface Damage {
  readonly offset: number;
  readonly length: number;
  readonly torn: boolean;
}

/** Finish a frame whose payload of `length` bytes already lies behind the room for its head. @returns the frame's end */
export function sealFrame(bytes: Buffer, offset: number, length: number, sequence: number): number {
  const end = offset + FRAME_HEAD_BYTES + length;
  bytes.writeUInt32LE(MARK_NUMBER, offset);
  bytes.writeUInt32LE(length, offset + 4);
  bytes.writeDoubleLE(sequence, offset + CHECKED_FROM);
  bytes.writeUInt32LE(crc32(bytes.subarray(offset + CHECKED_FROM, end)), offset + 8);
  return end;
}

/** Whole length of the frame that begins at `offset`, as its head says; undefined where no head stands there. */
export function frameLengthAt(bytes: Buffer, offset: number): number | undefined {
  if (offset + FRAME_HEAD_BYTES > bytes.length || bytes.readUInt32LE(offset) !== MARK_NUMBER) return undefined;
  return FRAME_HEAD_BYTES + bytes.readUInt32LE(offset + 4);
}

/** The whole and undamaged frame at `offset`, or undefined. */
export function frameAt(bytes: Buffer, offset: number): Frame | undefined {
  if (offset + FRAME_HEAD_BYTES > bytes.length || bytes.readUInt32LE(offset) !== MARK_NUMBER) return undefined;
  const end = offset + FRAME_HEAD_BYTES + bytes.readUInt32LE(offset + 4);
  if (end > bytes.length) return undefined;
  if (crc32(bytes.subarray(offset + CHECKED_FROM, end)) !== bytes.readUInt32LE(offset + 8)) return undefined;
  return {
    offset,
    length: end - offset,
    sequence: bytes.readDoubleLE(offset + CHECKED_FROM),
    isLedger: end - offset >= FRAME_HEAD_BYTES + 4 && bytes.readUInt32LE(offset + FRAME_HEAD_BYTES) === LEDGER_MARK,
    payload: bytes.subarray(offset + FRAME_HEAD_BYTES, end),
  };
}

/**
 * Every whole frame of a segment that holds a row, in order; damage is stepped over to the next frame that checks out.
 * @param onDamage told of every stretch of bytes that is no frame
 */
export function* framesOf(segment: Buffer, onDamage: (damage: Damage) => void): Generator<Frame> {
  for (const frame of everyFrameOf(segment, onDamage)) if (!frame.isLedger) yield frame;
}

/** The same, ledgers among them. */
export function* everyFrameOf(segment: Buffer, onDamage: (damage: Damage) => void): Generator<Frame> {
  let offset = segment.length >= MAGIC.length && segment.subarray(0, MAGIC.length).equals(MAGIC) ? MAGIC.length : 0;
  while (offset < segment.length) {
    const frame = frameAt(segment, offset);
    if (frame !== undefined) {
      yield frame;
      offset += frame.length;
      continue;
    }
    const next = nextFrame(segment, offset + 1);
    onDamage({ offset, length: (next ?? segment.length) - offset, torn: next === undefined });
    offset = next ?? segment.length;
  }
}

function nextFrame(segment: Buffer, from: number): number | undefined {
  for (let at = segment.indexOf(MARK, from); at !== -1; at = segment.indexOf(MARK, at + 1)) {
    if (frameAt(segment, at) !== undefined) return at;
  }
  return undefined;
}
