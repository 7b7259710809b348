// One request of the fast lane as an Exchange. It writes its answer as node:http would, byte for byte; the connection
// (fast-lane.ts) owns the socket, the order of requests and the end.

import type { BodyFrame, Exchange, ExchangeListener } from '../../http/exchange.ts';
import { isValue } from '../../http/field-line.ts';
import type { PlainHead } from '../../http/plain-head.ts';

/** The connection, as its exchange needs it. */
export interface FastLink {
  readonly remoteAddress: string;
  /** Whether answers must close their connections. */
  closing(): boolean;
  readonly keepAliveHeader: string;
  receive(): void;
  pause(): void;
  resume(): void;
  /** @returns false where the socket's buffer is full. `last`: `exchange.flushed` follows once it is with the kernel */
  send(text: string, last: boolean): boolean;
  /** A piece of the body between two texts. */
  sendTogether(before: string, bytes: Uint8Array, after: string, last: boolean): boolean;
  /** The answer is complete. */
  done(close: boolean): void;
  abort(): void;
}

type Framing = 'none' | 'length' | 'chunked';

export class FastExchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly body: BodyFrame;
  readonly secure = false;
  readonly httpVersion = '1.1';
  readonly remoteAddress: string;
  readonly startedAt: number;
  readonly at: number;
  listener: ExchangeListener | null = null;
  readonly #link: FastLink;
  readonly #keepAlive: boolean;
  #closing = false;
  /** Written head that waits for the first bytes of the body. */
  #head = '';
  #framing: Framing = 'none';
  #remaining = 0;
  #started = false;
  #ended = false;
  /** The last byte has been given to the socket; the kernel has it. */
  #lastSent = false;
  #lastTaken = false;
  #over = false;

  constructor(link: FastLink, head: PlainHead, startedAt: number, at: number) {
    this.#link = link;
    this.method = head.method;
    this.target = head.target;
    this.rawHeaders = head.rawHeaders;
    this.body = { length: head.bodyBytes };
    this.remoteAddress = link.remoteAddress;
    this.startedAt = startedAt;
    this.at = at;
    this.#keepAlive = head.keepAlive;
  }

  get over(): boolean {
    return this.#over;
  }

  receive(): void {
    this.#link.receive();
  }

  pauseRequest(): void {
    this.#link.pause();
  }

  resumeRequest(): void {
    this.#link.resume();
  }

  inform(status: number, rawHeaders: readonly string[]): void {
    if (status !== 103 || this.#started) return;
    const links: string[] = [];
    let others = '';
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = (rawHeaders[i] as string).toLowerCase();
      if (name === 'link') links.push(rawHeaders[i + 1] as string);
      else if (name.startsWith('x-')) others += `${name}: ${rawHeaders[i + 1]}\r\n`;
    }
    if (links.length > 0)
      this.#link.send(`HTTP/1.1 103 Early Hints\r\nLink: ${links.join(', ')}\r\n${others}\r\n`, false);
  }

  start(status: number, statusText: string, rawHeaders: string[]): void {
    if (status < 200 || status > 999) throw new Error(`${status} is not the status of an answer`);
    if (!isValue(statusText)) throw new Error('the reason phrase holds a control character');
    let text = `HTTP/1.1 ${status} ${statusText}\r\n`;
    let length = -1;
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i] as string;
      const value = rawHeaders[i + 1] as string;
      if (!isValue(value)) throw new Error(`the header ${name} holds a control character`);
      text += `${name}: ${value}\r\n`;
      if (name.length === 14 && name.toLowerCase() === 'content-length') length = Number(value);
    }
    if (this.method === 'HEAD' || status === 204 || status === 304) this.#framing = 'none';
    else if (length >= 0) {
      this.#framing = 'length';
      this.#remaining = length;
    } else this.#framing = 'chunked';
    this.#started = true;
    if (this.#closing || this.#link.closing()) {
      this.#closing = true;
      text += 'connection: close\r\n';
    } else text += this.#keepAlive ? this.#link.keepAliveHeader : 'Connection: close\r\n';
    this.#head = this.#framing === 'chunked' ? `${text}Transfer-Encoding: chunked\r\n\r\n` : `${text}\r\n`;
    // Where no byte of the body comes along in this turn, the head goes out alone: a stream's client waits for it.
    process.nextTick(flushHead, this);
  }

  write(chunk: Uint8Array): boolean {
    if (this.#over || chunk.length === 0 || this.#framing === 'none') return true;
    if (this.#framing === 'length') {
      // Not a byte more than was announced: the client would take it for the next answer.
      const bytes = chunk.length <= this.#remaining ? chunk : chunk.subarray(0, this.#remaining);
      this.#remaining -= bytes.length;
      return bytes.length === 0 || this.#send(bytes, '', '', this.#remaining === 0);
    }
    return this.#send(chunk, `${chunk.length.toString(16)}\r\n`, '\r\n', false);
  }

  end(trailers: readonly string[]): void {
    if (this.#over) return;
    if (this.#framing === 'length' && this.#remaining > 0)
      throw new Error('the answer is shorter than it has announced');
    this.#ended = true;
    if (this.#framing === 'chunked') {
      let text = '0\r\n';
      for (let i = 0; i < trailers.length; i += 2) text += `${trailers[i]}: ${trailers[i + 1]}\r\n`;
      this.#sendText(`${text}\r\n`, true);
    } else if (!this.#lastSent) this.#sendText('', true);
    else if (this.#lastTaken) this.#complete();
  }

  abort(): void {
    this.#over = true;
    this.#link.abort();
  }

  closeAfter(): void {
    this.#closing = true;
  }

  /** Send the head, if nothing has carried it yet. */
  flush(): void {
    if (this.#head !== '' && !this.#over) this.#sendText('', false);
  }

  /** The last byte is with the kernel; `end` may still be to come. */
  flushed(): void {
    this.#lastTaken = true;
    if (this.#ended) this.#complete();
  }

  #complete(): void {
    if (this.#over) return;
    this.#over = true;
    this.listener?.answered();
    this.#link.done(this.#closing || !this.#keepAlive);
  }

  /** The connection is gone. */
  lost(): void {
    if (this.#over) return;
    this.#over = true;
    this.listener?.clientGone();
  }

  #send(chunk: Uint8Array, before: string, after: string, last: boolean): boolean {
    const lead = this.#head + before;
    this.#head = '';
    this.#lastSent ||= last;
    return this.#link.sendTogether(lead, chunk, after, last);
  }

  #sendText(text: string, last: boolean): void {
    const all = this.#head + text;
    this.#head = '';
    this.#lastSent ||= last;
    this.#link.send(all, last);
  }
}

function flushHead(exchange: FastExchange): void {
  exchange.flush();
}
