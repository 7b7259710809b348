// One connection of the fast lane: it reads requests one after the other, gives each to the story as an Exchange, and owns
// the socket, the order of requests and the end. At the first request that is not plain it goes to the general lane.

import type { Socket } from 'node:net';
import { readPlainHead } from '../../http/plain-head.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { DeadlineWatch, Watched } from '../../kernel/deadlines.ts';
import { flush, post } from '../../kernel/outbox.ts';
import { keptBytes } from '../../kernel/read-buffer.ts';
import { type Adopted, adopt } from './adopt.ts';
import { FastExchange, type FastLink } from './fast-exchange.ts';
import { closeLingering } from './lingering-close.ts';
import { plainAddress } from './plain-address.ts';

export interface FastLimits {
  readonly clock: Clock;
  readonly watch: DeadlineWatch;
  /** A new connection has this long to send its first request. */
  readonly headMs: number;
  /** A connection without a further request is closed after this long. */
  readonly idleMs: number;
  readonly headBytesMax: number;
  /** @returns false where the request is no decision: its connection goes to the general lane */
  readonly exchange: (exchange: FastExchange) => boolean;
  readonly closing: () => boolean;
  /** A fault of the gate's own. */
  readonly fault: (error: unknown) => void;
}

/** What all connections of the lane share. */
export interface FastConnections extends FastLimits {
  readonly keepAliveHeader: string;
  handOver(connection: FastConnection, socket: Socket): void;
  closed(connection: FastConnection): void;
  /** A connection has not sent its first request in time. */
  late(socket: Socket): void;
}

/** node:http's own grace: a client that uses the whole of the time it was told must not meet a closed connection. */
const IDLE_GRACE_MS = 1000;

/** Bytes of further requests kept while one is being answered; then the client has to wait. */
const AHEAD_BYTES_MAX = 64 * 1024;

const NOTHING = new Uint8Array(0);

/** In llhttp's words, which the general lane uses. */
const CUT_SHORT = 'The request could not be read (HPE_INVALID_EOF_STATE).';

export class FastConnection implements FastLink, Watched {
  readonly remoteAddress: string;
  readonly keepAliveHeader: string;
  dueAt: number;
  place = -1;
  readonly #adopted: Adopted;
  readonly #socket: Socket;
  readonly #shared: FastConnections;
  #exchange: FastExchange | null = null;
  /** Bytes received and not yet read: the next head, or the start of a body that nobody has asked for. */
  #bytes: Buffer | null = null;
  /** Bytes of the current request's body yet to come. */
  #bodyLeft = 0;
  #receiving = false;
  #reading = false;
  #paused = false;
  /** Whether the connection has carried a request. */
  #used = false;
  /** Whether the last answer is out, and the end with it. */
  #left = false;
  readonly #onFlushed: (error?: Error | null) => void;

  constructor(accepted: Socket, shared: FastConnections) {
    this.#adopted = adopt(accepted, this.#onBytes);
    const { socket } = this.#adopted;
    this.#socket = socket;
    this.#shared = shared;
    this.keepAliveHeader = shared.keepAliveHeader;
    this.remoteAddress = plainAddress(socket.remoteAddress ?? '');
    this.dueAt = shared.clock.now() + shared.headMs;
    this.#onFlushed = (error) => {
      if (error == null) this.#exchange?.flushed();
    };
    shared.watch.add(this);
    socket.setNoDelay(true);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('error', ignore);
    socket.on('close', this.#onClose);
  }

  readonly #onDrain = (): void => {
    this.#exchange?.listener?.writable();
  };

  /** As node:http has it: a client that has said its last word gets what is written already, and is gone. */
  readonly #onEnd = (): void => {
    // What it sent ahead cannot be answered any more.
    this.#bytes = null;
    const listener = this.#exchange?.listener ?? null;
    if (this.#bodyLeft > 0 && listener !== null) listener.requestInvalid(CUT_SHORT);
    else {
      flush();
      this.#socket.end();
    }
  };

  readonly #onClose = (): void => {
    this.#shared.watch.remove(this);
    this.#shared.closed(this);
    const exchange = this.#exchange;
    this.#exchange = null;
    exchange?.lost();
  };

  expired(): void {
    this.dueAt = Number.POSITIVE_INFINITY;
    if (this.#used) {
      this.#socket.destroy();
      return;
    }
    this.#leave();
    this.#shared.late(this.#socket);
  }

  // --- in ---------------------------------------------------------------------------------------------------------------

  /** The buffer is the thread's own: of what is not a head that is read at once, a copy stays. */
  readonly #onBytes = (buffer: Buffer, length: number): void => {
    // A body that is being received is heard where it lies; so is a head, where nothing is under way.
    const isAwaited = this.#exchange === null ? this.#bodyLeft === 0 : this.#receiving && this.#bodyLeft > 0;
    if (isAwaited && this.#bytes === null) this.#read(buffer.subarray(0, length));
    else {
      const chunk = keptBytes(buffer, 0, length);
      this.#bytes = this.#bytes === null ? chunk : Buffer.concat([this.#bytes, chunk]);
      this.#read(null);
    }
  };

  /**
   * Read on for as long as there is something to read and someone to read it.
   * @param fresh bytes that begin a request, or go on with a body that is being received; they are there only now
   */
  #read(fresh: Buffer | null): void {
    if (this.#reading) return;
    this.#reading = true;
    try {
      if (fresh !== null) {
        if (this.#bodyLeft > 0) this.#takeBody(fresh, true);
        else this.#begin(fresh, true);
      }
      while (this.#bytes !== null && this.#step(this.#bytes)) {}
    } catch (error) {
      this.#shared.fault(error);
      this.#socket.destroy();
    }
    this.#reading = false;
  }

  /** @returns whether something was read */
  #step(bytes: Buffer): boolean {
    const exchange = this.#exchange;
    if (this.#bodyLeft > 0) {
      // A body before anybody asks for it stays where it is; after its exchange is over it is read off.
      if (exchange !== null && !this.#receiving) return this.#wait(bytes);
      this.#takeBody(bytes, false);
      return true;
    }
    if (exchange !== null) return this.#wait(bytes);
    return this.#begin(bytes, false);
  }

  /** @param fleeting the bytes are there only now */
  #takeBody(bytes: Buffer, fleeting: boolean): void {
    const exchange = this.#exchange;
    const take = Math.min(this.#bodyLeft, bytes.length);
    this.#bodyLeft -= take;
    if (take === bytes.length) this.#bytes = null;
    else this.#bytes = fleeting ? keptBytes(bytes, take, bytes.length) : bytes.subarray(take);
    if (exchange === null) return;
    exchange.listener?.requestData(take === bytes.length ? bytes : bytes.subarray(0, take), fleeting);
    if (this.#bodyLeft === 0) exchange.listener?.requestEnd([]);
  }

  #wait(bytes: Buffer): false {
    if (bytes.length > AHEAD_BYTES_MAX) this.pause();
    return false;
  }

  /** @param fleeting the bytes are there only now */
  #begin(bytes: Buffer, fleeting: boolean): boolean {
    const { clock, headBytesMax } = this.#shared;
    const end = bytes.indexOf('\r\n\r\n', 0, 'latin1');
    const head = end < 0 || end > headBytesMax - 4 ? null : readPlainHead(bytes.toString('latin1', 0, end + 4));
    const stay = (from: number): Buffer => (fleeting ? keptBytes(bytes, from, bytes.length) : bytes.subarray(from));
    if (head === null) return this.#handOver(stay(0));
    const exchange = new FastExchange(this, head, clock.now(), clock.wall());
    this.#exchange = exchange;
    this.#receiving = false;
    this.#bodyLeft = head.bodyBytes;
    this.#bytes = null;
    this.#used = true;
    if (!this.#shared.exchange(exchange)) {
      this.#exchange = null;
      return this.#handOver(stay(0));
    }
    // A decision has deadlines of its own; a refusal that nobody reads has only this one.
    this.dueAt = exchange.listener === null ? this.#idleDueAt() : Number.POSITIVE_INFINITY;
    if (end + 4 === bytes.length || this.#left) return true;
    // Nothing was read meanwhile: what is behind the head is still what follows.
    if (fleeting && this.#exchange === exchange && this.#receiving && this.#bodyLeft > 0)
      this.#takeBody(bytes.subarray(end + 4), true);
    else this.#bytes = stay(end + 4);
    return true;
  }

  /** To the general lane, with every byte put back. */
  #handOver(bytes: Buffer): false {
    const socket = this.#socket;
    flush();
    this.#shared.watch.remove(this);
    this.#bytes = null;
    this.#bodyLeft = 0;
    this.#adopted.release();
    socket.off('drain', this.#onDrain);
    socket.off('end', this.#onEnd);
    socket.off('close', this.#onClose);
    socket.pause();
    socket.unshift(bytes);
    this.#shared.handOver(this, socket);
    socket.resume();
    return false;
  }

  // --- what the exchange asks -------------------------------------------------------------------------------------------

  closing(): boolean {
    return this.#shared.closing();
  }

  receive(): void {
    this.#receiving = true;
    this.#read(null);
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }

  send(text: string, last: boolean): boolean {
    if (!this.#socket.writable) return true;
    return post(this.#socket, text, NOTHING, '', last ? this.#onFlushed : undefined);
  }

  sendTogether(before: string, bytes: Uint8Array, after: string, last: boolean): boolean {
    if (!this.#socket.writable) return true;
    return post(this.#socket, before, bytes, after, last ? this.#onFlushed : undefined);
  }

  done(close: boolean): void {
    this.#exchange = null;
    if (close) {
      this.#leave();
      flush();
      closeLingering(this.#socket);
      return;
    }
    this.dueAt = this.#idleDueAt();
    this.resume();
    this.#read(null);
  }

  #idleDueAt(): number {
    return this.#shared.clock.now() + this.#shared.idleMs + IDLE_GRACE_MS;
  }

  abort(): void {
    // The client sees as much of the answer as there was.
    flush();
    this.#socket.destroy();
  }

  // --- the end ----------------------------------------------------------------------------------------------------------

  closeIfIdle(): void {
    if (this.#exchange === null && this.#bodyLeft === 0 && !this.#left) this.#socket.destroySoon();
  }

  destroy(): void {
    flush();
    this.#socket.destroy();
  }

  /** The socket is about to close; what still comes is nobody's. */
  #leave(): void {
    this.#left = true;
    this.#shared.watch.remove(this);
    this.#bytes = null;
    this.#adopted.release();
    this.#socket.off('end', this.#onEnd);
  }
}

/** A socket that breaks is closed, and `close` tells; without a listener its error would end the process, in either lane. */
function ignore(): void {}
