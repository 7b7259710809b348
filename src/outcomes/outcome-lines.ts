// The lines of one file of outcomes, read in pieces: only whole lines, since the last may still be being written.

import { type FileHandle, open } from 'node:fs/promises';
import type { Outcome } from './outcome.ts';

export interface OutcomeLine {
  /** Bytes from the beginning of the file. */
  readonly offset: number;
  /** Without its end; valid until the next piece is asked for. */
  readonly bytes: Buffer;
}

/** Small enough that whoever works off a piece lets others have a turn soon. */
const PIECE_BYTES = 256 * 1024;
const LINE_END = 10;

/** @param from where a line begins @returns the whole lines from there on, piece by piece */
export async function* outcomeLines(path: string, from = 0): AsyncGenerator<readonly OutcomeLine[]> {
  const handle = await openOutcomes(path);
  if (handle === undefined) return;
  try {
    let piece = Buffer.allocUnsafe(PIECE_BYTES);
    for (let at = from; ; ) {
      const { bytesRead } = await handle.read(piece, 0, piece.length, at);
      const [lines, used] = linesOf(piece.subarray(0, bytesRead), at);
      if (lines.length > 0) yield lines;
      at += used;
      if (used > 0) continue;
      if (bytesRead < piece.length) return;
      // Longer than a piece: no line of ours, but what follows it is.
      piece = Buffer.allocUnsafe(piece.length * 2);
    }
  } finally {
    await handle.close();
  }
}

/** @returns undefined where the file has been moved away */
export async function openOutcomes(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** @returns undefined where no such bytes are there any more */
export async function lineAt(handle: FileHandle, offset: number, length: number): Promise<string | undefined> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, offset);
  return bytesRead === length ? buffer.toString('utf8') : undefined;
}

/** @returns undefined: a line that a crash or a hand has damaged */
export function outcomeOf(text: string): Outcome | undefined {
  try {
    return JSON.parse(text) as Outcome;
  } catch {
    return undefined;
  }
}

function linesOf(bytes: Buffer, at: number): [readonly OutcomeLine[], number] {
  const lines: OutcomeLine[] = [];
  let start = 0;
  for (let end = bytes.indexOf(LINE_END); end !== -1; end = bytes.indexOf(LINE_END, start)) {
    lines.push({ offset: at + start, bytes: bytes.subarray(start, end) });
    start = end + 1;
  }
  return [lines, start];
}
