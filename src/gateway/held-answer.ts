// The answer of a model under `durability: acked`: what of it the client may have before its record is on disk. A whole answer
// is held; one that is longer than may be held, that is a stream of events, or that overtakes its request goes out as it comes,
// but for what tells the client that it has all: the last piece of an announced length, or the end of a chunked body.

import { isSampled } from '../capture/sample.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Route } from './route.ts';

/** Whether the answer waits: there is a record to wait for. */
export function waitsForRecord({ plan: { capture } }: Route, decisionId: string): boolean {
  return capture.durability === 'acked' && isSampled(decisionId, capture.sample);
}

interface Head {
  readonly status: number;
  readonly statusText: string;
  readonly rawHeaders: string[];
}

/** As the lanes have it: a head that could not be sent is refused while another answer is still possible. */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/;

export class HeldAnswer {
  readonly #exchange: Exchange;
  readonly #heldMax: number;
  /** Not sent yet. */
  #head: Head | null = null;
  #pieces: Uint8Array[] = [];
  #heldBytes = 0;
  #started = false;
  /** Bytes that the head has announced and that have not come; NaN where it announced no length. */
  #left = Number.NaN;

  constructor(exchange: Exchange, heldMax: number) {
    this.#exchange = exchange;
    this.#heldMax = heldMax;
  }

  /** Whether the client has heard nothing yet. */
  get silent(): boolean {
    return !this.#started;
  }

  /** @throws where the head cannot be sent */
  start(status: number, statusText: string, rawHeaders: string[], streams: boolean): void {
    if (UNSENDABLE.test(statusText)) throw new Error('the reason phrase holds a control character');
    this.#left = Number.NaN;
    let isStream = streams;
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = (rawHeaders[i] as string).toLowerCase();
      const value = rawHeaders[i + 1] as string;
      if (UNSENDABLE.test(value)) throw new Error(`the header ${name} holds a control character`);
      if (name === 'content-length') this.#left = Number(value);
      else if (name === 'content-type' && value.toLowerCase().startsWith('text/event-stream')) isStream = true;
    }
    this.#head = { status, statusText, rawHeaders };
    if (isStream) this.#open();
  }

  /** @returns false where the caller should wait for `writable` */
  write(chunk: Uint8Array): boolean {
    if (this.#started) return this.#pass(chunk);
    this.#pieces.push(chunk);
    this.#heldBytes += chunk.length;
    return this.#heldBytes <= this.#heldMax || this.#open();
  }

  /** The record is on disk: the client gets what is left. */
  release(trailers: readonly string[]): void {
    this.#begin();
    for (const piece of this.#pieces.splice(0)) this.#exchange.write(piece);
    this.#exchange.end(trailers);
  }

  /** From here on the answer goes out as it comes. */
  #open(): boolean {
    this.#begin();
    let room = true;
    for (const piece of this.#pieces.splice(0)) room = this.#pass(piece);
    return room;
  }

  #begin(): void {
    if (this.#head === null) return;
    const { status, statusText, rawHeaders } = this.#head;
    this.#head = null;
    this.#started = true;
    this.#exchange.start(status, statusText, rawHeaders);
  }

  #pass(chunk: Uint8Array): boolean {
    this.#left -= chunk.length;
    if (this.#left <= 0) {
      this.#pieces.push(chunk);
      return true;
    }
    return this.#exchange.write(chunk);
  }
}
