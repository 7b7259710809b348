// An accepted connection that is read into the thread's one buffer. node offers that (`onread`) to whoever makes a socket, but
// makes the accepted ones itself; so the handle of the connection is given to a socket of ours. That is not documented
// (docs/decisions/0007): where a version of node does not allow it, the socket stays as it is, and every read costs a buffer.

import { Socket, type SocketConstructorOpts } from 'node:net';
import { READ_BUFFER } from '../../kernel/read-buffer.ts';

export type TakeBytes = (buffer: Buffer, length: number) => void;

export interface Adopted {
  readonly socket: Socket;
  /** From here on the socket is read as any other: its bytes come as `data`. */
  release(): void;
}

/**
 * @param accepted from a server's `connection`; nothing may have been read from it
 * @param take hears what comes, from the next turn of the event loop on; the bytes are there until it returns
 */
export function adopt(accepted: Socket, take: TakeBytes): Adopted {
  const handle = handleOf(accepted);
  return handle === null ? asItIs(accepted, take) : taken(accepted, handle, take);
}

interface Handle {
  useUserBuffer(buffer: Uint8Array): void;
}

/** What a socket has of its own besides its types. */
type Inside = { _handle?: (Partial<Handle> & object) | null };

function handleOf(socket: Socket): Handle | null {
  const { _handle: handle } = socket as unknown as Inside;
  return typeof handle?.useUserBuffer === 'function' ? (handle as Handle) : null;
}

function taken(accepted: Socket, handle: Handle, take: TakeBytes): Adopted {
  let released = false;
  const callback = (length: number): boolean => {
    // A copy: whoever reads it as a stream may keep it.
    if (released) return socket.push(Buffer.from(READ_BUFFER.subarray(0, length)));
    take(READ_BUFFER, length);
    return true;
  };
  (accepted as unknown as Inside)._handle = null;
  const onread = { buffer: READ_BUFFER, callback };
  const socket = new Socket({ handle, allowHalfOpen: true, onread } as unknown as SocketConstructorOpts);
  // The server counts its connections by the sockets that it has made.
  socket.once('close', () => accepted.destroy());
  return {
    socket,
    release() {
      released = true;
    },
  };
}

function asItIs(socket: Socket, take: TakeBytes): Adopted {
  const onData = (bytes: Buffer): void => take(bytes, bytes.length);
  socket.on('data', onData);
  return { socket, release: () => void socket.off('data', onData) };
}
