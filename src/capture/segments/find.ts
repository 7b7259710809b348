// Finds the rows of one decision: by where the latest rows lie, else by looking through the newest segments. Both are
// bounded, and an answer says whether a bound cut it short; what is older is for the commands, which read everything.

import { open } from 'node:fs/promises';
import { Busy } from '../../kernel/busy.ts';
import { textHash } from '../../kernel/text-hash.ts';
import { type CaptureRow, ROW_ID_AT, rowIdBytes, rowOf } from '../row.ts';
import { frameAt } from './frame.ts';
import { readSegment } from './read-segment.ts';
import { createRecentRows, type RecentRows, type RowPlace } from './recent-rows.ts';
import { listSegments } from './segment-name.ts';
import type { Segment } from './segment-writer.ts';

export interface FoundRows {
  readonly rows: readonly CaptureRow[];
  /** false: a bound cut the search or the rows short; there may be more on disk. */
  readonly isWhole: boolean;
}

export interface DecisionFinder {
  /** @param hash `textHash` of its id */
  add(hash: number, segment: Segment, offset: number, length: number): void;
  /** @throws Busy where too many wait already */
  find(decisionId: string): Promise<FoundRows>;
}

export interface FinderOptions {
  readonly folder: string;
  /** Rows in the index: a power of two. */
  readonly indexMax?: number;
  /** Bytes of segments looked through, newest first, for a decision that the index does not have. */
  readonly scanBytesMax?: number;
  /** Bytes of the rows of one answer. */
  readonly rowBytesMax?: number;
}

/** Of the newest segments: what a search for one decision looks through. */
const SEARCHED_BYTES_MAX = 256 * 1024 ** 2;
const WAITING_MAX = 16;
/** Rows of one decision: a caller that sends one id for ever must not fill the memory. */
const ROWS_MAX = 64;
/** And of their bodies: 64 rows may be larger than the memory. The first is found whatever its size. */
const ROW_BYTES_MAX = 64 * 1024 ** 2;
/** Of a row beside its bodies. */
const ROW_REST_BYTES = 1024;

export function createDecisionFinder(options: FinderOptions): DecisionFinder {
  const { folder, indexMax = 2 ** 17, scanBytesMax = SEARCHED_BYTES_MAX, rowBytesMax = ROW_BYTES_MAX } = options;
  /** A finder that only looks through segments needs no memory for more. */
  let recent: RecentRows | null = null;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  async function scan(decisionId: string): Promise<FoundRows> {
    const rows: CaptureRow[] = [];
    const room: Room = { rows: ROWS_MAX, bytes: rowBytesMax, isFull: false };
    let bytes = 0;
    let hit = false;
    for (const entry of (await listSegments(folder)).reverse()) {
      bytes += entry.bytes;
      if (bytes > scanBytesMax && bytes > entry.bytes) return { rows, isWhole: false };
      const found = await rowsIn(entry.path, decisionId, room);
      rows.unshift(...found);
      // A shadow may end after its decision, in the next segment: the one before the hit is read too, no more.
      if (hit || room.isFull) break;
      hit = found.length > 0;
    }
    return { rows, isWhole: !room.isFull };
  }

  return {
    add(hash, segment, offset, length) {
      recent ??= createRecentRows(indexMax);
      recent.add(hash, segment, offset, length);
    },
    async find(decisionId) {
      const indexed = recent?.find(textHash(decisionId), ROWS_MAX + 1);
      const room: Room = { rows: ROWS_MAX, bytes: rowBytesMax, isFull: false };
      const rows = indexed === undefined ? [] : await rowsAt(indexed.places, decisionId, room);
      if (rows.length > 0 && indexed?.isWhole) return { rows, isWhole: !room.isFull };
      if (waiting >= WAITING_MAX) throw new Busy(`${WAITING_MAX} searches for decisions wait already; ask again later`);
      waiting += 1;
      const search = last.then(() => scan(decisionId)).finally(() => (waiting -= 1));
      last = search.catch(() => undefined);
      const found = await search;
      return found.rows.length < rows.length ? { rows, isWhole: false } : found;
    },
  };
}

/** What one answer may still take. */
interface Room {
  rows: number;
  bytes: number;
  /** Something had no room. */
  isFull: boolean;
}

function takes(room: Room, bytes: number): boolean {
  const isFirst = room.rows === ROWS_MAX;
  if (room.rows === 0 || (bytes > room.bytes && !isFirst)) room.isFull = true;
  if (room.isFull) return false;
  room.rows -= 1;
  room.bytes -= bytes;
  return true;
}

/** Rows whose segment was deleted meanwhile are left out, and those of a decision whose id has the same hash. */
async function rowsAt(places: readonly RowPlace[], decisionId: string, room: Room): Promise<CaptureRow[]> {
  const id = rowIdBytes(decisionId);
  const rows: CaptureRow[] = [];
  for (const { segment, offset, length } of places) {
    const bytes = await readRange(segment.path, offset, length).catch(() => undefined);
    const frame = bytes === undefined ? undefined : frameAt(bytes, 0);
    if (!frame?.payload.subarray(ROW_ID_AT, ROW_ID_AT + id.length).equals(id)) continue;
    if (!takes(room, length)) break;
    rows.push(rowOf(frame));
  }
  return rows;
}

async function readRange(path: string, offset: number, length: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await handle.read(bytes, 0, length, offset);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** None of a segment that was deleted or renamed meanwhile. */
async function rowsIn(path: string, decisionId: string, room: Room): Promise<CaptureRow[]> {
  const rows: CaptureRow[] = [];
  try {
    for await (const row of readSegment(path, undefined, decisionId)) {
      if (!takes(room, ROW_REST_BYTES + (row.request?.length ?? 0) + (row.response?.length ?? 0))) break;
      // Bodies are views: a copy, or one row would hold a whole segment in memory.
      rows.push({ ...row, request: copied(row.request), response: copied(row.response) });
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  return rows;
}

function copied(bytes: Uint8Array | null): Uint8Array | null {
  return bytes === null ? null : Buffer.from(bytes);
}
