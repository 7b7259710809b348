// Closing a connection whose client may still be sending. A socket closed with unread bytes is reset, and the answer it was
// about to deliver is lost with it (RFC 9112 section 9.6): so the end is sent first, what comes is read off within bounds, and
// then it is closed.

import type { Socket } from 'node:net';

const LINGER_MS = 2000;
const LINGER_BYTES = 16 * 1024 * 1024;

export function closeLingering(socket: Socket): void {
  if (socket.destroyed) return;
  let bytes = 0;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(timer));
  // The parser has had its share: what follows is read and forgotten.
  socket.removeAllListeners('data');
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > LINGER_BYTES) socket.destroy();
  });
  socket.once('end', () => socket.destroy());
  socket.end(() => {
    if (socket.readableEnded) socket.destroy();
  });
  socket.resume();
}

/** Let node close this connection in that way, when it comes to it. */
export function lingerWhenClosed(socket: Socket): void {
  socket.destroySoon = () => closeLingering(socket);
}
