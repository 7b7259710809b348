// What a thread's sockets are to send: put together in one piece of memory, and written when the event loop has heard everything
// that had come, or when there is enough of it. A write wakes whoever reads; written one by one, between one request and the next,
// each finds its reader asleep again, and waking was a quarter of the cost of a request. Written together they find it awake.
// Nothing waits for more to come: where one message has come, one is written, in the same turn.

import type { Socket } from 'node:net';

export type Written = (error?: Error | null) => void;

/** A message may be this long; a longer one is written at once. */
const ROOM_BYTES = 32 * 1024;
/** So many messages are enough. */
const LETTERS_MAX = 16;

interface Letter {
  socket: Socket | null;
  start: number;
  end: number;
  written: Written | undefined;
}

const letters: Letter[] = Array.from({ length: LETTERS_MAX }, () => ({
  socket: null,
  start: 0,
  end: 0,
  written: undefined,
}));
let count = 0;
let room = Buffer.allocUnsafeSlow(ROOM_BYTES);
let used = 0;
let isDue = false;

/**
 * Send a body between two texts.
 * @param before, after latin1
 * @param then called once the kernel has all of it, or with why it has not
 * @returns false where the socket's buffer is full: `drain` follows
 */
export function post(socket: Socket, before: string, body: Uint8Array, after: string, then?: Written): boolean {
  const length = before.length + body.length + after.length;
  // Behind bytes that wait for the kernel, a message would keep the whole room waiting with it.
  if (length > ROOM_BYTES || socket.writableLength > 0) {
    flush();
    return writeAtOnce(socket, before, body, after, then);
  }
  if (count === LETTERS_MAX || used + length > ROOM_BYTES) flush();
  const start = used;
  if (before !== '') used += room.write(before, used, 'latin1');
  room.set(body, used);
  used += body.length;
  if (after !== '') used += room.write(after, used, 'latin1');
  seal(socket, start, then);
  if (!isDue) {
    isDue = true;
    setImmediate(flushDue);
  }
  return !socket.writableNeedDrain;
}

/** What follows a message of the same socket is written with it. */
function seal(socket: Socket, start: number, then: Written | undefined): void {
  const last = letters[count - 1];
  if (last !== undefined && last.socket === socket && last.written === undefined) {
    last.end = used;
    last.written = then;
    return;
  }
  const letter = letters[count++] as Letter;
  letter.socket = socket;
  letter.start = start;
  letter.end = used;
  letter.written = then;
}

/** Whether something for this socket is still to be written. */
export function isWaiting(socket: Socket): boolean {
  for (let i = 0; i < count; i++) if (letters[i]?.socket === socket) return true;
  return false;
}

/** Write everything now: before a socket is ended, closed, given away, or written to in another way. */
export function flush(): void {
  let isKept = false;
  for (let i = 0; i < count; i++) {
    const letter = letters[i] as Letter;
    const { socket, start, end, written } = letter;
    letter.socket = null;
    letter.written = undefined;
    if (socket === null || !socket.writable) continue;
    socket.write(room.subarray(start, end), written);
    if (socket.writableLength > 0) isKept = true;
  }
  count = 0;
  used = 0;
  // What the kernel has not taken is still to be read from there.
  if (isKept) room = Buffer.allocUnsafeSlow(ROOM_BYTES);
}

function flushDue(): void {
  isDue = false;
  flush();
}

/** A body up to this size is copied behind its head; a longer one goes with it in one call of the kernel, as it stands. */
const TOGETHER_BYTES_MAX = 16 * 1024;

function writeAtOnce(socket: Socket, before: string, body: Uint8Array, after: string, then?: Written): boolean {
  if (body.length <= TOGETHER_BYTES_MAX) {
    const bytes = Buffer.allocUnsafe(before.length + body.length + after.length);
    bytes.write(before, 0, 'latin1');
    bytes.set(body, before.length);
    if (after !== '') bytes.write(after, before.length + body.length, 'latin1');
    return socket.write(bytes, then);
  }
  socket.cork();
  if (before !== '') socket.write(before, 'latin1');
  let hasRoom = socket.write(body, after === '' ? then : undefined);
  if (after !== '') hasRoom = socket.write(after, 'latin1', then);
  socket.uncork();
  return hasRoom;
}
