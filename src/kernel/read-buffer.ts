// Where the sockets of a thread are read into: one buffer for all of them, since what a read has brought is used up or copied
// before the next one begins. A buffer made for every read, as node does by itself, is 64 KiB to allocate, to trim and to
// collect for a message of a few hundred bytes: it was a third of the cost of a request (docs/performance.md).

const READ_BYTES = 64 * 1024;

/** This thread's. Valid until the reader returns: whatever is to stay is copied out. */
export const READ_BUFFER: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);

/** Bytes that stay: a copy. */
export function keptBytes(bytes: Buffer, start: number, end: number): Buffer {
  const kept = Buffer.allocUnsafe(end - start);
  bytes.copy(kept, 0, start, end);
  return kept;
}
