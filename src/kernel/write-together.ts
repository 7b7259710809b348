// A head and the body behind it, in one write: together they are one packet, and wake the reader once. Short ones are put
// together in a piece of memory that the thread keeps, since nearly always the kernel has taken all of it when the write returns.

import type { Socket } from 'node:net';

/** A body up to this size is copied behind its head. */
const TOGETHER_BYTES_MAX = 64 * 1024;
const ROOM_BYTES = 16 * 1024;

let room = Buffer.allocUnsafeSlow(ROOM_BYTES);

export type Written = (error?: Error | null) => void;

/**
 * @param head, tail latin1
 * @param then called once the kernel has all of it, or with why it has not
 * @returns false where the socket's buffer is full
 */
export function writeTogether(socket: Socket, head: string, body: Uint8Array, tail: string, then?: Written): boolean {
  if (body.length > TOGETHER_BYTES_MAX) return writeCorked(socket, head, body, tail, then);
  const length = head.length + body.length + tail.length;
  // Behind writes that wait, this one would keep the whole room for itself.
  const shared = length <= ROOM_BYTES && socket.writableLength === 0;
  const bytes = shared ? room : Buffer.allocUnsafe(length);
  bytes.write(head, 0, 'latin1');
  bytes.set(body, head.length);
  if (tail !== '') bytes.write(tail, head.length + body.length, 'latin1');
  const hasRoom = socket.write(shared ? bytes.subarray(0, length) : bytes, then);
  // What the kernel has not taken is still to be read.
  if (shared && socket.writableLength > 0) room = Buffer.allocUnsafeSlow(ROOM_BYTES);
  return hasRoom;
}

function writeCorked(socket: Socket, head: string, body: Uint8Array, tail: string, then?: Written): boolean {
  socket.cork();
  if (head !== '') socket.write(head, 'latin1');
  let hasRoom = socket.write(body, tail === '' ? then : undefined);
  if (tail !== '') hasRoom = socket.write(tail, 'latin1', then);
  socket.uncork();
  return hasRoom;
}
