// One node:http request and its response as an Exchange. No header object is ever built: raw headers go in and out.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { BodyFrame, Exchange, ExchangeListener } from '../http/exchange.ts';
import { headerOf } from '../http/head.ts';
import type { Clock } from '../kernel/clock.ts';

/** An answer may overtake its request; the rest of the request is read off, within these bounds, so that the answer is not lost to a reset. */
const LINGER_MS = 2000;
const LINGER_BYTES = 16 * 1024 * 1024;

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
  #closing: boolean;
  #receiving = false;
  #received = false;
  #over = false;
  #flushed = false;

  constructor(request: IncomingMessage, response: ServerResponse, clock: Clock, closing: boolean) {
    this.#request = request;
    this.#response = response;
    this.#closing = closing;
    this.method = request.method ?? '';
    this.target = request.url ?? '';
    this.rawHeaders = request.rawHeaders;
    this.httpVersion = request.httpVersionMinor === 0 ? '1.0' : '1.1';
    this.remoteAddress = plainAddress(request.socket.remoteAddress ?? '');
    this.secure = (request.socket as Partial<TLSSocket>).encrypted === true;
    this.startedAt = clock.now();
    this.at = clock.wall();
    this.body = { length: bodyLength(request.rawHeaders) };
    response.sendDate = false;
    response.on('close', () => this.#closed());
  }

  receive(): void {
    const request = this.#request;
    this.#receiving = true;
    if (headerOf(this.rawHeaders, 'expect') !== undefined) this.#response.writeContinue();
    request.on('data', (chunk: Buffer) => this.listener?.requestData(chunk));
    request.on('end', () => {
      this.#received = true;
      this.listener?.requestEnd(request.rawTrailers);
    });
  }

  pauseRequest(): void {
    this.#request.pause();
  }

  resumeRequest(): void {
    this.#request.resume();
  }

  inform(status: number, rawHeaders: readonly string[]): void {
    if (status !== 103 || this.httpVersion === '1.0' || this.#response.headersSent) return;
    const hints: Record<string, string[]> = {};
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = (rawHeaders[i] as string).toLowerCase();
      hints[name] = [...(hints[name] ?? []), rawHeaders[i + 1] as string];
    }
    if (hints['link'] !== undefined) this.#response.writeEarlyHints(hints);
  }

  start(status: number, statusText: string, rawHeaders: string[]): void {
    if (this.#closing) rawHeaders.push('connection', 'close');
    const response = this.#response;
    if (statusText === '') response.writeHead(status, rawHeaders);
    else response.writeHead(status, statusText, rawHeaders);
    // Where no byte of the body comes along in this turn, the head goes out alone: a stream's client waits for it.
    process.nextTick(flushHead, this);
  }

  write(chunk: Uint8Array): boolean {
    const response = this.#response;
    this.#flushed = true;
    if (response.write(chunk)) return true;
    response.once('drain', () => this.listener?.writable());
    return false;
  }

  end(trailers: readonly string[]): void {
    if (this.#receiving && !this.#received) {
      this.#linger(trailers);
      return;
    }
    this.#finish(trailers);
  }

  abort(): void {
    this.#over = true;
    this.#request.socket.destroy();
  }

  closeAfter(): void {
    this.#closing = true;
  }

  /** Send the head, if nothing has carried it yet. */
  flush(): void {
    if (!this.#flushed && !this.#over) this.#response.flushHeaders();
  }

  #finish(trailers: readonly string[]): void {
    this.#flushed = true;
    if (trailers.length > 0) this.#response.addTrailers(pairs(trailers));
    this.#response.end();
  }

  /** Read off what the client still sends; a socket closed with unread bytes is reset, and the answer with it. */
  #linger(trailers: readonly string[]): void {
    const request = this.#request;
    let bytes = 0;
    let over = false;
    const finish = (): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      this.#finish(trailers);
    };
    const timer = setTimeout(finish, LINGER_MS).unref();
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > LINGER_BYTES) finish();
    });
    request.once('end', finish);
    request.once('close', finish);
    request.resume();
  }

  #closed(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#response.writableFinished) this.listener?.answered();
    else this.listener?.clientGone();
  }
}

function flushHead(exchange: NodeExchange): void {
  exchange.flush();
}

/** Content-Length, 0 without a body, -1 where it is chunked. llhttp has refused whatever would be ambiguous. */
function bodyLength(rawHeaders: readonly string[]): number {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 14 && name.toLowerCase() === 'content-length') return Number(rawHeaders[i + 1]);
    if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') return -1;
  }
  return 0;
}

/** IPv4 without its IPv6 mapping. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

function pairs(flat: readonly string[]): [string, string][] {
  const out: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) out.push([flat[i] as string, flat[i + 1] as string]);
  return out;
}
