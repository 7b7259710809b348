// Finds a decision among millions without reading Parquet: beside the files lies a sorted list of hashes of decision ids, each with
// the file and the number of its row. Hashes are uniform, so that one or two reads at the right place find one (interpolation
// search). Ids of clients are arbitrary, hence the hash and not the time in a UUIDv7.
//
//   head     8 bytes "HGIDX\0\0\1", uint32 length of the list, the list: JSON of paths below the store's root
//   entry    6 bytes hash: the upper 48 bits of md5_number_lower(decision_id), as DuckDB calls it
//            2 bytes place of the file in the list
//            4 bytes number of the row in the file
//   Entries are sorted by hash; integers are big-endian.

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Database } from './database.ts';
import { quoted } from './database.ts';

const MAGIC = Buffer.from('HGIDX\0\0\x01', 'latin1');
const ENTRY_BYTES = 12;
const HASHES = 2 ** 48;
const BLOCK_ENTRIES = 512;
/** Rows of one decision: what a caller with one id for ever can make of an answer. */
const FOUND_MAX = 64;
const FILES_MAX = 65_536;
const WRITE_BYTES = 1024 ** 2;

/** A row of a Parquet file. */
export interface RowPlace {
  readonly path: string;
  readonly row: number;
}

/** 0 to 2^48 - 1. */
export function hashOf(decisionId: string): number {
  return createHash('md5').update(decisionId, 'utf8').digest().readUIntLE(10, 6);
}

/**
 * Write the index of Parquet files.
 * @param files where each one lies now, and its path below the root as the index shall say it; at most 65,536
 */
export async function writeIndex(
  path: string,
  files: readonly { readonly at: string; readonly path: string }[],
  database: Database,
): Promise<void> {
  if (files.length > FILES_MAX) throw new Error(`an index holds ${FILES_MAX} files, not ${files.length}`);
  const handle = await open(path, 'w', 0o640);
  try {
    const list = Buffer.from(JSON.stringify(files.map((file) => file.path)), 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(list.length);
    await handle.write(Buffer.concat([MAGIC, length, list]));
    const parts = files.map(
      ({ at }, i) =>
        `SELECT CAST(md5_number_lower(decision_id) >> 16 AS DOUBLE) AS h, CAST(${i} AS INTEGER) AS f, CAST(file_row_number AS DOUBLE) AS r FROM read_parquet(${quoted(at)}, file_row_number = true, hive_partitioning = false)`,
    );
    let bytes = Buffer.alloc(WRITE_BYTES);
    let used = 0;
    for await (const [hashes = [], places = [], rows = []] of database.chunks(
      `${parts.join(' UNION ALL ')} ORDER BY h, f, r`,
    )) {
      for (let i = 0; i < hashes.length; i++) {
        if (used + ENTRY_BYTES > bytes.length) {
          await handle.write(bytes.subarray(0, used));
          bytes = Buffer.alloc(WRITE_BYTES);
          used = 0;
        }
        bytes.writeUIntBE(Number(hashes[i]), used, 6);
        bytes.writeUInt16BE(Number(places[i]), used + 6);
        bytes.writeUInt32BE(Number(rows[i]), used + 8);
        used += ENTRY_BYTES;
      }
    }
    await handle.write(bytes.subarray(0, used));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Rows whose decision id has this hash: nearly always those of the decision, which the reader of the row checks. */
export async function searchIndex(path: string, hash: number): Promise<RowPlace[]> {
  const handle = await open(path, 'r');
  try {
    return await search(path, handle, hash);
  } finally {
    await handle.close();
  }
}

async function search(path: string, handle: FileHandle, hash: number): Promise<RowPlace[]> {
  const head = Buffer.alloc(12);
  await handle.read(head, 0, head.length, 0);
  if (!head.subarray(0, 8).equals(MAGIC)) throw new Error(`${path}: this is no index of decisions`);
  const start = head.length + head.readUInt32BE(8);
  const count = Math.floor(((await handle.stat()).size - start) / ENTRY_BYTES);
  const block = async (first: number): Promise<Buffer> => {
    const wanted = Math.min(BLOCK_ENTRIES, count - first) * ENTRY_BYTES;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(wanted), 0, wanted, start + first * ENTRY_BYTES);
    if (bytesRead < wanted) throw new Error(`${path}: the index ends in the middle of an entry`);
    return buffer;
  };
  const entries = await entriesOf(hash, count, block);
  if (entries.length === 0) return [];
  const list = Buffer.alloc(start - head.length);
  await handle.read(list, 0, list.length, head.length);
  const paths = JSON.parse(list.toString('utf8')) as string[];
  return entries.map((entry) => ({ path: paths[entry.readUInt16BE(6)] ?? '', row: entry.readUInt32BE(8) }));
}

/** The entries of one hash. @param block reads up to BLOCK_ENTRIES from an entry on */
async function entriesOf(hash: number, count: number, block: (first: number) => Promise<Buffer>): Promise<Buffer[]> {
  // The entries sought are at `low` or behind it, before `high`.
  let [low, high] = [0, count];
  for (let round = 0; high - low > BLOCK_ENTRIES; round++) {
    // Where it should be; and by halves where hashes are not as even as they should be.
    const guess = round < 4 ? Math.floor((hash / HASHES) * count) : Math.floor((low + high) / 2);
    const first = Math.max(low, Math.min(guess - BLOCK_ENTRIES / 2, high - BLOCK_ENTRIES));
    const bytes = await block(first);
    const last = bytes.length - ENTRY_BYTES;
    if (bytes.readUIntBE(0, 6) >= hash) high = Math.min(high - 1, first + 1);
    else if (bytes.readUIntBE(last, 6) < hash) low = Math.max(low + 1, first + bytes.length / ENTRY_BYTES);
    else {
      low = first;
      break;
    }
  }
  const found: Buffer[] = [];
  for (let first = low; first < count && found.length < FOUND_MAX; first += BLOCK_ENTRIES) {
    const bytes = await block(first);
    for (let at = 0; at < bytes.length && found.length < FOUND_MAX; at += ENTRY_BYTES) {
      const own = bytes.readUIntBE(at, 6);
      if (own > hash) return found;
      if (own === hash) found.push(bytes.subarray(at, at + ENTRY_BYTES));
    }
  }
  return found;
}
