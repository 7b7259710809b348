// One node:http request and its response as an Exchange. No header object is ever built: raw headers go in and out.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { BodyFrame, Exchange, ExchangeListener } from '../../http/exchange.ts';
import type { Clock } from '../../kernel/clock.ts';
import { closeLingering, lingerWhenClosed } from './lingering-close.ts';
import { plainAddress } from './plain-address.ts';

export interface ExchangeOptions {
  readonly clock: Clock;
  /** The client waits for 100 Continue before it sends its body. */
  readonly awaitsContinue: boolean;
  /** Whether answers must close their connections. */
  readonly closing: () => boolean;
}

export class NodeExchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly body: BodyFrame;
  readonly remoteAddress: string;
  readonly secure: boolean;
  readonly httpVersion: '1.0' | '1.1';
  readonly startedAt: number;
  readonly at: number;
  listener: ExchangeListener | null = null;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #options: ExchangeOptions;
  readonly #socket: Socket;
  #closing = false;
  #draining = false;
  #over = false;
  #flushed = false;

  constructor(request: IncomingMessage, response: ServerResponse, options: ExchangeOptions) {
    this.#request = request;
    this.#response = response;
    this.#options = options;
    this.#socket = request.socket;
    this.method = request.method ?? '';
    this.target = request.url ?? '';
    this.rawHeaders = request.rawHeaders;
    this.httpVersion = request.httpVersionMinor === 0 ? '1.0' : '1.1';
    this.remoteAddress = plainAddress(request.socket.remoteAddress ?? '');
    this.secure = (request.socket as Partial<TLSSocket>).encrypted === true;
    this.startedAt = options.clock.now();
    this.at = options.clock.wall();
    this.body = { length: bodyLength(request.rawHeaders) };
    response.sendDate = false;
    const closed = (): void => this.#closed();
    response.on('close', closed);
    if (!this.#hasTurn()) {
      // A pipelined response does not hear of the end of its socket before it has its turn.
      this.#socket.setMaxListeners(0).once('close', closed);
      response.once('socket', () => this.#socket.off('close', closed));
    }
  }

  receive(): void {
    const request = this.#request;
    if (this.#options.awaitsContinue) this.#whenItsTurn(() => this.#response.writeContinue());
    request.on('data', (chunk: Buffer) => this.listener?.requestData(chunk, false));
    request.on('end', () => this.listener?.requestEnd(request.rawTrailers));
  }

  pauseRequest(): void {
    this.#request.pause();
  }

  resumeRequest(): void {
    this.#request.resume();
  }

  /** The parser has given up on this connection. @returns false where nobody is left to answer it */
  broken(detail: string): boolean {
    if (this.#over) return false;
    if (this.listener !== null && !this.#request.complete) {
      this.listener.requestInvalid(detail);
      return true;
    }
    // Its answer is out, or waits behind others, or is someone else's to give: it is the last one in any case.
    this.closeAfter();
    if (!this.#response.headersSent) this.#response.shouldKeepAlive = false;
    lingerWhenClosed(this.#socket);
    return true;
  }

  inform(status: number, rawHeaders: readonly string[]): void {
    // A hint that has to wait behind other answers is not worth it.
    if (status !== 103 || this.httpVersion === '1.0' || this.#response.headersSent || !this.#hasTurn()) return;
    const hints: Record<string, string[]> = {};
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = (rawHeaders[i] as string).toLowerCase();
      if (name === 'link' || name.startsWith('x-')) hints[name] = [...(hints[name] ?? []), rawHeaders[i + 1] as string];
    }
    if (hints.link === undefined) return;
    try {
      this.#response.writeEarlyHints(hints);
    } catch {
      // A hint that node finds malformed is not worth an answer.
    }
  }

  /** Whether the answers before this one are out. node writes a head in front of interim answers that were kept waiting. */
  #hasTurn(): boolean {
    return this.#response.socket !== null;
  }

  #whenItsTurn(speak: () => void): void {
    if (this.#hasTurn()) speak();
    else
      this.#response.once('socket', () => {
        if (!this.#response.headersSent) speak();
      });
  }

  start(status: number, statusText: string, rawHeaders: string[]): void {
    if (this.#closing || this.#options.closing()) rawHeaders.push('connection', 'close');
    this.#response.writeHead(status, statusText, rawHeaders);
    // Where no byte of the body comes along in this turn, the head goes out alone: a stream's client waits for it.
    process.nextTick(flushHead, this);
  }

  write(chunk: Uint8Array): boolean {
    this.#flushed = true;
    if (this.#response.write(chunk)) return true;
    if (!this.#draining) {
      this.#draining = true;
      this.#response.once('drain', this.#drained);
      // node hears no more of a socket on which a CONNECT has come behind this request.
      this.#socket.once('drain', this.#drained);
    }
    return false;
  }

  readonly #drained = (): void => {
    if (!this.#draining) return;
    this.#draining = false;
    this.#response.off('drain', this.#drained);
    this.#socket.off('drain', this.#drained);
    this.listener?.writable();
  };

  end(trailers: readonly string[]): void {
    this.#flushed = true;
    if (trailers.length > 0) this.#response.addTrailers(pairs(trailers));
    // What the client still sends, or has sent behind this request, must not reset the connection under its answer.
    if (!this.#request.complete || this.#closing) lingerWhenClosed(this.#socket);
    this.#response.end();
  }

  abort(): void {
    this.#over = true;
    // Where the end of the connection is the end of the answer, only a reset tells a broken one from a whole one.
    if (this.httpVersion === '1.0' && !this.secure) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  closeAfter(): void {
    this.#closing = true;
  }

  /** Send the head, if nothing has carried it yet. */
  flush(): void {
    // Not flushHeaders: that writes the head as UTF-8, and its bytes are latin1. An empty piece carries it as it is.
    if (!this.#flushed && !this.#over) this.#response.write(EMPTY);
  }

  #closed(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#response.writableFinished) this.listener?.answered();
    else this.listener?.clientGone();
    if (this.#closing) closeLingering(this.#socket);
  }
}

function flushHead(exchange: NodeExchange): void {
  exchange.flush();
}

const EMPTY = new Uint8Array(0);

/** Content-Length, 0 without a body, -1 where it is chunked. llhttp has refused whatever would be ambiguous. */
function bodyLength(rawHeaders: readonly string[]): number {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 14 && name.toLowerCase() === 'content-length') return Number(rawHeaders[i + 1]);
    if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') return -1;
  }
  return 0;
}

function pairs(flat: readonly string[]): [string, string][] {
  const out: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) out.push([flat[i] as string, flat[i + 1] as string]);
  return out;
}
