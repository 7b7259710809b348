// One kept-alive connection with at most one request on it. It reports; open-loop.ts decides what to send and when.

import { connect, type Socket } from 'node:net';
import { readAnswer } from './answer.ts';

export interface ConnectionEvents {
  answered(request: number, status: number): void;
  /** The connection can take another request. */
  free(connection: Connection): void;
  /** The connection is gone. `request` is the number of the one it owed an answer to, or -1. */
  lost(connection: Connection, request: number, why: string): void;
}

export interface Connection {
  send(request: number, bytes: Buffer): void;
  close(): void;
}

/** @param port on 127.0.0.1, the only place load is ever sent to */
export function openConnection(port: number, events: ConnectionEvents): Promise<Connection> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(attach(socket, events));
    });
  });
}

function attach(socket: Socket, events: ConnectionEvents): Connection {
  let request = -1;
  let pending: Buffer | null = null;
  let closed = false;
  const connection: Connection = {
    send(number, bytes) {
      request = number;
      socket.write(bytes);
    },
    close() {
      closed = true;
      socket.destroy();
    },
  };
  const lose = (why: string): void => {
    if (closed) return;
    connection.close();
    events.lost(connection, request, why);
  };
  socket.on('data', (chunk: Buffer) => {
    const bytes: Buffer = pending === null ? chunk : Buffer.concat([pending, chunk]);
    pending = null;
    const answer = readAnswer(bytes);
    if (answer.kind === 'partial') {
      pending = bytes;
    } else if (answer.kind === 'broken') {
      lose(answer.why);
    } else if (request < 0 || answer.length !== bytes.length) {
      lose('bytes that nobody asked for');
    } else {
      events.answered(request, answer.status);
      request = -1;
      if (answer.close) lose('closed after an answer');
      else events.free(connection);
    }
  });
  socket.on('error', (error) => lose(error.message));
  socket.on('close', () => lose('closed by the server'));
  return connection;
}
