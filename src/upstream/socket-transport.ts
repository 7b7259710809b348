// The short way out, for requests that are held whole, to plain HTTP endpoints: a pooled socket, the request as one write,
// and a strict reader for the answer (http/answer-head.ts). About half the cost of a general client, since it does nothing
// that the gate does not need.

import { type AnswerHead, readAnswerHead } from '../http/answer-head.ts';
import type { Call, CallListener, OutgoingRequest } from '../http/call.ts';
import { ChunkedReader, type ChunkedSink } from '../http/chunked-reader.ts';
import { type Listed, LiveList } from '../kernel/live-list.ts';
import { flush, isWaiting, post } from '../kernel/outbox.ts';
import { keptBytes } from '../kernel/read-buffer.ts';
import { createSocketPool, type PooledSocket, type SocketPool, type SocketUser, type Taker } from './socket-pool.ts';
import type { Transport, TransportOptions } from './transport.ts';
import { RESPONSE_HEAD_BYTES_MAX } from './transport.ts';
import { CONNECT_TIMEOUT, transportFailure } from './transport-failure.ts';

/** @param origin http://host:port */
export function createSocketTransport(origin: string, options: TransportOptions): Transport {
  const { hostname, port } = new URL(origin);
  const pool = createSocketPool({
    ...options,
    host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: port === '' ? 80 : Number(port),
    timeoutError: () => Object.assign(new Error('no connection in time'), { code: CONNECT_TIMEOUT }),
    now: options.clock.now,
  });
  const live = new LiveList<SocketCall>();
  let idle: (() => void) | null = null;
  const left = (call: SocketCall): void => {
    if (live.remove(call) && live.size === 0) idle?.();
  };
  return {
    call(request, listener) {
      const call = new SocketCall(pool, request, listener, options.connectTimeoutMs, left);
      live.add(call);
      call.begin();
      return call;
    },
    async close() {
      if (live.size > 0) {
        await new Promise<void>((resolve) => {
          idle = resolve;
        });
      }
      pool.close();
    },
    async destroy() {
      live.each((call) => call.lost(Object.assign(new Error('closed'), { code: 'ECONNABORTED' })));
      pool.close();
    },
  };
}

const EMPTY = Buffer.alloc(0);

class SocketCall implements Call, Taker, SocketUser, ChunkedSink, Listed {
  place = -1;
  readonly #pool: SocketPool;
  readonly #request: OutgoingRequest;
  readonly #listener: CallListener;
  readonly #connectTimeoutMs: number;
  readonly #left: (call: SocketCall) => void;
  #pooled: PooledSocket | null = null;
  /** The part of a head that has come. */
  #pending: Buffer = EMPTY;
  /** Bytes of heads that are read. */
  #headBytes = 0;
  #head: AnswerHead | null = null;
  /** Bytes of the body yet to come, where its length is known. */
  #remaining = 0;
  readonly #chunked = new ChunkedReader();
  #trailers: readonly string[] = [];
  #over = false;

  constructor(
    pool: SocketPool,
    request: OutgoingRequest,
    listener: CallListener,
    connectTimeoutMs: number,
    left: (call: SocketCall) => void,
  ) {
    this.#pool = pool;
    this.#request = request;
    this.#listener = listener;
    this.#connectTimeoutMs = connectTimeoutMs;
    this.#left = left;
  }

  begin(): void {
    const pooled = this.#pool.take(this);
    if (pooled !== null) this.connected(pooled);
  }

  // --- the connection ---------------------------------------------------------------------------------------------------

  connected(pooled: PooledSocket): void {
    this.#pooled = pooled;
    pooled.user = this;
    this.#listener.callSent();
    const { body } = this.#request;
    post(pooled.socket, requestHead(this.#request), body instanceof Uint8Array ? body : EMPTY, '');
  }

  connectFailed(error: Error): void {
    this.#fail(error);
  }

  received(buffer: Buffer, length: number): void {
    // What was there before the request came to the socket is an answer to it all the same, or a broken one.
    if (this.#pooled !== null && isWaiting(this.#pooled.socket)) flush();
    if (this.#head !== null) {
      this.#readBody(keptBytes(buffer, 0, length), 0);
      return;
    }
    const fresh = buffer.subarray(0, length);
    const all = this.#pending.length === 0 ? fresh : Buffer.concat([this.#pending, fresh]);
    const start = this.#readHeads(all);
    if (this.#over || this.#head === null) return;
    if (this.#pending.length > 0) this.#readBody(all, start);
    else this.#readBody(keptBytes(all, start, length), 0);
  }

  lost(error: Error | null): void {
    if (this.#over) return;
    if (error === null && this.#head?.frame.kind === 'close') {
      this.#complete([], false);
      return;
    }
    this.#fail(error ?? Object.assign(new Error('closed by the upstream'), { code: 'EOF' }));
  }

  // --- the answer -------------------------------------------------------------------------------------------------------

  /** Read interim heads and the final one. @returns the position behind what has been read */
  #readHeads(bytes: Buffer): number {
    let at = 0;
    while (this.#head === null && !this.#over) {
      const end = bytes.indexOf('\r\n\r\n', at, 'latin1');
      // Interim heads count as well: an upstream may not go on with them for ever.
      const length = this.#headBytes + (end < 0 ? bytes.length : end) - at;
      if (length > RESPONSE_HEAD_BYTES_MAX) this.#invalid('HEADER_OVERFLOW');
      else if (end < 0) {
        this.#pending = keptBytes(bytes, at, bytes.length);
        if (!mayBecomeHead(this.#pending)) this.#invalid('INVALID_CONSTANT');
        return at;
      } else this.#takeHead(readAnswerHead(bytes.toString('latin1', at, end + 4), this.#request.method));
      this.#headBytes = length;
      at = end + 4;
    }
    return at;
  }

  #takeHead(head: AnswerHead | string): void {
    if (typeof head === 'string') this.#invalid(head);
    else if (head.status === 101) this.#invalid('UNEXPECTED_UPGRADE');
    else if (head.status < 200 && !head.keepAlive) this.#invalid('CLOSED_CONNECTION');
    else if (head.status < 200) {
      // 100 needs no listener: nobody has asked for it (RFC 9110 section 15.2).
      if (head.status !== 100) this.#listener.callInformed(head.status, head.rawHeaders);
    } else {
      this.#head = head;
      this.#remaining = head.frame.kind === 'length' ? head.frame.bytes : 0;
      this.#listener.callStarted(head.status, head.statusText, head.rawHeaders);
    }
  }

  #readBody(bytes: Buffer, start: number): void {
    if (this.#over || this.#head === null) return;
    const { frame, keepAlive } = this.#head;
    switch (frame.kind) {
      case 'none':
        this.#complete([], keepAlive && start === bytes.length);
        break;
      case 'length': {
        const end = Math.min(bytes.length, start + this.#remaining);
        this.#remaining -= end - start;
        if (end > start) this.#listener.callData(bytes.subarray(start, end));
        // More than was promised: the answer is whole, the connection is not to be trusted.
        if (this.#remaining === 0 && !this.#over) this.#complete([], keepAlive && end === bytes.length);
        break;
      }
      case 'chunked': {
        const end = this.#chunked.read(bytes, start, this);
        if (this.#over) return;
        if (typeof end === 'string') this.#invalid(end);
        else if (this.#chunked.over) this.#complete(this.#trailers, keepAlive && end === bytes.length);
        break;
      }
      case 'close':
        if (bytes.length > start) this.#listener.callData(bytes.subarray(start));
        break;
    }
  }

  data(chunk: Uint8Array): void {
    if (!this.#over) this.#listener.callData(chunk);
  }

  end(trailers: readonly string[]): void {
    this.#trailers = trailers;
  }

  // --- ends -------------------------------------------------------------------------------------------------------------

  #complete(trailers: readonly string[], keep: boolean): void {
    this.#over = true;
    const pooled = this.#pooled;
    this.#pooled = null;
    if (pooled !== null) {
      // An answer that overtook its request leaves half of it in the way.
      if (keep && pooled.socket.writableLength === 0) {
        pooled.socket.resume();
        this.#pool.release(pooled, (this.#head?.idleMs ?? Number.POSITIVE_INFINITY) - 1000);
      } else this.#pool.discard(pooled);
    }
    this.#left(this);
    this.#listener.callEnded(trailers);
  }

  #invalid(code: string): void {
    this.#fail(Object.assign(new Error(code), { code: `HPE_${code}` }));
  }

  #fail(error: Error): void {
    if (this.#over) return;
    const progress = {
      sent: this.#pooled !== null,
      answering: this.#headBytes > 0 || this.#pending.length > 0,
      started: this.#head !== null,
      connectTimeoutMs: this.#connectTimeoutMs,
    };
    this.#over = true;
    this.#pool.cancel(this);
    this.#discard();
    this.#left(this);
    this.#listener.callFailed(transportFailure(error, progress));
  }

  #discard(): void {
    if (this.#pooled !== null) this.#pool.discard(this.#pooled);
    this.#pooled = null;
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#pool.cancel(this);
    this.#discard();
    this.#left(this);
  }

  pause(): void {
    this.#pooled?.socket.pause();
  }

  resume(): void {
    this.#pooled?.socket.resume();
  }
}

const VERSION = Buffer.from('HTTP/1.', 'latin1');

/** Whether more bytes could make a head of this: an upstream that speaks otherwise is not waited for. */
function mayBecomeHead(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, VERSION.length);
  if (bytes.compare(VERSION, 0, length, 0, length) !== 0) return false;
  let before = 0;
  for (const byte of bytes) {
    if ((before === 13) !== (byte === 10)) return false;
    if ((byte < 32 && byte !== 9 && byte !== 10 && byte !== 13) || byte === 127) return false;
    before = byte;
  }
  return true;
}

/** The head as it goes over the wire. Framing and connection are this transport's to write (TE: RFC 9110 section 10.1.4). */
function requestHead({ method, path, host, headers, takesTrailers, announced, body }: OutgoingRequest): string {
  const length = body instanceof Uint8Array ? body.length : announced;
  const framing = length < 0 ? '' : `content-length: ${length}\r\n`;
  const connection = takesTrailers ? 'te: trailers\r\nconnection: keep-alive, te' : 'connection: keep-alive';
  return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${headers}${framing}${connection}\r\n\r\n`;
}
