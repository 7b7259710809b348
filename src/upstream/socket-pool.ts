// Kept-alive connections to one endpoint: the warmest is reused first, none is kept longer than the upstream would, and no
// more are opened than allowed; calls beyond that wait in line. What is said over a connection is the caller's.

import { connect, type Socket } from 'node:net';
import { createLine } from '../kernel/line.ts';
import { READ_BUFFER } from '../kernel/read-buffer.ts';
import { IDLE_MS } from './transport.ts';

/** Who waits for a connection. Exactly one of the two is called, never before `take` has returned. */
export interface Taker {
  connected(socket: PooledSocket): void;
  connectFailed(error: Error): void;
}

export interface PooledSocket {
  readonly socket: Socket;
  /** Whoever uses the socket now hears its events. */
  user: SocketUser | null;
  /** When it is too old to be used again; while it is idle. */
  until: number;
}

export interface SocketUser {
  /** The first `length` bytes of the thread's read buffer: they are there until this returns. */
  received(buffer: Buffer, length: number): void;
  /** The connection is gone; `error` where it broke, null where the upstream ended it. */
  lost(error: Error | null): void;
}

export interface SocketPool {
  /** A connection that is free now, or null: then `taker` waits for one. */
  take(taker: Taker): PooledSocket | null;
  /** Nobody waits any more. @returns false where the taker was not in line */
  cancel(taker: Taker): boolean;
  /** @param idleMs how long the upstream will keep it; not at all, where it is not above 0 */
  release(pooled: PooledSocket, idleMs: number): void;
  /** The connection is of no use any more. */
  discard(pooled: PooledSocket): void;
  /** Connections open or being opened. */
  readonly size: number;
  close(): void;
}

export interface SocketPoolOptions {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  readonly connectionsMax: number;
  /** Error of a connection that was not there in time. */
  readonly timeoutError: () => Error;
  readonly now: () => number;
}

const SWEEP_MS = 500;

export function createSocketPool(options: SocketPoolOptions): SocketPool {
  const idle: PooledSocket[] = [];
  const line = createLine<Taker>();
  let size = 0;
  /** Connections that are being opened. */
  let opening = 0;
  let closed = false;
  let sweeper: NodeJS.Timeout | undefined;

  /** Whoever waits gets a connection of its own, unless one is being opened for it. */
  function openForTheLine(): void {
    while (!closed && line.size > opening && size < options.connectionsMax) open();
  }

  function open(): void {
    size++;
    opening++;
    const socket = connect({
      host: options.host,
      port: options.port,
      noDelay: true,
      onread: { buffer: READ_BUFFER, callback: received },
    });
    const pooled: PooledSocket = { socket, user: null, until: 0 };
    function received(length: number): boolean {
      // Bytes that nobody asked for: the connection cannot be trusted any more.
      if (pooled.user === null) socket.destroy();
      else pooled.user.received(READ_BUFFER, length);
      return true;
    }
    let waiting = true;
    let failure: Error | null = null;
    const timer = setTimeout(() => socket.destroy(options.timeoutError()), options.connectTimeoutMs);
    socket.once('connect', () => {
      waiting = false;
      opening--;
      clearTimeout(timer);
      if (closed) socket.destroy();
      else serve(pooled, Number.POSITIVE_INFINITY);
    });
    socket.on('end', () => {
      pooled.user?.lost(null);
      pooled.user = null;
    });
    socket.on('error', (error: Error) => {
      failure = error;
    });
    socket.on('close', () => {
      clearTimeout(timer);
      size--;
      const { user } = pooled;
      pooled.user = null;
      user?.lost(failure);
      if (waiting) {
        opening--;
        // Where more are being opened than are waited for, another one will do.
        if (line.size > opening) failFirst(failure ?? new Error('the connection was closed'));
      }
      openForTheLine();
    });
  }

  /** Give a free connection to the first in line, or keep it. */
  function serve(pooled: PooledSocket, idleMs: number): void {
    const taker = line.next();
    if (taker !== undefined) {
      taker.connected(pooled);
      return;
    }
    pooled.until = options.now() + Math.min(IDLE_MS, idleMs);
    idle.push(pooled);
    sweeper ??= setInterval(sweep, SWEEP_MS).unref();
  }

  function failFirst(error: Error): void {
    line.next()?.connectFailed(error);
  }

  function sweep(): void {
    const now = options.now();
    for (let i = idle.length - 1; i >= 0; i--) {
      const { socket, until } = idle[i] as PooledSocket;
      if (until > now && !socket.destroyed) continue;
      idle.splice(i, 1);
      socket.destroy();
    }
    if (idle.length > 0) return;
    clearInterval(sweeper);
    sweeper = undefined;
  }

  return {
    take(taker) {
      for (let last = idle.pop(); last !== undefined; last = idle.pop()) {
        if (last.socket.destroyed || last.socket.readableEnded) continue;
        if (last.until > options.now()) return last;
        last.socket.destroy();
      }
      line.join(taker);
      openForTheLine();
      return null;
    },
    cancel: (taker) => line.leave(taker),
    release(pooled, idleMs) {
      pooled.user = null;
      if (closed || idleMs <= 0 || pooled.socket.destroyed || pooled.socket.readableEnded) pooled.socket.destroy();
      else serve(pooled, idleMs);
    },
    discard(pooled) {
      pooled.user = null;
      pooled.socket.destroy();
    },
    get size() {
      return size;
    },
    close() {
      closed = true;
      clearInterval(sweeper);
      for (const { socket } of idle.splice(0)) socket.destroy();
    },
  };
}
